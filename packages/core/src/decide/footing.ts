/** What a decision stands on: one engine, one app, one transaction, one instant. Types only. */
import type { AppId } from '@qun/contract'
import type { Tx } from '@qun/storage'
import type { Engine } from '../ground/engine.ts'

export interface Footing {
  readonly engine: Engine
  readonly appId: AppId
  readonly tx: Tx
  readonly now: number
}
