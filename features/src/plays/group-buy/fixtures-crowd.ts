/** As many at once as a test says, for the last place and the last piece: fast sixty-four, slow a thousand. */
import { HOUR, type GroupId, type UserId } from '@qun/contract'
import { refusalOf, type At, type World } from '@qun/testing'
import { expect } from 'vitest'
import { crowd, spread } from '../../people/membership/fixtures.ts'
import { groupBuy, instructionsForHost, payPlace } from './contract.ts'
import { startShop } from './fixtures.ts'

const begin = () => startShop([], { watching: [], limits: { snapshotMembers: 1_100 } })
const offer = (world: World, groupId: GroupId, stock: number) =>
  world.as('wang').post(groupId, groupBuy, {
    productId: 'roll',
    refunds: '七天内可退',
    stock,
    ladder: [{ size: 3, priceFen: 1_900 }],
    perMember: 1,
    teamMs: HOUR,
    endsAt: world.time.now() + 24 * HOUR,
    late: 'refund',
  })
const start = (world: World, at: At, who: string) =>
  refusalOf(world.as(who).act(at, groupBuy, 'start', { quantity: 1 }))
const join = (world: World, at: At, who: string) =>
  refusalOf(world.as(who).act(at, groupBuy, 'join', { teamNo: 1, quantity: 1 }))
const paid = async (world: World, at: At, who: string) =>
  (await world.asServer().call(payPlace, { params: at, body: { userId: who as UserId, orderId: `o-${who}` } })).status
/** A team of two, one place of three left. */
async function openTeam(world: World, at: At, [first = '', second = '']: readonly string[]): Promise<void> {
  expect(await start(world, at, first)).toBe(null)
  expect(await paid(world, at, first)).toBe('paid')
  expect(await join(world, at, second)).toBe(null)
  expect(await paid(world, at, second)).toBe('paid')
}

export async function lastPlace(count: number): Promise<void> {
  await using world = await begin()
  const { groupId, names } = await crowd(world, count + 2)
  const at = await offer(world, groupId, 99)
  await openTeam(world, at, names.slice(count))
  await spread(world)
  const others = names.slice(0, count)
  const codes = await Promise.all(others.map((name) => join(world, at, name)))
  expect(codes.filter((code) => code === null)).toHaveLength(1)
  expect(codes.filter((code) => code === 'group_buy.team_full')).toHaveLength(count - 1)
  const winner = others[codes.indexOf(null)] ?? ''
  expect(await Promise.all([1, 2, 3].map(() => paid(world, at, winner)))).toEqual(['won', 'won', 'won'])
  const { instructions } = await world.asServer().call(instructionsForHost, { query: {} })
  expect(instructions.map(({ what }) => what)).toEqual(['capture', 'capture', 'capture'])
}
/** A team bought all but one piece: whoever starts the next has it. */
export async function lastPiece(count: number): Promise<void> {
  await using world = await begin()
  const { groupId, names } = await crowd(world, count + 3)
  const at = await offer(world, groupId, 4)
  await openTeam(world, at, names.slice(count))
  const third = names[count + 2] ?? ''
  expect(await join(world, at, third)).toBe(null)
  expect(await paid(world, at, third)).toBe('won')
  await spread(world)
  const others = names.slice(0, count)
  const codes = await Promise.all(others.map((name) => start(world, at, name)))
  expect(codes.filter((code) => code === null)).toHaveLength(1)
  expect(codes.filter((code) => code === 'group_buy.sold_out')).toHaveLength(count - 1)
  expect(await world.read(at, groupBuy)).toMatchObject({ left: 0, heldCount: 1, soldCount: 3 })
}
