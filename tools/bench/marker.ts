/**
 * Finds the marks that tell the generator's messages apart in raw received bytes, without parsing what is around
 * them. A mark is `^T#` and the message's number in 16 hex digits.
 */

export const markBytes = 19
const needle = Buffer.from('^T#')
const caret = 0x5e
const digits = new Uint8Array(256)
for (let digit = 0; digit < 16; digit += 1) digits[digit.toString(16).charCodeAt(0)] = digit

/** The mark of message `number`, below 2³². */
export function markOf(number: number): string {
  return `^T#${number.toString(16).padStart(16, '0')}`
}

/**
 * Tells `seen` the number of every whole mark in `bytes[start, end)`. Returns where an unfinished mark at the end
 * begins, else `end`; the caller puts those bytes before the next ones.
 */
export class MarkReader {
  /** Distance of the last two neighbours: in a merged frame the next mark is most likely as far again. */
  #stride = 0
  readonly #distanceMin: number
  readonly #seen: (number: number) => void

  /** `distanceMin`: two marks are never closer than this many bytes; 0 when nothing is known. */
  constructor(distanceMin: number, seen: (number: number) => void) {
    this.#distanceMin = distanceMin
    this.#seen = seen
  }

  read(bytes: Buffer, start: number, end: number): number {
    let previous = -1
    let from = start
    const view = end === bytes.length ? bytes : bytes.subarray(0, end)
    for (;;) {
      let at = previous + this.#stride
      if (previous < 0 || this.#stride === 0 || at + markBytes > end || !isMark(bytes, at)) {
        at = view.indexOf(needle, from)
        if (at < 0) return tailOf(bytes, from, end)
        if (at + markBytes > end) return at
        if (previous >= 0) this.#learn(at - previous)
      }
      this.#seen(numberAt(bytes, at))
      previous = at
      from = at + markBytes
    }
  }

  /** A guess below twice the least distance cannot jump over a mark. */
  #learn(distance: number): void {
    this.#stride = distance < 2 * this.#distanceMin ? distance : 0
  }
}

function isMark(bytes: Buffer, at: number): boolean {
  return bytes[at] === caret && bytes[at + 1] === needle[1] && bytes[at + 2] === needle[2]
}

/** The low eight digits; numbers stay below 2³². */
function numberAt(bytes: Buffer, at: number): number {
  let number = 0
  for (let digit = at + 11; digit < at + markBytes; digit += 1) number = number * 16 + digits[bytes[digit]!]!
  return number
}

/** `^` or `^T` at the very end may be the beginning of a mark. */
function tailOf(bytes: Buffer, from: number, end: number): number {
  if (end - 1 >= from && bytes[end - 1] === caret) return end - 1
  if (end - 2 >= from && bytes[end - 2] === caret && bytes[end - 1] === needle[1]) return end - 2
  return end
}
