/**
 * Throws away what still comes of a body that was refused: its beginning, slowly, so that a short one ends and its line
 * can go on; what follows is left lying until the line is closed. Nobody is there to pay for it.
 */
import type { IncomingMessage } from 'node:http'
import { giveBack } from './give-back.ts'

const discardedMax = 65_536
/** Pieces are 64 KiB where the sender is quick. */
const betweenPiecesMs = 50
/** Bodies of which nothing more is read. */
const spent = new WeakSet<IncomingMessage>()
const discarding = new WeakSet<IncomingMessage>()

/** May be called again. */
export function discard(body: IncomingMessage): void {
  if (discarding.has(body)) return
  discarding.add(body)
  let left = discardedMax
  body.on('data', (piece: Buffer) => {
    left -= piece.length
    giveBack(piece)
    body.pause()
    if (left > 0) return void setTimeout(() => body.resume(), betweenPiecesMs).unref()
    spent.add(body)
    // Bytes that wait would take memory. NOTE: a line told to go on in this turn does so at its end, whatever it is
    // told meanwhile, and then takes itself for stopped.
    setImmediate(() => body.socket.pause())
  })
  body.resume()
}
export function isSpent(body: IncomingMessage): boolean {
  return spent.has(body)
}
