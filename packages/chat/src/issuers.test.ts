/**
 * [MER2] Every card that gives what a shop issues, as the features' own scenes post it, by every caller who may not:
 * generated, so that a play added with its scene is tried here without a line of code.
 */
import { givesOf, type GroupId, type UserId } from '@qun/contract'
import type { Feature } from '@qun/core'
import { appId, refusalOf, shopId, Stage, startWorld, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import { listScenes, listUndeclared, tryWrongCallers } from './fixtures.ts'
import { features } from './server.ts'

interface Given {
  readonly kind: string
  readonly body: unknown
}
/** Notes what scenes post. */
class NotingStage extends Stage {
  readonly posts: Given[] = []
  override async post(who: string, kind: string, body: unknown) {
    this.posts.push({ kind, body })
    return super.post(who, kind, body)
  }
}
/** What a shop's budget or its coupons pay; the scenes have packets of one's own. */
const packets = [{ currency: 'points', budget: 'spring' }, { currency: 'voucher:batch-1' }].map((paid): Given => ({
  kind: 'red-packet',
  body: { amount: 10, count: 2, split: 'equal', ...paid },
}))
/** One of each kind and shape that gives what is issued, by the contracts as they ship. */
async function listGiven(w: World): Promise<Given[]> {
  const people = { ownerId: 'wang', adminIds: ['he'], memberIds: ['li', 'zhao', 'sun'] }
  const posts: Given[] = [...packets]
  for (const scene of listScenes().values()) {
    const body = { name: '排练', merchantId: shopId, ...people }
    const { groupId } = await new Stage(w, w.groupId).call('groups.createForHost', 'host', { body })
    const stage = new NotingStage(w, groupId)
    await scene(stage)
    posts.push(...stage.posts)
  }
  const cards = new Map(features.flatMap(({ cards = [] }) => cards.map(({ card }) => [card.kind, card] as const)))
  const issued = posts.filter(({ kind, body }) => givesOf(cards.get(kind)!, body) === 'issued')
  const shapes = new Map(issued.map((one) => [`${one.kind} ${Object.keys(one.body as object).join()}`, one]))
  return [...shapes.values()]
}

/** Each in a group of their own making or where they have a role, and no right to give. */
async function wrongCallers(w: World): Promise<ReadonlyMap<string, readonly [who: string, groupId: GroupId]>> {
  const stage = new Stage(w, w.groupId)
  const host = (name: string, params: Record<string, string>, body: object = {}) =>
    stage.call(name, 'host', { params, body })
  const work = (abilities: readonly string[]) => ({ post: '导购', abilities })
  for (const [merchantId, parentId] of [['brand'], ['east', 'brand'], ['next']] as const)
    await host('merchants.put', { merchantId }, { name: merchantId, ...(parentId === undefined ? {} : { parentId }) })
  const made = async (merchantId: string, ownerId: string): Promise<GroupId> =>
    (await host('groups.createForHost', {}, { name: '门店群', ownerId, merchantId })).groupId
  await host(
    'merchantStaff.put',
    { merchantId: 'brand', userId: 'he' },
    work(['talk-as', 'moderate', 'campaign', 'manage']),
  )
  await host('merchantStaff.put', { merchantId: 'next', userId: 'zhao' }, work(['issue']))
  await host('merchantStaff.put', { merchantId: 'east', userId: 'wang' }, work(['issue']))
  await host('merchantStaff.put', { merchantId: 'brand', userId: 'sun' }, work(['issue']))
  await host('merchantStaff.remove', { merchantId: 'brand', userId: 'sun' })
  return new Map<string, readonly [string, GroupId]>([
    ['a member in a group of their own', ['li', await w.makeFriendsGroup(['li', 'wang'])]],
    ['staff of a shop in a group of their own', ['wang', await w.makeFriendsGroup(['wang', 'li'])]],
    ['the host in a friends’ group', ['host', await w.makeFriendsGroup(['li'])]],
    ['the owner of a shop’s group, who does not work there', ['li', await made('brand', 'li')]],
    ['staff without the ability', ['he', await made('brand', 'he')]],
    ['staff of the shop next door', ['zhao', await made('brand', 'zhao')]],
    ['staff of a branch, in the group of the brand', ['wang', await made('brand', 'wang')]],
    ['who worked there once', ['sun', await made('brand', 'sun')]],
  ])
}
let keys = 0
const post = (w: World, who: string, groupId: GroupId, { kind, body }: Given) =>
  w.core.post({
    ...{ appId, groupId, kind, body, clientId: `issue-${++keys}` },
    ...(who === 'host' ? { senderId: '' as UserId, asServer: true } : { senderId: who as UserId }),
  })
/** Who may give what they may not, and how many were tried. */
async function holesIn(served: readonly Feature[]): Promise<{ holes: string[]; tried: number; kinds: Set<string> }> {
  await using w = await startWorld({ features: served, watching: [] })
  const given = await listGiven(w)
  const callers = await wrongCallers(w)
  const holes: string[] = []
  for (const [name, [who, groupId]] of callers)
    for (const one of given)
      if ((await refusalOf(post(w, who, groupId, one))) !== 'merchant.not_issuer') holes.push(`${name}: ${one.kind}`)
  return { holes, tried: callers.size * given.length, kinds: new Set(given.map(({ kind }) => kind)) }
}

test('[MER2] [V1] [V2] [V4] no caller who may not gives what a shop issues, by any card of any play', async () => {
  const { holes, tried, kinds } = await holesIn(features)
  expect(holes).toEqual([])
  process.stdout.write(`${tried} combinations of caller and value-moving card tried: ${[...kinds].join(', ')}\n`)
  for (const kind of ['check-in', 'coupon', 'flash-sale', 'group-buy', 'lucky-draw', 'red-packet'])
    expect(kinds).toContain(kind)
})
test('[MER2] the wall finds a play that gives without saying so', async () => {
  const breached = features.map((feature) =>
    feature.name === 'coupon'
      ? {
          ...feature,
          cards: feature.cards!.map((one) => ({ ...one, card: { ...one.card, gives: 'nothing' as const } })),
        }
      : feature,
  )
  const { holes } = await holesIn(breached)
  // In a friends' group it has nobody whose coupons these would be, and says so itself.
  expect(holes).toContain('staff of the shop next door: coupon')
  expect(holes.every((hole) => hole.endsWith(': coupon'))).toBe(true)
})

// ── every other call ──
const scenesOf = (...named: string[]) =>
  new Map([...listScenes()].filter(([name]) => named.length === 0 || named.some((one) => name.startsWith(one))))

test('[MER2] [A-12] no endpoint and no action that could move value is let through to anybody who may not call it', async () => {
  const { holes, count, valued, byRole, names } = await tryWrongCallers({
    shipped: features,
    served: features,
    scenes: scenesOf(),
  })
  expect(holes).toEqual([])
  process.stdout.write(
    `${count} combinations of wrong caller and call tried, ${valued} of them of calls that move value, ` +
      `${byRole} by admins without the ability, of ${names.size} calls\n`,
  )
  expect(names.size).toBeGreaterThan(80)
  expect(byRole).toBeGreaterThan(10)
})
/** What ships, with an action of coupons as somebody might have written it. */
const withManage = (manage: object) =>
  features.map((feature) => ({
    ...feature,
    ...(feature.cards && {
      cards: feature.cards.map((one) =>
        one.card.kind === 'coupon'
          ? { ...one, card: { ...one.card, actions: { ...one.card.actions, manage: manage as never } } }
          : one,
      ),
    }),
  }))
test('[MER2] [V1] the wall finds an action that a role alone allows, and one nobody says of whether it gives more', async () => {
  const shipped = features.flatMap(({ cards = [] }) => cards).find(({ card }) => card.kind === 'coupon')
  const { needs, ...byRole } = shipped!.card.actions['manage'] as { readonly needs?: string }
  expect(needs).toBe('issue')
  const breached = withManage(byRole)
  const { holes } = await tryWrongCallers({ shipped: features, served: breached, scenes: scenesOf('coupon offer') })
  for (const who of ['who works nowhere', 'who worked there once'])
    expect(holes).toContain(`an admin ${who}: coupon.manage`)
  expect(holes.some((hole) => hole.startsWith('something of worth moved'))).toBe(true)
  expect(listUndeclared(breached)).toEqual(['coupon.manage'])
  expect(listUndeclared(features)).toEqual([])
})
test('[MER2] [A-12] the wall finds an endpoint of the host’s that anybody may call', async () => {
  const served = features.map((feature) => ({
    ...feature,
    ...(feature.endpoints && {
      endpoints: feature.endpoints.map((one) =>
        one.endpoint.name === 'draws.grantChance'
          ? { ...one, endpoint: { ...one.endpoint, by: 'user' as const } }
          : one,
      ),
    }),
  }))
  const { holes } = await tryWrongCallers({ shipped: features, served, scenes: scenesOf('lucky-draw') })
  expect(holes).toContain('a stranger: draws.grantChance')
  expect(holes.some((hole) => hole.startsWith('something of worth moved'))).toBe(true)
})
test('[MER2] [A-12] and an action of an admin’s that any member may do', async () => {
  const served = features.map((feature) => ({
    ...feature,
    ...(feature.cards && {
      cards: feature.cards.map((one) =>
        one.card.kind === 'lucky-draw'
          ? {
              ...one,
              card: {
                ...one.card,
                actions: { ...one.card.actions, cancel: { ...one.card.actions.cancel, by: 'member' as const } },
              },
            }
          : one,
      ),
    }),
  }))
  const { holes } = await tryWrongCallers({ shipped: features, served, scenes: scenesOf('lucky-draw') })
  expect(holes).toContain('a member: lucky-draw.cancel')
})
