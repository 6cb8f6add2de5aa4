/** Numbers from a secret, the commitment to shares, and what is kept of a phrase; pure, and for servers alone. */
import { createHash, createHmac } from 'node:crypto'

/** Numbers that follow from a secret alone: HMAC-SHA256 in counter mode, 48 bits each; the uneven rest is skipped. */
export function numbersOf(secret: string): (k: number) => number {
  let block = Buffer.alloc(0)
  let at = 0
  let counter = 0
  const next = () => {
    if (at + 6 > block.length) {
      block = createHmac('sha256', Buffer.from(secret, 'hex')).update(`${counter++}`).digest().subarray(0, 30)
      at = 0
    }
    at += 6
    return block.readUIntBE(at - 6, 6)
  }
  return (k) => {
    const limit = 2 ** 48 - (2 ** 48 % k)
    for (;;) {
      const number = next()
      if (number < limit) return number % k
    }
  }
}
/** [R9] */
export function commitOf(secret: string, shares: readonly number[]): string {
  return createHash('sha256')
    .update(`${secret}:${shares.join(',')}`)
    .digest('hex')
}
/** What counts as the same phrase: the same characters, whichever way they are encoded and whatever stands around. */
export function phraseHash(salt: string, phrase: string): string {
  return createHmac('sha256', salt).update(phrase.normalize('NFC').trim()).digest('hex')
}
