/**
 * Files that are answered: what all of them hold in memory until they are read is bounded, of a person, of an app and
 * in all; who reads too slowly is cut, and where there is no room, who stands still. Knows no route.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { mib, Shares, type Sender, type ShareLimits } from '../ground/shares.ts'
import type { Pace } from './pace.ts'
import { Reading } from './reading.ts'

export interface AnswerLimits {
  /** A picture as kept has about a megabyte; a screen asks for some thirty of them at once. */
  readonly large: ShareLimits
  /** Previews and small pictures find room beside large ones that nobody reads. */
  readonly small: ShareLimits
}
export const answerLimits: AnswerLimits = {
  large: { max: 96 * mib, perAppMax: 64 * mib, perPersonMax: 24 * mib },
  small: { max: 32 * mib, perAppMax: 20 * mib, perPersonMax: 8 * mib },
}
/** Below this a file is a small one. */
export const largeBytesMin = mib / 2
/** Whoever took nothing for so long leaves, if another has no room. */
export const stuckMs = 10_000
const pieceBytes = 65_536

/** One that is under way. */
interface Answer {
  readonly sender: Sender
  readonly shares: Shares
  readonly socket: Socket
  readonly reading: Reading
  /** Lets go of what it holds. */
  readonly end: () => void
}
interface Stuck {
  readonly answer: Answer | undefined
  readonly since: number
}

export class FileAnswers {
  readonly #pace: Pace
  readonly #limits: AnswerLimits
  readonly #open = new Set<Answer>()
  /** Bytes of answers under way. */
  readonly large: Shares
  readonly small: Shares

  constructor(pace: Pace, limits: AnswerLimits) {
    this.#pace = pace
    this.#limits = limits
    this.large = new Shares('bytes of answers', limits.large)
    this.small = new Shares('bytes of small answers', limits.small)
  }
  get held(): number {
    return this.large.held + this.small.held
  }
  /** The file to send, counted until the response is over. Refuses as `Shares` does. */
  open(sender: Sender, response: ServerResponse, file: Uint8Array): Readable {
    // A response that waits for others of its line learns nothing of the line's end: the line itself is looked at.
    const { socket } = response.req
    // Nobody will read it, and no end will be told.
    if (response.destroyed || socket.destroyed) return Readable.from([])
    const size = file.byteLength < largeBytesMin ? 'small' : 'large'
    const shares = this[size]
    // What is more than a person's share takes all of it: it is read alone, but it can be read.
    const counted = Math.min(file.byteLength, this.#limits[size].perPersonMax)
    this.#makeRoom(shares, sender, counted)
    shares.take(sender, counted)
    const reading = new Reading(
      this.#pace.elapsed(),
      () => takenBy(socket),
      () => void socket.destroy(),
    )
    const moving = this.#pace.begin({
      look(now) {
        const isOver = socket.destroyed || reading.look(now)
        if (isOver) end()
        return isOver
      },
    })
    const end = () => {
      if (!this.#open.delete(answer)) return
      this.#pace.end(moving)
      shares.free(sender, counted)
    }
    const answer: Answer = { sender, shares, socket, reading, end }
    this.#open.add(answer)
    response.once('close', end)
    return Readable.from(pieces(file), { objectMode: false, highWaterMark: pieceBytes })
  }
  /** Cuts those of the share who stand still, the longest first, until there is room or none of them is left. */
  #makeRoom(shares: Shares, sender: Sender, count: number): void {
    for (;;) {
      const lack = shares.lackOf(sender, count)
      if (lack === undefined) return
      const now = this.#pace.elapsed()
      const { answer, since } = [...this.#open]
        .filter((each) => each.shares === shares && isOf(each.sender, sender, lack))
        .map((each) => ({ answer: each, since: each.socket.destroyed ? -Infinity : each.reading.stuckSince(now) }))
        .reduce((a, b) => (b.since < a.since ? b : a), { answer: undefined, since: now } as Stuck)
      if (answer === undefined || now - since < stuckMs) return
      answer.socket.destroy()
      answer.end()
    }
  }
}

/** Whether it takes of what is short: of the person's share, of the app's, or of all. */
function isOf(a: Sender, b: Sender, lack: NonNullable<ReturnType<Shares['lackOf']>>): boolean {
  return lack === 'all' || (a.app === b.app && (lack === 'app' || a.person === b.person))
}

/** What the kernel has of it, not what waits for the kernel. */
const takenBy = (socket: Socket) => socket.bytesWritten - socket.writableLength

/** A whole file handed to the line at once would show nothing of how it is read. */
function* pieces(file: Uint8Array) {
  for (let at = 0; at < file.byteLength; at += pieceBytes) yield file.subarray(at, at + pieceBytes)
}
