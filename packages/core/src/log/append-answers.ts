/** How a poster and everybody else hear what became of a post. */
import { refuse, Refusal, type AppId } from '@qun/contract'
import { storeTrouble } from '@qun/storage'
import { asRefusal, type Engine, publishGroup } from '../ground/engine.ts'
import type { Outcome, Waiting } from './append-post.ts'
import { addToFrame, type AppendFrame, newsOf } from './append-frame.ts'

export class Answers {
  readonly #engine: Engine
  readonly #forget: (key: string) => void

  constructor(engine: Engine, forget: (key: string) => void) {
    this.#engine = engine
    this.#forget = forget
  }

  /** Tells the posters, then everybody else. One outcome per post, in their order. */
  give(batch: readonly Waiting[], outcomes: readonly Outcome[]): void {
    const frames = new Map<string, AppendFrame>()
    for (const [i, outcome] of outcomes.entries()) {
      const { append, key, resolve, reject } = batch[i] as Waiting
      this.#forget(key)
      if (outcome.refusal !== undefined) {
        const { code, retryAfterMs } = outcome.refusal
        reject(refuse(code, retryAfterMs === undefined ? {} : { retryAfterMs }))
        continue
      }
      const { placed, replayed } = outcome
      const { seq, version, at } = placed
      resolve({ groupId: append.groupId, seq, version, at, replayed })
      if (!replayed) addToFrame(frames, append, placed)
    }
    for (const frame of frames.values())
      publishGroup(this.#engine, frame.appId, frame.groupId, newsOf(frame), frame.rows)
  }

  /** The same for all of them. A store that went away may have written them all the same: nodes will look. */
  refuse(batch: readonly Waiting[], error: unknown): void {
    const trouble = error instanceof Refusal ? undefined : storeTrouble(error)
    const told = error instanceof Refusal || trouble !== undefined ? asRefusal(error) : refuse('server.bug')
    if (trouble === 'unavailable') this.#doubt(batch)
    if (trouble === undefined && !(error instanceof Refusal)) this.#engine.onBug(error, 'append')
    for (const { key, reject } of batch) {
      this.#forget(key)
      reject(told)
    }
  }

  #doubt(batch: readonly Waiting[]): void {
    const groups = new Map<AppId, Set<string>>()
    for (const { append } of batch) {
      const ids = groups.get(append.appId)
      if (ids === undefined) groups.set(append.appId, new Set([append.groupId]))
      else ids.add(append.groupId)
    }
    for (const [appId, groupIds] of groups) this.#engine.doubt(appId, groupIds)
  }
}
