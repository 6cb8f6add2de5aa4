/** One connection's interest in one group: at which level, from which position on. Holds no behaviour. */
import type { GroupHub } from './group-hub.ts'
import type { Packet } from './host.ts'
import type { ClientSession } from './session.ts'

/** One connection's interest in one group. Plain fields only: a node holds hundreds of thousands of these. */
export interface Subscription {
  readonly session: ClientSession
  readonly hub: GroupHub
  /** `notYetMember` until the store has said that the viewer is one. */
  joinSeq: number
  isOpen: boolean
  /** Packets that wait until the catch-up is sent; undefined when live. */
  held: Packet[] | undefined
  /** Where it stands in its hub's list, so that leaving is O(1). */
  index: number
}

/** The place of somebody who asks for a group and may be a stranger: they hear nothing and say nothing. */
export const notYetMember = Number.MAX_SAFE_INTEGER
