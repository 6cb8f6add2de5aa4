/** A connection as those see it who bring it news. Types only. */
import type { UserId } from '@qun/contract'
import type { Outlet, Packet } from '../host/host.ts'

export interface Listener {
  readonly userId: UserId
  readonly outlet: Outlet
  /** Whether news of its own stream that begin at `from` leave no gap. */
  canTake(from: number): boolean
  isBehind(version: number): boolean
  pushUser(packet: Packet, to: number): void
  pushHead(packet: Packet): void
  /** Hears nothing more. */
  close(): void
  /** Reads for itself what it was not told. */
  catchUp(): Promise<void>
  follow(groupId: string, joinSeq: number, version?: number): void
  unfollow(groupId: string): void
  /** Reads a group's head for itself and sends it. */
  readHead(groupId: string): void
  /** Ends it: the client comes back and begins anew. */
  fail(): void
}
