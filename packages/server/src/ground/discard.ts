/**
 * Throws away what still comes of a body that was refused: its beginning, slowly, so that a short one ends and its line
 * can go on; what follows is left lying until the line is closed. Nobody is there to pay for it.
 */
import type { IncomingMessage } from 'node:http'
import { giveBack } from './give-back.ts'

const discardedMax = 65_536
/** Pieces are 64 KiB where the sender is quick. */
const betweenPiecesMs = 50
/** Bytes still to be read of each. */
const left = new WeakMap<IncomingMessage, number>()

/** May be called again. */
export function discard(body: IncomingMessage): void {
  if (left.has(body)) return
  left.set(body, discardedMax)
  body.on('data', (piece: Buffer) => {
    left.set(body, left.get(body)! - piece.length)
    giveBack(piece)
    body.pause()
    if (!isSpent(body)) return void setTimeout(() => body.resume(), betweenPiecesMs).unref()
    // Bytes that wait would take memory. NOTE: a line told to go on in this turn does so at its end, whatever it is
    // told meanwhile, and then takes itself for stopped. Behind a body that came to its end the next request may come.
    setImmediate(() => (body.complete ? undefined : body.socket.pause()))
  })
  body.resume()
}
/** Nothing more of it is read. */
export function isSpent(body: IncomingMessage): boolean {
  return (left.get(body) ?? 1) <= 0
}
