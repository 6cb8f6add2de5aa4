/** One connection's interest in one group: at which level, from which position on. Holds no behaviour. */
import type { Packet } from '../host/host.ts'
import type { RowText } from '../ground/row-text.ts'
import type { Listener } from './listener.ts'

export interface Frame {
  readonly from: number
  readonly to: number
  readonly rows: readonly RowText[]
  /** The lowest position of a message among the rows; infinite without one. */
  readonly lowSeq: number
}
/** A frame with its encoding for members who may read all of it. */
export interface HeldFrame {
  readonly packet: Packet
  readonly frame: Frame
}

/** One connection's interest in one group. Plain fields only: a node holds hundreds of thousands of these. */
export interface Subscription {
  readonly session: Listener
  /** `notYetMember` until the store has said that the viewer is one. */
  joinSeq: number
  isOpen: boolean
  /** Frames that wait until the catch-up is sent: only then is it known from where on they are the viewer's to read. */
  held: HeldFrame[] | undefined
  /** Where it stands in its hub's list, so that leaving is O(1). */
  index: number
}

/** The place of somebody who asks for a group and may be a stranger: they hear nothing and say nothing. */
export const notYetMember = Number.MAX_SAFE_INTEGER
