/** What the tests of red packets share: worlds in which people have points, and what became of a packet. */
import type { AppId, UserId } from '@qun/contract'
import type { Feature } from '@qun/core'
import { transfer, type LedgerCall } from '@qun/ledger'
import { startWorld, type At, type World, type WorldOptions } from '@qun/testing'
import { sql } from 'kysely'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { redPacket, type PacketBody } from './contract.ts'
import plainPackets from './server.ts'

export const id = (name: string) => name as UserId
export const appId = 'shop' as AppId
export interface OpenOptions extends Partial<WorldOptions> {
  readonly packets?: Feature
}
/** A world whose owner 王店长 has 1,000,000 points. */
export async function open({ packets = plainPackets, features = [], ...rest }: OpenOptions = {}): Promise<World> {
  const world = await startWorld({ features: [message, membership, packets, ...features], ...rest })
  await fund(world, 'user/wang', 1_000_000)
  return world
}
let funded = 0
export function fund(world: World, account: string, amount: number, currency = 'points'): Promise<unknown> {
  return asLedger(world, (call) =>
    transfer(call, {
      ref: `points/fund/test/${++funded}`,
      currency,
      legs: [
        { account: 'issuer/test', amount: -amount },
        { account, amount },
      ],
      reason: 'points.fund',
    }),
  )
}
export function asLedger<T>(world: World, run: (call: LedgerCall) => Promise<T>): Promise<T> {
  const randomHex = (bytes = 16) => (++funded).toString(16).padStart(bytes * 2, '0')
  return world.store.transaction(appId, (tx) => run({ tx, appId, now: world.time.now(), randomHex }))
}
export async function balance(world: World, account: string, currency = 'points'): Promise<number> {
  const { rows } = await world.store.reading(appId, (tx) =>
    sql<{ balance: number }>`SELECT balance FROM ledger_accounts
      WHERE account = ${account} AND currency = ${currency}`.execute(tx),
  )
  return rows[0]?.balance ?? 0
}
/** How many transfers a ref's beginning names. */
export async function transfers(world: World, ref: string): Promise<number> {
  const { rows } = await world.store.reading(appId, (tx) =>
    sql<{ n: number }>`SELECT count(*)::int AS n FROM ledger_transfers WHERE starts_with(ref, ${ref})`.execute(tx),
  )
  return rows[0]?.n ?? 0
}
export const refOf = (at: At) => `red-packet/${at.groupId}/${at.seq}/`
export const escrowOf = (at: At) => `escrow/${at.groupId}/${at.seq}`

export const lucky: PacketBody = { currency: 'points', amount: 1_000, count: 3, split: 'lucky', greeting: '开业大吉' }
export function post(
  world: World,
  change: Partial<PacketBody> = {},
  who = 'wang',
  groupId = world.groupId,
): Promise<At> {
  return world.as(who).post(groupId, redPacket, { ...lucky, ...change })
}
export const grab = (world: World, at: At, who: string, input: { phrase?: string; ticket?: string } = {}) =>
  world.as(who).act(at, redPacket, 'open', input)
