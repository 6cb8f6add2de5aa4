/** Who may do what: roles, senders, the host, strangers; each answer as the contract says. */
import type { Caller } from './feature.ts'
import type { PostRequest } from './host.ts'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { byAdmin, byHost, byOwner, counter, createLab, id, labEndpoints, note, postCounter } from '../fixtures.ts'

const lab = createLab()
lab.name('nothing', () => ({ ok: true }))
const open = () => startWorld({ features: lab.features, watching: [] })
const user = (name: string, guest = false): Caller => ({ kind: 'user', userId: id(name), guest })
const callers: Record<string, Caller> = {
  owner: user('wang'),
  admin: user('he'),
  member: user('li'),
  stranger: user('zhou'),
  host: { kind: 'server' },
  anyone: { kind: 'anyone' },
}
function ask(world: World, name: keyof typeof labEndpoints, caller: Caller, groupId: string = world.groupId) {
  const endpoint = labEndpoints[name]
  const server = world.core.registry.endpoints.get(endpoint.name)
  if (server === undefined) throw new Error('no lab')
  const step = { step: 'nothing' }
  const { appId } = world.as('li').principal
  return refusalOf(world.core.call(server, { appId, caller, params: { groupId }, query: step, body: step }))
}

describe('endpoints', () => {
  test.each([
    ['open', { owner: null, admin: null, member: null, stranger: null, host: null, anyone: null }],
    ['user', { owner: null, admin: null, member: null, stranger: null, host: 'auth.scope', anyone: 'auth.missing' }],
    [
      'server',
      {
        owner: 'auth.scope',
        admin: 'auth.scope',
        member: 'auth.scope',
        stranger: 'auth.scope',
        host: null,
        anyone: 'auth.missing',
      },
    ],
    [
      'member',
      {
        owner: null,
        admin: null,
        member: null,
        stranger: 'group.not_found',
        host: 'auth.scope',
        anyone: 'auth.missing',
      },
    ],
    [
      'admin',
      {
        owner: null,
        admin: null,
        member: 'group.permission',
        stranger: 'group.not_found',
        host: 'auth.scope',
        anyone: 'auth.missing',
      },
    ],
    [
      'owner',
      {
        owner: null,
        admin: 'group.permission',
        member: 'group.permission',
        stranger: 'group.not_found',
        host: 'auth.scope',
        anyone: 'auth.missing',
      },
    ],
  ] as const)('[ACL1] one for "%s" answers each caller as its contract says', async (name, expected) => {
    await using world = await open()
    const answers: Record<string, string | null> = {}
    for (const [who, caller] of Object.entries(callers)) answers[who] = await ask(world, name, caller)
    expect(answers).toEqual(expected)
  })
  test('[ACL2] a group that is not there answers a stranger as one they are not in', async () => {
    await using world = await open()
    for (const name of ['member', 'admin', 'owner'] as const) {
      expect(await ask(world, name, user('zhou'), 'grp_000000')).toBe('group.not_found')
      expect(await ask(world, name, user('zhou'))).toBe('group.not_found')
    }
    const { principal } = world.as('zhou')
    for (const groupId of [world.groupId, 'grp_000000' as typeof world.groupId]) {
      const attempts = [
        world.core.snapshot(principal, groupId),
        world.core.changes(principal, groupId, 0),
        world.core.history(principal, groupId, {}),
        world.core.members(principal, groupId, {}),
        world.core.read(principal, groupId, 1),
        world.core.setConversation(principal, groupId, { quiet: true }),
        world.as('zhou').post(groupId, note, { text: '？' }),
      ]
      expect(await Promise.all(attempts.map(refusalOf))).toEqual(attempts.map(() => 'group.not_found'))
      const about = [
        world.as('zhou').act({ groupId, seq: 1 }, counter, 'add', { by: 1 }),
        world.as('zhou').recall({ groupId, seq: 1 }),
        world.as('zhou').hide({ groupId, seq: 1 }),
      ]
      expect(await Promise.all(about.map(refusalOf))).toEqual(about.map(() => 'message.not_found'))
    }
  })
  test('[ACL3] a reading endpoint changes nothing: a write in it is a bug', async () => {
    await using world = await open()
    lab.name('nothing', async (call) => {
      const group = await call.group(world.groupId)
      await group.setNickname(id('li'), '改名')
    })
    const outcome = await ask(world, 'reading', user('li'))
    lab.name('nothing', (call) => call.group(world.groupId).then((group) => group.row.name))
    expect(outcome).toBe('server.bug')
    expect(world.takeBugs()).toHaveLength(1)
    expect(await ask(world, 'reading', user('li'))).toBeNull()
    const { members } = await world.core.members(world.as('li').principal, world.groupId, {})
    expect(members.find((member) => member.userId === 'li')?.name).toBe('小李')
    lab.name('nothing', () => ({ ok: true }))
  })
})

