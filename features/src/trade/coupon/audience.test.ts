/** Who may claim an offer: everybody, new members, who reached a level, people by name. */
import { DAY, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type At, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { addMembers } from '../../people/membership/contract.ts'
import { grantPoints } from '../../people/member-level/contract.ts'
import memberLevel from '../../people/member-level/server.ts'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { coupon, type Terms } from './contract.ts'
import feature from './server.ts'

const open = () => startWorld({ features: [message, membership, memberLevel, feature] })
const offer = (world: World, audience: NonNullable<Terms['audience']>, total = 5) => {
  const now = world.time.now()
  const terms: Terms = {
    kind: 'direct',
    amountFen: 500,
    total,
    perUser: 1,
    claim: { from: now, until: now + 30 * DAY },
    validity: { mode: 'relative', afterDays: 0, forDays: 7 },
    audience,
  }
  return world.as('wang').post(world.groupId, coupon, { title: '专享券', contact: '店内', terms })
}
const claim = (world: World, name: string, at: At) => refusalOf(world.as(name).act(at, coupon, 'claim', {}))

describe('an audience', () => {
  test('[CP20] of new members ends for each so many days after joining', async () => {
    await using world = await open()
    await world.jump(8 * DAY)
    const params = { groupId: world.groupId }
    await world.as('wang').call(addMembers, { params, body: { userIds: ['zhou' as UserId] } })
    const at = await offer(world, { newDays: 7 })
    expect(await claim(world, 'li', at)).toBe('coupon.not_eligible')
    expect(await claim(world, 'zhou', at)).toBe(null)
    expect((await world.read(at, coupon)).claimedCount).toBe(1)
  })
  test('[CP20] of a level is for who reached it here, from then on, and nobody else', async () => {
    await using world = await open()
    const at = await offer(world, { levelMin: 2 })
    expect(await claim(world, 'li', at)).toBe('coupon.not_eligible')
    const grant = { params: { groupId: world.groupId }, body: { userId: 'li' as UserId, ref: 'event-1', points: 30 } }
    await world.asServer().call(grantPoints, { ...grant, key: 'g1' })
    await world.settle()
    expect(await claim(world, 'li', at)).toBe(null)
    expect(await claim(world, 'zhao', at)).toBe('coupon.not_eligible')
    const higher = await offer(world, { levelMin: 3 })
    expect(await claim(world, 'li', higher)).toBe('coupon.not_eligible')
  })
  test('[CP20] of people by name is for them alone; what the audience says must all be true', async () => {
    await using world = await open()
    const at = await offer(world, { userIds: ['li', 'zhao'] as UserId[] })
    expect(await claim(world, 'sun', at)).toBe('coupon.not_eligible')
    expect(await claim(world, 'li', at)).toBe(null)
    const both = await offer(world, { userIds: ['li', 'zhao'] as UserId[], levelMin: 2 })
    expect(await claim(world, 'zhao', both)).toBe('coupon.not_eligible')
  })
  test('[CP20] (CPN-13) that nobody can be in is refused with its field', async () => {
    await using world = await open()
    for (const audience of [{ newDays: 3, memberDays: 4 }, { levelMin: 7 }, { userIds: [] }]) {
      const error: unknown = await offer(world, audience).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'coupon.invalid', more: { errors: [{ pointer: '/terms/audience' }] } })
    }
    const crowd = Array.from({ length: 51 }, (_, n) => `m${n}` as UserId)
    expect(await refusalOf(offer(world, { userIds: crowd }))).toMatch(/^(card|request)\./)
  })
})
