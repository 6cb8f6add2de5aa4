/** Has uploaded pictures converted by processes of their own, only some at once. Holds nothing of the store. */
import { availableParallelism } from 'node:os'
import { refuse } from '@qun/contract'
import { type PrepareCall, Turns } from '@qun/core'
import { imageBytesMax, type uploadImage } from './contract.ts'
import { Decoders } from './server-decoders.ts'
import type { Converted } from './server-picture-process.ts'

type UploadCall = PrepareCall<typeof uploadImage>

/** A process takes a core and, for the largest picture, some 200 MB. */
const atOnce = Math.max(1, Math.floor(availableParallelism() / 2))
const retryAfterMs = 3_000
/** Whoever sent a whole picture waits for its turn: the server bounds how many it lets in (SPOOL4). */
const conversions = new Turns({ atOnce, waitingMax: Infinity, waitingPerPersonMax: Infinity, retryAfterMs })
export const decoders = new Decoders(30_000)

/** [PI8] Waits for its turn. Refuses what is no picture, or too much of one; a decoder that died says neither. */
export async function convertInTurn(call: UploadCall): Promise<Converted> {
  const { path, size } = call.body
  if (size > imageBytesMax) call.fail('media.too_large')
  const answer = await conversions.run(call.appId, call.actorId, () => call.heavy(() => decoders.convert(path)))
  if (answer === undefined) throw refuse('server.overloaded', { detail: 'the decoder ended', retryAfterMs })
  if ('picture' in answer) return answer.picture
  const { code, detail } = answer.fault
  return call.fail(`media.${code}`, detail === undefined ? {} : { detail })
}