describe('cards', () => {
  test('[ACL4] an action is for the role its contract names, or above; for the sender; for the host', async () => {
    await using world = await open()
    const at = await postCounter(world)
    const outcomes: Record<string, (string | null)[]> = {}
    for (const action of ['add', 'admins', 'owners', 'own', 'host'] as const) {
      outcomes[action] = []
      for (const name of ['wang', 'he', 'li', 'zhao', 'zhou']) {
        const input = (action === 'add' ? { by: 1 } : {}) as never
        outcomes[action].push(await refusalOf(world.as(name).act(at, counter, action, input)))
      }
    }
    const [no, not] = ['group.permission', 'message.not_owner']
    expect(outcomes).toEqual({
      add: [null, null, null, null, 'message.not_found'],
      admins: [null, null, no, no, 'message.not_found'],
      owners: [null, no, no, no, 'message.not_found'],
      own: [not, not, null, not, 'message.not_found'],
      host: ['auth.scope', 'auth.scope', 'auth.scope', 'auth.scope', 'message.not_found'],
    })
  })
  test('[ACL5] a kind is posted by the role its contract names, or above; those of the host by the host alone', async () => {
    await using world = await open()
    const post = (card: typeof byAdmin, name: string) => refusalOf(world.as(name).post(world.groupId, card, {}))
    expect(await Promise.all(['wang', 'he', 'li', 'zhou'].map((name) => post(byAdmin, name)))).toEqual([
      null,
      null,
      'group.permission',
      'group.not_found',
    ])
    expect(await Promise.all(['wang', 'he', 'li'].map((name) => post(byOwner, name)))).toEqual([
      null,
      'group.permission',
      'group.permission',
    ])
    expect(await Promise.all(['wang', 'he', 'li'].map((name) => post(byHost, name)))).toEqual(
      Array.from({ length: 3 }, () => 'message.type_forbidden'),
    )
    const byKey = (kind: string, who: Partial<PostRequest>) => {
      const { appId } = world.as('li').principal
      const of = { appId, groupId: world.groupId, senderId: id(''), kind, body: {}, clientId: `h-${kind}` }
      return refusalOf(world.core.post({ ...of, ...who }))
    }
    // [ACL5] In its own name the host may post any; for somebody it may what they may.
    expect(await byKey(byHost.kind, { asServer: true })).toBeNull()
    expect(await byKey(byOwner.kind, { asServer: true })).toBeNull()
    expect([
      await byKey(byHost.kind, { senderId: id('wang'), byHost: true }),
      await byKey(byOwner.kind, { senderId: id('li'), byHost: true }),
      await byKey(byOwner.kind, { senderId: id('zhou'), byHost: true }),
      await byKey(byOwner.kind, { senderId: id('wang'), byHost: true }),
    ]).toEqual(['message.type_forbidden', 'group.permission', 'group.not_found', null])
  })
})
