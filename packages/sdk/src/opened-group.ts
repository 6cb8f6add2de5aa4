/** What is kept of a group that an app has open. Knows neither frames nor how they come. */
import type { GroupView } from './api.ts'
import type { GroupState } from './group-view.ts'
import type { Cell } from './readable.ts'
import type { TypingNotices } from './typing.ts'

/** A group somebody opened, or had open not long ago: its rows stay for a quick return. */
export interface OpenedGroup {
  readonly groupId: string
  state: GroupState
  handles: number
  /** What the server was asked for on this connection. */
  level: 'open' | 'listed'
  /** The subscription that is not answered, or the wait before the next try. */
  asked: { readonly id: number; readonly cancel: () => void; more: boolean } | undefined
  tries: number
  /** What is missing was too much last time: a snapshot is asked for, whose size is bounded. */
  wantsSnapshot: boolean
  readonly typing: TypingNotices
  loading: Promise<boolean> | undefined
  readonly view: Cell<GroupView>
}
