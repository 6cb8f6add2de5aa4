/** Has uploaded pictures converted by processes of their own, only some at once. Holds nothing of the store. */
import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type PrepareCall, Turns } from '@qun/core'
import { imageBytesMax, type uploadImage } from './contract.ts'
import type { Converted, PictureAnswer } from './server-picture-process.ts'

type UploadCall = PrepareCall<typeof uploadImage>

/** A process takes a core and, for the largest picture, some 200 MB. */
const atOnce = Math.max(1, Math.floor(availableParallelism() / 2))
const conversions = new Turns({ atOnce, waitingMax: 48, waitingPerPersonMax: 9, retryAfterMs: 3_000 })
const script = fileURLToPath(new URL('./server-picture-process.ts', import.meta.url))
/** Processes that wait for a picture; each ends by itself when none comes for a while. */
const idle = new Set<ChildProcess>()
/** Their ids. */
export const idleDecoders = (): readonly number[] => [...idle].flatMap(({ pid }) => pid ?? [])

/** [PI8] Waits for its turn. Refuses what is no picture, or too much of one. */
export async function convertInTurn(call: UploadCall): Promise<Converted> {
  const { bytes } = call.body
  if (bytes.byteLength > imageBytesMax) call.fail('media.too_large')
  const answer = await conversions.run(call.appId, call.actorId, () => convert(bytes))
  if ('picture' in answer) return answer.picture
  const { code, detail } = answer.fault
  return call.fail(`media.${code}`, detail === undefined ? {} : { detail })
}

async function convert(bytes: Uint8Array): Promise<PictureAnswer> {
  const [waiting] = idle
  // One that ended in this very moment has done nothing yet.
  const answer = waiting === undefined ? undefined : await askOf(waiting, bytes)
  if (answer !== undefined) return answer
  return (await askOf(start(), bytes)) ?? { fault: { code: 'corrupt', detail: 'the decoder ended' } }
}
/**
 * A decoder needs nothing of what surrounds the server and is handed none of its secrets. What glibc would keep for
 * each thread is several times what a picture needs.
 */
const surroundings = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' }
function start(): ChildProcess {
  const child = fork(script, { execArgv: [], env: surroundings, serialization: 'advanced' })
  child.unref()
  child.on('error', () => undefined)
  child.on('disconnect', () => idle.delete(child))
  return child
}
/** Undefined when the process ended without an answer. */
function askOf(child: ChildProcess, bytes: Uint8Array): Promise<PictureAnswer | undefined> {
  idle.delete(child)
  child.channel?.ref()
  return new Promise((resolve) => {
    const settle = (answer: PictureAnswer | undefined) => {
      child.off('message', onMessage).off('disconnect', onEnd).off('error', onEnd)
      child.channel?.unref()
      resolve(answer)
    }
    const onEnd = () => settle(undefined)
    const onMessage = (answer: unknown) => {
      if (child.connected) idle.add(child)
      settle(answer as PictureAnswer)
    }
    child.on('message', onMessage).on('disconnect', onEnd).on('error', onEnd)
    child.send(bytes, (error) => (error === null ? undefined : onEnd()))
  })
}
