/**
 * Repeats a published draw from its JSON, with nothing but node: `node verify.mjs proof.json entries.json`.
 * The files hold the answers of …/draws/:seq/proof and …/draws/:seq/entries (one, or an array of its pages).
 */
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const read = (path) => JSON.parse(readFileSync(path, 'utf8'))
const check = (isTrue, what) => {
  process.stdout.write(`${isTrue ? 'ok  ' : 'FAIL'} ${what}\n`)
  if (!isTrue) process.exitCode = 1
}

const [proofPath, entriesPath] = process.argv.slice(2)
if (entriesPath === undefined) throw new Error('usage: node verify.mjs proof.json entries.json')
const { proof } = read(proofPath)
const entries = [read(entriesPath)].flat().flatMap((page) => page.entries)

check(sha256(Buffer.from(proof.seed, 'hex')) === proof.commit, 'the seed is the one promised before anyone entered')
const isWhole = entries.length === proof.entryCount && entries.every((entry, i) => entry.entryNo === i + 1)
check(isWhole, `all ${proof.entryCount} entries are there`)
const columns = ({ entryNo, userHash, weight, nonce }) => [entryNo, userHash, weight, ...(nonce ? [nonce] : [])]
const list = entries.map((entry) => columns(entry).join('\t') + '\n')
check(sha256(list.join('')) === proof.listHash, 'the list of entries is the one shown when entries closed')

const seed = Buffer.from(proof.seed, 'hex')
const key = createHmac('sha256', seed).update(`${proof.drawId}|${proof.listHash}|${proof.beacon}`).digest()
const numbers = (function* () {
  for (let block = 0; ; block++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(block)
    const bytes = createHmac('sha256', key).update(counter).digest()
    for (let at = 0; at < 32; at += 8) yield bytes.readBigUInt64BE(at)
  }
})()
function below(total) {
  const limit = ((1n << 64n) / BigInt(total)) * BigInt(total)
  for (;;) {
    const number = numbers.next().value
    if (number < limit) return Number(number % BigInt(total))
  }
}

const left = [...entries]
const winners = []
for (const [prize, quantity] of proof.quantities.entries()) {
  for (let given = 0; given < quantity && left.length > 0;) {
    let rest = below(left.reduce((sum, entry) => sum + entry.weight, 0))
    const place = left.findIndex((each) => (rest -= each.weight) < 0)
    const [entry] = left.splice(place, 1)
    if (proof.voided.includes(entry.entryNo)) continue
    given += 1
    winners.push({ prize, entryNo: entry.entryNo, userHash: entry.userHash })
  }
}
const hashOf = (userId) => sha256(`${proof.drawId}:${userId}`)
const told = proof.winners.map(({ prize, entryNo, userId }) => ({ prize, entryNo, userHash: hashOf(userId) }))
check(JSON.stringify(told) === JSON.stringify(winners), `the ${winners.length} winners follow from seed and entries`)
