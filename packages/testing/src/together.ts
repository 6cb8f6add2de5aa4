/**
 * Many actions on one card at once, each with the answer a model expects: long walks send them so, because the engine
 * decides together what waits for the same card. Knows no feature.
 */
import type { UserId } from '@qun/contract'
import type { ActResult } from '@qun/core'
import { appId, type At } from './person.ts'
import { turns } from './time.ts'
import type { World } from './world.ts'

/** One action of a walk and what becomes of it by the model. */
export interface Deed {
  readonly who: string
  readonly action: string
  readonly input: object
  /** The code it is refused with, or codes that are right alike; null when it is done. */
  readonly expected: string | null | readonly string[]
  /** Of an action sent before: done once, answered alike. */
  readonly key?: string
}
export interface Answer {
  readonly deed: Deed
  readonly key: string
  /** Absent when it was refused. */
  readonly result?: ActResult
}
let keys = 0

/** Sends all in their order; throws at the first whose answer is another than expected. */
export async function actTogether(world: World, at: At, deeds: readonly Deed[]): Promise<Answer[]> {
  const core = world.route()
  const told = deeds.map(async (deed): Promise<Answer> => {
    const { who, action, input, expected, key = `w${++keys}` } = deed
    const principal = { appId, userId: who as UserId, guest: false }
    const result = await core
      .act({ principal, ...at, action, input, clientId: key })
      .catch((error: unknown) => String((error as { code?: unknown }).code ?? error))
    const code = typeof result === 'string' ? result : null
    const isReplay = typeof result !== 'string' && result.replayed
    const isAsTold = Array.isArray(expected) ? expected.includes(code) : code === expected
    if (!isAsTold || (code === null && isReplay !== (deed.key !== undefined)))
      throw new Error(`${JSON.stringify(deed)} was answered ${code ?? (isReplay ? 'as before' : 'as new')}`)
    return typeof result === 'string' ? { deed, key } : { deed, key, result }
  })
  // All have ended before a failure is told.
  await Promise.allSettled(told)
  return Promise.all(told)
}
/** A former deed again: as it was, or with another input under the same key. */
export function again({ deed, key }: Answer, isSame: boolean): Deed {
  return isSame
    ? { ...deed, key }
    : { ...deed, key, input: { ...deed.input, other: 1 }, expected: 'idempotency.key_reused' }
}
/** Asks until there is an answer, as a client does: of a crowd of calls some find the server too busy at first. */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code !== 'store.unavailable' && code !== 'server.overloaded') throw error
      await turns()
    }
  }
}
