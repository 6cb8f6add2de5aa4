/** Tells the server how far the viewer has read: at most once a second per group, never backwards. Knows no view. */
import type { ErrorFrame, GroupId, ReadFrame, Static } from '@qun/contract'
import type { Platform } from './defaults.ts'
import { isTransient, readProblem } from './problem.ts'

export interface ReadsHost {
  readonly send: (frame: Static<typeof ReadFrame>) => boolean
  readonly nextId: () => number
  /** The position is past what the server knows, or the group is gone: the mark is void. */
  readonly refused: (groupId: string) => void
}
interface Reading {
  seq: number
  /** The highest position told on this connection. */
  toldSeq: number
  cancel: (() => void) | undefined
  id: number
}

const everyMs = 1_000

export class Reads {
  readonly #platform: Platform
  readonly #host: ReadsHost
  readonly #readings = new Map<string, Reading>()

  constructor(platform: Platform, host: ReadsHost) {
    this.#platform = platform
    this.#host = host
  }
  mark(groupId: string, seq: number): void {
    const reading = this.#readings.get(groupId) ?? { seq: 0, toldSeq: 0, cancel: undefined, id: 0 }
    this.#readings.set(groupId, reading)
    if (seq <= reading.seq) return
    reading.seq = seq
    if (reading.cancel === undefined) this.#tell(groupId, reading)
  }
  /** What was told on the last connection may not have arrived; `isConfirmed` says what had. */
  online(isConfirmed: (groupId: string, seq: number) => boolean): void {
    for (const [groupId, reading] of this.#readings) {
      reading.toldSeq = 0
      if (isConfirmed(groupId, reading.seq)) this.#forget(groupId)
      else if (reading.cancel === undefined) this.#tell(groupId, reading)
    }
  }
  refused(frame: Static<typeof ErrorFrame>): boolean {
    for (const [groupId, reading] of this.#readings) {
      if (reading.id !== frame.id) continue
      const problem = readProblem(frame)
      if (problem !== undefined && isTransient(problem)) this.#tellLater(groupId, reading, problem.retry_after)
      else {
        this.#forget(groupId)
        this.#host.refused(groupId)
      }
      return true
    }
    return false
  }
  /** Ends all waits; what was not told is told on the next connection. */
  close(): void {
    for (const reading of this.#readings.values()) {
      reading.cancel?.()
      reading.cancel = undefined
    }
  }
  /** Another person signed in. */
  clear(): void {
    for (const groupId of this.#readings.keys()) this.#forget(groupId)
  }

  #tell(groupId: string, reading: Reading): void {
    if (reading.seq <= reading.toldSeq) return
    const { seq } = reading
    reading.id = this.#host.nextId()
    if (!this.#host.send({ op: 'read', id: reading.id, groupId: groupId as GroupId, seq })) return
    reading.toldSeq = seq
    this.#rest(groupId, reading, everyMs)
  }
  #tellLater(groupId: string, reading: Reading, afterSeconds: number | undefined): void {
    reading.toldSeq = 0
    this.#rest(groupId, reading, Math.max(everyMs, (afterSeconds ?? 0) * 1_000))
  }
  #rest(groupId: string, reading: Reading, delayMs: number): void {
    reading.cancel?.()
    reading.cancel = this.#platform.wait(delayMs, () => {
      reading.cancel = undefined
      this.#tell(groupId, reading)
    })
  }
  #forget(groupId: string): void {
    this.#readings.get(groupId)?.cancel?.()
    this.#readings.delete(groupId)
  }
}
