/** What counts as words of substance (mechanics C-15), pure: no clock, no storage, no chance. */

/** Own messages a new one is compared with. */
export const ownRecentMax = 20
/** Bits in which two near-duplicates differ at most (mechanics C-12). */
const nearBits = 3

const emoji =
  /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\u20e3|\[[^[\]\s]{1,8}\]/gu
const mentions = /@\S+/gu
/** Said so often that it says nothing; a part of a message that is made of these alone is not counted. */
const stock = [
  '收到',
  '谢谢',
  '多谢',
  '感谢',
  '好的',
  '好滴',
  '好哒',
  '好',
  '嗯',
  '哦',
  '噢',
  '行',
  '可以',
  '是的',
  '对',
  '在',
  '在吗',
  '你好',
  '大家好',
  '早',
  '早上好',
  '晚安',
  '赞',
  '顶',
  '支持',
  '恭喜',
  '打卡',
  '签到',
  '接龙',
  '抢到了',
  '抢到',
  '没抢到',
  '已领',
  '已领取',
  '老板大气',
  '谢谢老板',
  '哈',
  '呵',
  '嘿',
  'ok',
  'okay',
  'yes',
  'no',
  'hi',
  'hello',
  'thanks',
  'thank you',
  'thx',
  'ty',
  'lol',
  'haha',
  'got it',
  'nice',
  'cool',
  'wow',
]
const stockByFirst = Map.groupBy(stock, (phrase) => phrase[0])
const stockLetter = /[\d\s啊呀哦啦了的吧呢嘛哈~+]/u
const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu
const parts = /[\p{P}\p{S}\n]+/u

/**
 * Whether a text is made of stock phrases, particles, digits and blanks alone. Each place a run of them can reach is
 * noted once, so the text's length bounds the work: a pattern would try every way to cut a long text into phrases.
 */
export function isStockOnly(text: string): boolean {
  const letters = text.toLowerCase()
  const isReached = new Uint8Array(letters.length + 1)
  isReached[0] = 1
  let last = 0
  for (let at = 0; at <= last && at < letters.length; at++) {
    if (isReached[at] === 0) continue
    const reach = (to: number) => {
      isReached[to] = 1
      last = Math.max(last, to)
    }
    if (stockLetter.test(letters[at] as string)) reach(at + 1)
    for (const phrase of stockByFirst.get(letters[at]) ?? [])
      if (letters.startsWith(phrase, at)) reach(at + phrase.length)
  }
  return isReached[letters.length] === 1
}
/** The message without emoji, mentions and stock phrases: what it says. */
export function saidIn(text: string): string {
  return text
    .replace(mentions, ' ')
    .replace(emoji, ' ')
    .split(parts)
    .map((part) => part.trim().replace(/\s+/gu, ' '))
    .filter((part) => part !== '' && !isStockOnly(part) && !/^(.)\1+$/u.test(part))
    .join(' ')
}
/** [ML2] At least two CJK characters or two words are left. */
export function isSubstantive(said: string): boolean {
  if ((said.match(cjk)?.length ?? 0) >= 2) return true
  const words = said.replace(cjk, ' ').match(/[\p{L}\p{N}]*\p{L}[\p{L}\p{N}'’]*/gu) ?? []
  return words.length >= 2
}
export const hasEmoji = (text: string): boolean => text.search(emoji) >= 0
const question =
  /[?？]\s*$|吗[。！~]*$|(?:怎么|什么|哪里|哪儿|哪个|谁|为什么|多少|几点|how|what|where|when|who|why|which)/iu
export const isQuestion = (text: string): boolean => question.test(text.trim())

// ── near-duplicates ──
/** 64 bits in 16 hex digits: texts that differ a little differ in few bits (SimHash over pairs of characters). */
export function printOf(said: string): string {
  const letters = said.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
  const tally = new BitTally()
  let from = 0
  do {
    const second = from + unitsAt(letters, from)
    const end = second + unitsAt(letters, second)
    tally.add(hash32(letters, from, end, 0x811c9dc5), hash32(letters, from, end, 0x9e3779b9))
    from = second
  } while (from + unitsAt(letters, from) < letters.length)
  return tally.majority()
}
/** How long the character at a place is: two units outside of the basic plane, none behind the end. */
function unitsAt(text: string, at: number): number {
  if (at >= text.length) return 0
  const isPair = (text.charCodeAt(at) & 0xfc_00) === 0xd8_00 && (text.charCodeAt(at + 1) & 0xfc_00) === 0xdc_00
  return isPair ? 2 : 1
}
function hash32(text: string, from: number, end: number, seed: number): number {
  let sum = seed | 0
  for (let i = from; i < end; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d)
  sum = Math.imul(sum ^ (sum >>> 12), 0x297a2d39)
  return sum ^ (sum >>> 15)
}

/** In how many words of 64 bits each bit is set. Bits are counted four at once: as bytes of one word. */
class BitTally {
  readonly #counts = new Int32Array(64)
  readonly #packed = new Int32Array(16)
  #words = 0

  add(low: number, high: number): void {
    const packed = this.#packed
    // Every eighth bit from `at` on: at most 127 are added before they are carried, so no byte reaches the next.
    for (let at = 0; at < 8; at++) {
      packed[at]! += (low >>> at) & 0x01_01_01_01
      packed[at + 8]! += (high >>> at) & 0x01_01_01_01
    }
    this.#words += 1
    if (this.#words % 127 === 0) this.#carry()
  }
  #carry(): void {
    for (let at = 0; at < 16; at++) {
      for (let byte = 0; byte < 4; byte++)
        this.#counts[(at & 8) * 4 + (at & 7) + 8 * byte]! += (this.#packed[at]! >>> (8 * byte)) & 255
    }
    this.#packed.fill(0)
  }
  /** As hex digits, the bits that more words have than have not. */
  majority(): string {
    this.#carry()
    let digits = ''
    for (let at = 0; at < 64; at += 4) {
      let four = 0
      for (let bit = 0; bit < 4; bit++) if (2 * this.#counts[at + bit]! > this.#words) four |= 1 << bit
      digits += four.toString(16)
    }
    return digits
  }
}

export function isNear(a: string, b: string): boolean {
  const half = (print: string, from: number) => Number.parseInt(print.slice(from, from + 8), 16)
  const bits = bitsOf(half(a, 0) ^ half(b, 0))
  return bits <= nearBits && bits + bitsOf(half(a, 8) ^ half(b, 8)) <= nearBits
}
/** How many of 32 bits are set; the lowest goes with each step. */
function bitsOf(word: number): number {
  let bits = 0
  for (let left = word; left !== 0; left &= left - 1) bits++
  return bits
}

// ── echoes: the same words from many mouths ──
export interface Echo {
  readonly at: number
  readonly userId: string
  readonly print: string
}
const echoMs = 10 * 60_000
/** Others who may say much the same within ten minutes before it is an echo. */
const echoAuthorsMax = 3
const echoesKept = 60
export function withEcho(echoes: readonly Echo[], echo: Echo): Echo[] {
  return [...echoes.filter((one) => echo.at - one.at < echoMs), echo].slice(-echoesKept)
}
/** [ML3] More than three other authors have said it in the last ten minutes. */
export function isEcho(echoes: readonly Echo[], { at, userId, print }: Echo): boolean {
  const authors = new Set(
    echoes.filter((one) => at - one.at < echoMs && isNear(one.print, print)).map((one) => one.userId),
  )
  authors.delete(userId)
  return authors.size > echoAuthorsMax
}
