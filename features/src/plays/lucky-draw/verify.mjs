/**
 * Repeats a published draw from its JSON, with nothing but node: `node verify.mjs proof.json entries.json`.
 * The files hold the answers of …/draws/:seq/proof and …/draws/:seq/entries (one, or an array of its pages).
 */
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'

const files = process.argv.slice(2, 4)
if (files.length < 2) throw new Error('usage: node verify.mjs proof.json entries.json')
const [{ proof }, pages] = files.map((path) => JSON.parse(readFileSync(path, 'utf8')))
const entries = [pages].flat().flatMap((page) => page.entries)
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const check = (isTrue, what) => {
  process.stdout.write(`${isTrue ? 'ok  ' : 'FAIL'} ${what}\n`)
  if (!isTrue) process.exitCode = 1
}
const seed = Buffer.from(proof.seed, 'hex')
check(sha256(seed) === proof.commit, 'the seed is the one promised before anyone entered')
const fits = ({ entryNo, weight }, i) => entryNo === i + 1 && weight >= 1 && weight <= (proof.weightMost ?? 1)
check(entries.length === proof.entryCount && entries.every(fits), `all ${proof.entryCount} entries are there`)
const line = (e) => [e.entryNo, e.userHash, e.weight, ...(e.nonce ? [e.nonce] : [])].join('\t') + '\n'
check(sha256(entries.map(line).join('')) === proof.listHash, 'the list of entries is the one shown when entries closed')

const { mode } = proof.entropy
const isMode = ['none', 'group', 'beacon'].includes(mode) && (mode === 'beacon') === (proof.beacon !== '')
const isMixed = entries.every((entry) => (mode === 'group') === (entry.nonce !== undefined))
check(isMode && isMixed, 'chance is of the kind that was said')

function* numbers(key) {
  for (let block = 0; ; block++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(block)
    const bytes = createHmac('sha256', key).update(counter).digest()
    for (let at = 0; at < 32; at += 8) yield bytes.readBigUInt64BE(at)
  }
}
function draw(drawId, left, quantities, voided) {
  const stream = numbers(createHmac('sha256', seed).update(`${drawId}|${proof.listHash}|${proof.beacon}`).digest())
  const winners = []
  for (const [prize, quantity] of quantities.entries()) {
    for (let given = 0; given < quantity && left.length > 0;) {
      const total = BigInt(left.reduce((sum, entry) => sum + entry.weight, 0))
      let number = stream.next().value
      while (number >= ((1n << 64n) / total) * total) number = stream.next().value
      let rest = Number(number % total)
      const at = left.findIndex((each) => (rest -= each.weight) < 0)
      const [entry] = left.splice(at, 1)
      if (!voided.includes(entry.entryNo)) given += winners.push(`${prize} ${entry.entryNo} ${entry.userHash}`) && 1
    }
  }
  return winners.join()
}
const told = (round) =>
  round.winners.map((w) => `${w.prize} ${w.entryNo} ${sha256(`${proof.drawId}:${w.userId}`)}`).join()
const first = draw(proof.drawId, [...entries], proof.quantities, proof.voided)
check(first === told(proof), `the ${proof.winners.length} winners follow from seed and entries`)
if (proof.redraw) {
  const { drawId, lapsed, voided, winners } = proof.redraw
  const unclaimed = proof.winners.filter((w) => lapsed.includes(w.entryNo))
  const counts = proof.quantities.map((_, prize) => unclaimed.filter((w) => w.prize === prize).length)
  const out = [...proof.voided, ...proof.winners.map((w) => w.entryNo)]
  const second = drawId === `${proof.drawId}#2` && unclaimed.length === lapsed.length
  const left = entries.filter((entry) => !out.includes(entry.entryNo))
  check(second && draw(drawId, left, counts, voided) === told(proof.redraw), `so do the ${winners.length} redrawn`)
}
if (proof.entropy.mode === 'beacon') {
  const { chain, round } = proof.entropy
  process.stdout.write(`     round ${round} of ${chain} must be ${proof.beacon}: ask any relay of drand\n`)
}
