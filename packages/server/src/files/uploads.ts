/**
 * Files that are sent: each is written to the spool as it arrives, within what its sender, its app and the server may
 * have there, and goes when its handler is done, or when there will be none. Knows no route.
 */
import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { refuse, type SentFile } from '@qun/contract'
import type { Owner } from '@qun/storage'
import { discard } from '../ground/discard.ts'
import { giveBack } from '../ground/give-back.ts'
import { mib, Shares, type Sender, type ShareLimits } from '../ground/shares.ts'
import type { Pace } from './pace.ts'
import { readPieces } from './pieces.ts'
import { aheadOf, Reservation } from './reservation.ts'
import { Sending } from './sending.ts'
import { asSpoolError, SpoolError } from './spool-error.ts'
import type { Spool } from './spool.ts'

export interface UploadLimits {
  /** On the spool. */
  readonly bytes: ShareLimits
  /** On their way or being worked with: each has a file open and some 200 KB in memory. */
  readonly atOnce: ShareLimits
}
/** An album of nine pictures of the largest size is on its way at once; an app has room for a dozen such people. */
export const uploadLimits: UploadLimits = {
  bytes: { max: 1_024 * mib, perAppMax: 640 * mib, perPersonMax: 200 * mib },
  atOnce: { max: 200, perAppMax: 120, perPersonMax: 10 },
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
  /** Told of bytes that came, 64 KiB where the sender is quick; resolves when their sender may send on. */
  readonly rest?: (payer: Owner, bytes: number) => Promise<void> | undefined
  /** Told when a file cannot be removed: its request has its answer. */
  readonly onTrouble?: (error: unknown) => void
}
/** What is known of a file before it is read. */
export interface UploadHead {
  readonly sender: Sender
  /** Whose work it is to take it in. */
  readonly payer: Owner
  readonly contentType: string
  /** Undefined when its sender does not say. */
  readonly length: number | undefined
  readonly bytesMax: number
}

export class Uploads {
  readonly spool: Spool
  readonly pace: Pace
  /** Bytes on the spool, and those for which room is held. */
  readonly bytes: Shares
  readonly atOnce: Shares
  readonly rest: NonNullable<UploadsOptions['rest']>
  readonly onTrouble: (error: unknown) => void
  readonly #openFile: (path: string) => Promise<SpoolFile>
  readonly #arriving = new Set<Upload>()

