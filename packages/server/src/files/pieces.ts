/**
 * Reads a body piece by piece: where the work with one takes time, the next is asked of the sender when it is done.
 * Knows no file.
 */
import { Refusal, refuse } from '@qun/contract'
import type { IncomingMessage } from 'node:http'
import { discard } from '../ground/discard.ts'

/**
 * Resolves at the body's end. Rejects with what `use` or `cut` rejects with, with a refusal that the body
 * is told of, and `request.malformed` when it breaks off; then `use` is done, and is not called again.
 */
export function readPieces(
  payload: IncomingMessage,
  use: (piece: Buffer) => Promise<void> | undefined,
  cut?: Promise<never>,
): Promise<void> {
  let using: Promise<void> = Promise.resolve()
  let isOver = false
  return new Promise((resolve, reject) => {
    /** `end` is called when `use` is done, `fail` when that failed. */
    const settle = (end: () => void, fail: (error: unknown) => void) => {
      if (isOver) return
      isOver = true
      payload.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak)
      void using.then(end, fail)
    }
    const fail = (error: unknown) => {
      const tell = () => reject(error)
      settle(tell, tell)
      // Destroying the body would destroy the line, before its sender reads why.
      discard(payload)
    }
    const onData = (piece: Buffer) => {
      let work: Promise<void> | undefined
      try {
        work = use(piece)
      } catch (error) {
        return fail(error)
      }
      if (work === undefined) return
      payload.pause()
      using = work
      using.then(() => (isOver ? undefined : payload.resume()), fail)
    }
    // NOTE: it may come while the last piece is worked with.
    const onEnd = () => settle(resolve, reject)
    const onBreak = (error?: unknown) =>
      fail(error instanceof Refusal ? error : refuse('request.malformed', { detail: 'the body breaks off' }))
    payload.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak)
    cut?.catch(fail)
    // Gone before it was read: nothing of it will come.
    if (payload.destroyed) onBreak()
    else payload.resume()
  })
}
