/**
 * Files that are answered: what all of them hold in memory until they are read is bounded, of a person, of an app and
 * in all, and who reads too slowly is cut. Knows no route.
 */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { Shares, type Sender, type ShareLimits } from '../ground/shares.ts'
import type { Moving, Pace } from './pace.ts'

const mib = 1_048_576
/** A picture as kept has about a megabyte; a screen asks for some thirty of them at once. */
export const answerLimits: ShareLimits = { max: 96 * mib, perAppMax: 64 * mib, perPersonMax: 24 * mib }
const pieceBytes = 65_536

export class FileAnswers {
  readonly #pace: Pace
  readonly #limits: ShareLimits
  /** Bytes of answers under way. */
  readonly bytes: Shares

  constructor(pace: Pace, limits: ShareLimits) {
    this.#pace = pace
    this.#limits = limits
    this.bytes = new Shares('bytes of answers', limits)
  }
  /** The file to send, counted until the response is over. Refuses as `Shares` does. */
  open(sender: Sender, response: ServerResponse, file: Uint8Array): Readable {
    // Nobody will read it, and no end of the response will be told.
    if (response.destroyed) return Readable.from([])
    // What is more than a person's share takes all of it: it is read alone, but it can be read.
    const counted = Math.min(file.byteLength, this.#limits.perPersonMax)
    this.bytes.take(sender, counted)
    const moving = this.#pace.begin(() => response.destroy())
    response.once('close', () => {
      this.#pace.end(moving)
      this.bytes.free(sender, counted)
    })
    return Readable.from(pieces(file, moving), { objectMode: false, highWaterMark: pieceBytes })
  }
}

/** A whole file handed to the line at once would show nothing of how it is read. */
function* pieces(file: Uint8Array, moving: Moving) {
  for (let at = 0; at < file.byteLength; at += pieceBytes) {
    const piece = file.subarray(at, at + pieceBytes)
    moving.moved += piece.byteLength
    yield piece
  }
}
