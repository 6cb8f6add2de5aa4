/** What a hint bus needs of whatever carries its texts between nodes, and how those texts look. Knows no database. */

/** Carries few short texts to every node of one store, the one that says them included, each node's in order. */
export interface HintWire {
  /** Connects, and connects again after every break. Called once. */
  open(ear: HintEar): void
  /** Rejects if the texts may not have been said. Each is at most `textBytesMax` bytes long. */
  say(texts: readonly string[]): Promise<void>
  close(): Promise<void>
}
export interface HintEar {
  hear(text: string): void
  /** True: all that is said from now on is heard. False: the connection broke. */
  setUp(isUp: boolean): void
}

/** PostgreSQL takes less than 8,000 bytes in one notice. */
export const textBytesMax = 7_900

/** [topic's key, version]: how far a topic is. */
export type Hint = readonly [string, number]
/** [topic, message], carried as it is. */
export type Whole = readonly [string, string]

/** One text of one node. */
export interface Said {
  /** Who says it. */
  readonly from: string
  /**
   * Counts what the node published for others. A text with hints or messages is the next; a bare one says the present
   * number again, so that who missed the last one learns of it.
   */
  readonly number: number
  /** `hello`: every node answers with a bare text. `bye`: nothing comes any more. */
  readonly mark?: 'hello' | 'bye'
  readonly hints?: readonly Hint[]
  readonly wholes?: readonly Whole[]
}

export function encodeSaid(said: Said): string {
  return JSON.stringify(said)
}
/** Undefined for what no node of this release says. */
export function decodeSaid(text: string): Said | undefined {
  try {
    const said = JSON.parse(text) as Said
    return typeof said.from === 'string' && typeof said.number === 'number' ? said : undefined
  } catch {
    return undefined
  }
}

/** What `{"from":…,"number":…,"hints":[…],"wholes":[…]}` takes around its entries, with room to spare. */
const frameBytes = 160
/** Longer messages do not travel: their readers are told that something was lost. */
export const wholeBytesMax = textBytesMax - frameBytes

/** Bytes of an entry in a text, its comma included. */
export function bytesOf(entry: Hint | Whole): number {
  return Buffer.byteLength(JSON.stringify(entry)) + 1
}

/** Divides entries over as few texts as hold them, in their order. */
export function divide(
  hints: Iterable<Hint>,
  wholes: readonly Whole[],
): { readonly hints: Hint[]; readonly wholes: Whole[] }[] {
  const parts: { hints: Hint[]; wholes: Whole[] }[] = []
  let room = 0
  const partFor = (bytes: number) => {
    if (parts.length === 0 || bytes > room) {
      parts.push({ hints: [], wholes: [] })
      room = wholeBytesMax
    }
    room -= bytes
    return parts.at(-1) as { hints: Hint[]; wholes: Whole[] }
  }
  for (const whole of wholes) partFor(bytesOf(whole)).wholes.push(whole)
  for (const hint of hints) partFor(bytesOf(hint)).hints.push(hint)
  return parts
}