  constructor({ spool, pace, limits, openFile, rest, onTrouble }: UploadsOptions) {
    this.spool = spool
    this.pace = pace
    this.bytes = new Shares('bytes of uploads', limits.bytes)
    this.atOnce = new Shares('uploads', limits.atOnce)
    this.rest = rest ?? (() => undefined)
    this.onTrouble = onTrouble ?? (() => undefined)
    this.#openFile = openFile ?? ((path) => openNew(spool, path))
  }
  /**
   * Takes what the file needs before a byte of it is read, and room for its beginning. Refuses `request.too_large` by
   * its head alone, `rate.limited` and `server.overloaded` as `Shares` does. What is given back is to be received, then
   * freed.
   */
  admit(head: UploadHead): Upload {
    this.check(head)
    const { sender, length, bytesMax } = head
    this.atOnce.take(sender, 1)
    try {
      const room = new Reservation(this.bytes, sender, length ?? bytesMax)
      return new Upload(this, head, { room, openFile: this.#openFile, arriving: this.#arriving })
    } catch (error) {
      this.atOnce.free(sender, 1)
      throw error
    }
  }
  /** Refuses as `admit` does, and takes nothing. */
  check({ sender, length, bytesMax }: UploadHead): void {
    if (length !== undefined && length > bytesMax) throw refuse('request.too_large')
    this.atOnce.check(sender, 1)
    this.bytes.check(sender, aheadOf(length ?? bytesMax))
  }
  /** Refuses what has not come by now. */
  cutAll(error: unknown): void {
    for (const upload of this.#arriving) upload.cut(error)
  }
}

interface UploadMeans {
  readonly room: Reservation
  readonly openFile: (path: string) => Promise<SpoolFile>
  /** Those whose bodies come. */
  readonly arriving: Set<Upload>
}

export class Upload {
  readonly #uploads: Uploads
  readonly #head: UploadHead
  readonly #means: UploadMeans
  readonly #path: string
  readonly #cut = Promise.withResolvers<never>()
  #freed: Promise<void> | undefined
  /** Bytes that came. */
  arrived = 0
  /** Its file is written, or a handler works with it: only the end of that lets go. */
  isUsed = false
  /** Told once, when it holds nothing any more. */
  onFreed: () => void = () => undefined

  constructor(uploads: Uploads, head: UploadHead, means: UploadMeans) {
    this.#uploads = uploads
    this.#head = head
    this.#means = means
    this.#path = uploads.spool.newPath()
    // It may be cut before anybody listens.
    this.#cut.promise.catch(() => undefined)
  }
  /**
   * Writes the body to its file. Refuses `request.too_large`; `request.malformed` when it ends early or late;
   * `request.timeout` when it comes too slowly; `server.overloaded` and `rate.limited` when more comes than there is
   * room for; `SpoolError` when the disk fails, or stands still. What was refused is freed.
   */
  async receive(payload: IncomingMessage): Promise<SentFile> {
    const { pace } = this.#uploads
    // A write that stands still cannot be ended: its sender is told before its end, which then frees it.
    const stall = Promise.withResolvers<never>()
    const sending = new Sending(pace.elapsed, {
      tooSlow: () => this.cut(refuse('request.timeout', { detail: 'the body comes too slowly' })),
      stalled: () => {
        const error = new SpoolError('the spool stands still', 'spool.unavailable')
        discard(payload)
        this.cut(error)
        stall.reject(error)
      },
    })
    pace.begin(sending)
    this.#means.arriving.add(this)
    this.isUsed = true
    const written = this.#write(payload, sending)
      .catch(async (error: unknown) => {
        discard(payload)
        await this.free()
        throw asSpoolError(error)
      })
      .finally(() => {
        this.isUsed = false
        this.#means.arriving.delete(this)
        pace.end(sending)
      })
    return Promise.race([written, stall.promise])
  }
  /** Ends it with an error, if its body still comes. */
  cut(error: unknown): void {
    this.#cut.reject(error)
  }
  async #write(payload: IncomingMessage, sending: Sending): Promise<SentFile> {
    const { room, openFile } = this.#means
    const { length, contentType, bytesMax } = this.#head
    const file = await sending.keeping(openFile(this.#path))
    const digest = createHash('sha256')
    const write = async (piece: Buffer) => {
      sending.arrived(piece.length)
      this.arrived += piece.length
      if (this.arrived > bytesMax) throw refuse('request.too_large')
      room.grow(this.arrived)
      digest.update(piece)
      const { length: came } = piece
      await sending.keeping(file.writeFile(piece))
      giveBack(piece)
      const rest = this.#uploads.rest(this.#head.payer, came)
      if (rest !== undefined) await sending.resting(rest)
    }
    try {
      await readPieces(payload, write, this.#cut.promise)
    } finally {
      await sending.keeping(file.close())
    }
    const size = this.arrived
    if (length !== undefined && length !== size) throw refuse('request.malformed', { detail: 'another length' })
    // Its sender is gone, and no end of the response will be told.
    if (payload.socket.destroyed) throw refuse('request.malformed')
    room.shrink(size)
    return { path: this.#path, size, contentType, sha256: digest.digest('hex') }
  }
  /** The file goes, then what it took is there again. May be called again; never fails. */
  free(): Promise<void> {
    return (this.#freed ??= this.#free())
  }
  async #free(): Promise<void> {
    try {
      await rm(this.#path, { force: true })
    } catch (error) {
      this.#uploads.onTrouble(asSpoolError(error))
    } finally {
      this.#means.room.shrink(0)
      this.#uploads.atOnce.free(this.#head.sender, 1)
      this.onFreed()
    }
  }
}
