/**
 * Repeats a draw on the viewer's device from what the server published, with the browser's own cryptography. Written
 * apart from the server's rules on purpose: two programs that agree prove more than one.
 */
import type { EntryLine, Proof } from '../contract.ts'

export interface Check {
  readonly name: 'commit' | 'list' | 'mine' | 'winners' | 'redraw'
  readonly passed: boolean
  /** The value that was recomputed. */
  readonly found: string
}
export interface Published {
  /** As the card showed them before the draw. */
  readonly commit: string
  readonly listHash: string | undefined
  readonly proof: Proof
  readonly entries: readonly EntryLine[]
  /** The viewer's entry; absent when they did not enter. */
  readonly own?: { readonly userId: string; readonly entryNo: number }
}

const bytesOf = (text: string) => new TextEncoder().encode(text)
function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16)
  return bytes
}
const hexOf = (buffer: ArrayBuffer) =>
  [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const sha256 = async (bytes: Uint8Array<ArrayBuffer>) => hexOf(await crypto.subtle.digest('SHA-256', bytes))
async function hmac(key: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return crypto.subtle.sign('HMAC', imported, bytes)
}

/** The hash of a list of entries, as it was published when entries closed. */
export function hashOfList(entries: readonly EntryLine[]): Promise<string> {
  const lines = entries.map(({ entryNo, userHash, weight, nonce }) => {
    const fields = [entryNo, userHash, weight]
    return `${nonce === undefined ? fields.join('\t') : [...fields, nonce].join('\t')}\n`
  })
  return sha256(bytesOf(lines.join('')))
}

/** Unbiased numbers below a bound, from blocks of HMAC-SHA256(key, counter), four big-endian 64-bit words each. */
async function* words(key: Uint8Array<ArrayBuffer>): AsyncGenerator<bigint> {
  for (let block = 0; ; block += 1) {
    const counter = new DataView(new ArrayBuffer(4))
    counter.setUint32(0, block)
    const view = new DataView(await hmac(key, new Uint8Array(counter.buffer)))
    for (let at = 0; at < 32; at += 8) yield view.getBigUint64(at)
  }
}
async function nextBelow(source: AsyncGenerator<bigint>, bound: bigint): Promise<bigint> {
  const limit = ((1n << 64n) / bound) * bound
  for (;;) {
    const { value } = await source.next()
    if ((value as bigint) < limit) return (value as bigint) % bound
  }
}

export interface Repeated {
  /** In the order drawn. */
  readonly winners: readonly { readonly prize: number; readonly entryNo: number }[]
  /** Numbers that were drawn and, as `proof.voided` tells, won nothing. */
  readonly voided: readonly number[]
}

/** Draws from the revealed seed and the list of entries. */
export function drawAgain(proof: Proof, entries: readonly EntryLine[]): Promise<Repeated> {
  return repeat(proof, { ...proof, left: entries })
}
/** The second draw, of prizes nobody claimed: under its own name, among who neither won nor was set aside. */
export function redrawAgain(proof: Proof, entries: readonly EntryLine[]): Promise<Repeated> {
  const { lapsed = [], voided = [] } = proof.redraw ?? {}
  const quantities = proof.quantities.map(
    (_, prize) => proof.winners.filter((one) => one.prize === prize && lapsed.includes(one.entryNo)).length,
  )
  const out = new Set([...proof.voided, ...proof.winners.map((one) => one.entryNo)])
  const left = entries.filter(({ entryNo }) => !out.has(entryNo))
  return repeat(proof, { drawId: `${proof.drawId}#2`, quantities, voided, left })
}

interface Round {
  readonly drawId: string
  readonly quantities: readonly number[]
  readonly voided: readonly number[]
  readonly left: readonly EntryLine[]
}
async function repeat({ seed, listHash, beacon }: Proof, round: Round): Promise<Repeated> {
  const key = new Uint8Array(await hmac(bytesOfHex(seed), bytesOf(`${round.drawId}|${listHash}|${beacon}`)))
  const source = words(key)
  const left = [...round.left]
  let total = left.reduce((sum, entry) => sum + BigInt(entry.weight), 0n)
  const isVoid = new Set(round.voided)
  const voided: number[] = []
  const winners: { prize: number; entryNo: number }[] = []
  for (const [prize, quantity] of round.quantities.entries()) {
    let given = 0
    while (given < quantity && left.length > 0) {
      let at = await nextBelow(source, total)
      const index = left.findIndex((entry) => {
        if (at < BigInt(entry.weight)) return true
        at -= BigInt(entry.weight)
        return false
      })
      const [drawn] = left.splice(index, 1)
      if (drawn === undefined) break
      total -= BigInt(drawn.weight)
      if (isVoid.has(drawn.entryNo)) {
        voided.push(drawn.entryNo)
        continue
      }
      winners.push({ prize, entryNo: drawn.entryNo })
      given += 1
    }
  }
  return { winners, voided }
}

/** Every check, in the order a person would do them. Needs `crypto.subtle`, which browsers give to secure pages. */
export async function verifyDraw(published: Published): Promise<Check[]> {
  const { proof, entries, own } = published
  const commit = await sha256(bytesOfHex(proof.seed))
  const list = await hashOfList(entries)
  const again = await drawAgain(proof, entries)
  const whole =
    entries.length === proof.entryCount &&
    entries.every((entry, at) => entry.entryNo === at + 1 && entry.weight <= (proof.weightMost ?? 1))
  const checks: Check[] = [
    { name: 'commit', found: commit, passed: commit === published.commit && commit === proof.commit },
    {
      name: 'list',
      found: list,
      passed: whole && list === proof.listHash && list === (published.listHash ?? proof.listHash),
    },
  ]
  if (own !== undefined) {
    const hash = await sha256(bytesOf(`${proof.drawId}:${own.userId}`))
    const passed = entries.some((entry) => entry.entryNo === own.entryNo && entry.userHash === hash)
    checks.push({ name: 'mine', found: hash, passed })
  }
  checks.push(await checkWinners('winners', proof, again, entries, proof.drawId))
  const { redraw } = proof
  if (redraw === undefined) return checks
  const second = await checkWinners('redraw', redraw, await redrawAgain(proof, entries), entries, proof.drawId)
  const won = new Set(proof.winners.map((winner) => winner.entryNo))
  const fits = redraw.drawId === `${proof.drawId}#2` && redraw.lapsed.every((entryNo) => won.has(entryNo))
  return [...checks, { ...second, passed: second.passed && fits }]
}
/** Whether the told winners are those found, each under their own number. */
async function checkWinners(
  name: Check['name'],
  told: Pick<Proof, 'winners' | 'voided'>,
  again: Repeated,
  entries: readonly EntryLine[],
  drawId: string,
): Promise<Check> {
  const words = await Promise.all(
    told.winners.map(async ({ prize, entryNo, userId }) => {
      const known = entries[entryNo - 1]?.userHash === (await sha256(bytesOf(`${drawId}:${userId}`)))
      return known ? `${prize}/${entryNo}` : 'stranger'
    }),
  )
  const found = again.winners.map(({ prize, entryNo }) => `${prize}/${entryNo}`)
  const passed = words.join() === found.join() && again.voided.join() === told.voided.join()
  return { name, found: again.winners.map((winner) => winner.entryNo).join(', '), passed }
}
