/** For tests of races: a group of as many members as one needs. */
import type { AppId, GroupId, UserId } from '@qun/contract'
import type { World } from '@qun/testing'
import { addMembers } from './contract.ts'

/** Named when a group is made, and added by one call: both are the contract's limits. */
const [startedMax, addedMax] = [499, 100]

/** A group of `count` more people, `m0`, `m1` …, owned by 王店长. */
export async function crowd(world: World, count: number): Promise<{ groupId: GroupId; names: string[] }> {
  const names = Array.from({ length: count }, (_, i) => `m${i}`)
  for (const name of names) await world.core.putUser('shop' as AppId, { userId: name as UserId, name })
  const groupId = await world.makeGroup(['wang', ...names.slice(0, startedMax)], { capacity: 2_000 })
  for (let i = startedMax; i < count; i += addedMax) {
    const userIds = names.slice(i, i + addedMax) as UserId[]
    await world.as('wang').call(addMembers, { params: { groupId }, body: { userIds } })
  }
  return { groupId, names }
}
/** Calls of people go to three nodes in turn from now on. */
export async function spread(world: World): Promise<void> {
  const nodes = [world.core, await world.startNode(), await world.startNode()]
  let turn = 0
  world.route = () => nodes[turn++ % nodes.length] ?? world.core
}
