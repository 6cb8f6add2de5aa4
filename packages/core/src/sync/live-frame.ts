/** The rows of one group that collect until a frame goes out, each once, in its latest version. Knows no follower. */
import { countOfPage, type RowText } from '../ground/row-text.ts'
import type { Frame } from './subscription.ts'

/** What may wait for a frame, in characters of JSON; beyond it nothing is kept, and whoever lacks it pulls. */
const waitingMax = 4_194_304

export class LiveFrame {
  readonly #bytesMax: number
  #from = 0
  #to = 0
  #rows = new Map<string, RowText>()
  /** Rows of people whose words are among the others, unchanged: they go first, and move no version. */
  #introduced = new Map<string, RowText>()
  #length = 0
  /** Rows were left out: the frame says how far the group is, and no more. */
  #isSkipping = false
  /** Whether the frame tells something new, or only changes what was told. */
  tellsNew = false
  changesTold = false

  /** A frame holds rows of about `bytesMax` bytes of JSON; a row larger alone goes alone. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }
  get isEmpty(): boolean {
    return this.#rows.size === 0 && !this.#isSkipping
  }
  /** What follows goes on from here, unless something waits. */
  begin(from: number): void {
    if (this.isEmpty) this.#from = from
  }
  /** All up to here is in. */
  end(to: number): void {
    this.#to = to
    if (this.#length > waitingMax) this.skip()
  }
  add(row: RowText): void {
    const held = this.#rows.get(row.key)
    if (held !== undefined) {
      if (held.version > row.version) return
      this.#length -= held.json.length
    }
    // Deleting first keeps the map in the order of versions.
    this.#rows.delete(row.key)
    this.#rows.set(row.key, row)
    this.#length += row.json.length
  }
  introduce(row: RowText): void {
    if (this.#rows.size > 0) this.#introduced.set(row.key, row)
  }
  /** What waits is too much for everybody at once: each reads for themselves. */
  skip(): void {
    this.drop()
    this.#isSkipping = true
    this.tellsNew = true
  }
  drop(): void {
    this.#rows = new Map()
    if (this.#introduced.size > 0) this.#introduced = new Map()
    this.#length = 0
    this.#isSkipping = false
    this.tellsNew = false
    this.changesTold = false
  }
  /** The next frame, in the order of versions; what it has no room for stays for the one after. */
  take(): Frame {
    const from = this.#isSkipping ? this.#to : this.#from
    const introduced = [...this.#introduced.values()]
    // No character takes more than three bytes, so that most frames need no counting.
    if (this.#length * 3 <= this.#bytesMax) {
      const rows = [...introduced, ...this.#rows.values()]
      this.drop()
      return { from, to: this.#to, rows, lowSeq: lowSeqOf(rows) }
    }
    const all = [...this.#rows.values()].toSorted((a, b) => a.version - b.version)
    const count = countOfPage(all, this.#bytesMax)
    const to = count === all.length ? this.#to : (all[count - 1] as RowText).version
    const { tellsNew, changesTold } = this
    this.drop()
    for (const row of all.slice(count)) this.add(row)
    if (count < all.length) Object.assign(this, { tellsNew, changesTold })
    this.#from = to
    const rows = [...introduced, ...all.slice(0, count)]
    return { from, to, rows, lowSeq: lowSeqOf(rows) }
  }
}

function lowSeqOf(rows: readonly RowText[]): number {
  let low = Number.POSITIVE_INFINITY
  for (const row of rows) if (row.seq > 0 && row.seq < low) low = row.seq
  return low
}
