/**
 * Files that are sent: each is written to the spool as it arrives, within what its sender, its app and the server may
 * have there, and goes when its handler is done, or when there will be none. Knows no route.
 */
import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { refuse, type SentFile } from '@qun/contract'
import { Shares, type Sender, type ShareLimits } from '../ground/shares.ts'
import type { Pace } from './pace.ts'
import { readPieces } from './pieces.ts'
import type { Spool } from './spool.ts'

const mib = 1_048_576
/** After each piece; pieces are 64 KiB where the sender is quick. */
const restMaxMs = 1_000
export interface UploadLimits {
  /** On the spool. */
  readonly bytes: ShareLimits
  /** On their way or being worked with: each has a file open and some 200 KB in memory. */
  readonly atOnce: ShareLimits
}
/** An album of nine pictures of the largest size is on its way at once, and a second one beside it of usual size. */
export const uploadLimits: UploadLimits = {
  bytes: { max: 1_024 * mib, perAppMax: 640 * mib, perPersonMax: 200 * mib },
  atOnce: { max: 200, perAppMax: 120, perPersonMax: 20 },
}

/** What a file is written with. */
export interface SpoolFile {
  writeFile(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}
/** It must not be there, and nobody else may read it. */
async function openNew(spool: Spool, path: string): Promise<SpoolFile> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await spool.restore()
    return open(path, 'wx', 0o600)
  }
}

export interface UploadsOptions {
  readonly spool: Spool
  readonly pace: Pace
  readonly limits: UploadLimits
  readonly openFile?: (path: string) => Promise<SpoolFile>
  /** Told of bytes that came; the milliseconds until their sender may send on. */
  readonly restOf?: (sender: Sender, bytes: number) => number
}
/** What is known of a file before it is read. */
export interface UploadHead {
  readonly sender: Sender
  readonly contentType: string
  /** Undefined when its sender does not say. */
  readonly length: number | undefined
  readonly bytesMax: number
}

export class Uploads {
  readonly spool: Spool
  readonly pace: Pace
  /** Bytes on the spool, and those that were promised to come. */
  readonly bytes: Shares
  readonly atOnce: Shares
  readonly restOf: NonNullable<UploadsOptions['restOf']>
  readonly #openFile: (path: string) => Promise<SpoolFile>

  constructor({ spool, pace, limits, openFile, restOf }: UploadsOptions) {
    this.spool = spool
    this.pace = pace
    this.bytes = new Shares('bytes of uploads', limits.bytes)
    this.atOnce = new Shares('uploads', limits.atOnce)
    this.restOf = restOf ?? (() => 0)
    this.#openFile = openFile ?? ((path) => openNew(spool, path))
  }
  /**
   * Takes what the file needs before a byte of it is read. Refuses `request.too_large` by its head alone,
   * `rate.limited` and `server.overloaded` as `Shares` does. What is given back is to be received, then freed.
   */
  admit(head: UploadHead): Upload {
    const { sender, length, bytesMax } = head
    if (length !== undefined && length > bytesMax) throw refuse('request.too_large')
    this.atOnce.take(sender, 1)
    try {
      if (length !== undefined) this.bytes.take(sender, length)
    } catch (error) {
      this.atOnce.free(sender, 1)
      throw error
    }
    return new Upload(this, head, this.#openFile)
  }
}

export class Upload {
  readonly #uploads: Uploads
  readonly #head: UploadHead
  readonly #openFile: (path: string) => Promise<SpoolFile>
  readonly #path: string
  #bytes: number
  #freed: Promise<void> | undefined
  /** Its file is written, or a handler works with it: only the end of that lets go. */
  isUsed = false

  constructor(uploads: Uploads, head: UploadHead, openFile: (path: string) => Promise<SpoolFile>) {
    this.#uploads = uploads
    this.#head = head
    this.#openFile = openFile
    this.#path = uploads.spool.newPath()
    this.#bytes = head.length ?? 0
  }
  /**
   * Writes the body to its file. Refuses `request.too_large`; `request.malformed` when it ends early or late;
   * `request.timeout` when it comes too slowly; `server.overloaded` and `rate.limited` when more comes than there is
   * room for and its length was not told. What was refused is freed.
   */
  async receive(payload: IncomingMessage): Promise<SentFile> {
    const { pace } = this.#uploads
    const cut = Promise.withResolvers<never>()
    // It may be cut before anybody listens.
    cut.promise.catch(() => undefined)
    const moving = pace.begin(() => cut.reject(refuse('request.timeout', { detail: 'the body comes too slowly' })))
    this.isUsed = true
    try {
      const file = await this.#openFile(this.#path)
      const digest = createHash('sha256')
      let size = 0
      try {
        const write = async (piece: Buffer) => {
          moving.moved += piece.length
          size += piece.length
          this.#count(size)
          digest.update(piece)
          await file.writeFile(piece)
          const restMs = this.#uploads.restOf(this.#head.sender, piece.length)
          // No longer than leaves it the pace that is asked of it.
          if (restMs > 0) await pause(Math.min(restMs, restMaxMs), undefined, { ref: false })
        }
        await readPieces(payload, write, cut.promise)
      } finally {
        await file.close()
      }
      const { length, contentType } = this.#head
      if (length !== undefined && length !== size) throw refuse('request.malformed', { detail: 'another length' })
      // Its sender is gone, and no end of the response will be told.
      if (payload.socket.destroyed) throw refuse('request.malformed')
      return { path: this.#path, size, contentType, sha256: digest.digest('hex') }
    } catch (error) {
      payload.resume()
      await this.free()
      throw error
    } finally {
      this.isUsed = false
      pace.end(moving)
    }
  }
  /** What nobody told is counted as it comes. */
  #count(size: number): void {
    const { sender, bytesMax } = this.#head
    if (size > bytesMax) throw refuse('request.too_large')
    if (size <= this.#bytes) return
    this.#uploads.bytes.take(sender, size - this.#bytes)
    this.#bytes = size
  }
  /** The file goes, then what it took is there again. May be called again. */
  free(): Promise<void> {
    return (this.#freed ??= this.#free())
  }
  async #free(): Promise<void> {
    const { sender } = this.#head
    try {
      await rm(this.#path, { force: true })
    } finally {
      this.#uploads.bytes.free(sender, this.#bytes)
      this.#uploads.atOnce.free(sender, 1)
    }
  }
}
