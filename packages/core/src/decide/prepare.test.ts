/** What an endpoint does before its decision: long work that holds nothing. */
import { closed, defineEndpoint, Type, type UserId } from '@qun/contract'
import { leaveGroup } from '@qun/features/people/membership/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { defineFeature, serveEndpoint } from '../host/feature.ts'
import { addLine, createLab, listLines, note, upTo } from '../fixtures.ts'

const slow = defineEndpoint({
  name: 'lab.slow',
  method: 'POST',
  path: '/groups/:groupId/lab/slow',
  doc: 'Works before it decides.',
  by: 'member',
  params: closed({ groupId: Type.String() }),
  body: closed({ line: Type.String() }),
  answer: closed({ made: Type.String() }),
})
/** A world whose slow endpoint waits to be told; how often it began. */
async function open() {
  const lab = createLab()
  const gate = Promise.withResolvers<void>()
  const begun: string[] = []
  const isFull = Promise.withResolvers<void>()
  const feature = defineFeature({
    name: 'slow',
    endpoints: [
      serveEndpoint(slow, {
        async check({ actorId, fail }) {
          if (actorId === 'sun') fail('group.full')
        },
        async prepare(call) {
          begun.push(call.body.line)
          if (begun.length === 20) isFull.resolve()
          await gate.promise
          return `made of ${call.body.line}`
        },
        async handle(call, made) {
          await addLine(call.tx, call.appId, made)
          return { made }
        },
      }),
    ],
  })
  const world = await startWorld({ features: [...lab.features, feature], watching: [] })
  return { world, begun, gate, isFull: isFull.promise }
}
const ask = (world: World, line: string, key?: string, who = 'li') =>
  world
    .as(who)
    .call(slow, { params: { groupId: world.groupId }, body: { line }, ...(key === undefined ? {} : { key }) })

describe('an endpoint whose body is still to come', () => {
  async function openHead() {
    const { world, gate } = await open()
    const server = world.core.registry.endpoints.get('lab.slow')!
    const head = (who: string, more: { readonly groupId?: string; readonly idempotencyKey?: string } = {}) => {
      const { groupId = world.groupId, ...rest } = more
      return {
        appId: world.as(who).principal.appId,
        caller: { kind: 'user', userId: who as UserId, guest: false } as const,
        params: { groupId },
        ...rest,
      }
    }
    const admit = (...of: Parameters<typeof head>) => world.core.admit(server, head(...of))
    return { world, gate, server, head, admit }
  }
  test('[PREP3] who may not call is refused by its head; whose retry was answered is not', async () => {
    const { world, gate, admit } = await openHead()
    await using _ = world
    gate.resolve()
    await ask(world, 'a', 'key-1')
    await world.as('li').call(leaveGroup, { params: { groupId: world.groupId } })
    expect(await refusalOf(admit('li'))).toBe('group.not_found')
    expect(await refusalOf(admit('zhao', { groupId: 'grp_none' }))).toBe('group.not_found')
    expect(await refusalOf(admit('sun'))).toBe('group.full')
    expect(await refusalOf(ask(world, 'b', undefined, 'sun'))).toBe('group.full')
    ;(await admit('li', { idempotencyKey: 'key-1' })).end()
    ;(await admit('zhao')).end()
  })
  test('[PREP3] what was let in is carried out though the core stops, and the stop waits for its end', async () => {
    const { world, gate, server, head, admit } = await openHead()
    await using _ = world
    gate.resolve()
    const [called, idle] = [await admit('li'), await admit('zhao')]
    let isStopped = false
    const stopping = world.core.stop().then(() => (isStopped = true))
    const request = { ...head('li'), query: {}, body: { line: 'a' } }
    expect(await refusalOf(admit('li'))).toBe('server.draining')
    expect(await refusalOf(world.core.call(server, request))).toBe('server.draining')
    expect((await world.core.call(server, request, called)).answer).toEqual({ made: 'made of a' })
    called.end()
    expect(isStopped).toBe(false)
    expect(await refusalOf(world.core.call(server, request, called))).toBe('server.draining')
    idle.end()
    await stopping
  })
})

describe('an endpoint that prepares', () => {
  test('[PREP1] twenty of them at work keep nobody else from the store, whose connections are fewer', async () => {
    const { world, begun, gate, isFull } = await open()
    await using _ = world
    const asked = upTo(20).map((n) => ask(world, String(n)))
    await isFull
    // All are at work, and the log and the decisions go on.
    await world.as('zhao').post(world.groupId, note, { text: '你好' })
    expect(await listLines(world)).toEqual([])
    gate.resolve()
    expect((await Promise.all(asked)).map(({ made }) => made)).toEqual(
      begun.toSorted(byNumber).map((n) => `made of ${n}`),
    )
    expect(await listLines(world)).toHaveLength(20)
  })
  test('[PREP1] an outsider begins nothing; who left meanwhile is refused when it decides', async () => {
    const { world, begun, gate } = await open()
    await using _ = world
    expect(await refusalOf(ask(world, 'no', undefined, 'zhou'))).toBe('group.not_found')
    expect(begun).toEqual([])
    const asked = refusalOf(ask(world, 'yes'))
    await world.as('li').call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
    gate.resolve()
    expect(await asked).toBe('group.not_found')
    expect(await listLines(world)).toEqual([])
  })
  test('[PREP1] a retry of what was answered is answered without the work', async () => {
    const { world, begun, gate } = await open()
    await using _ = world
    gate.resolve()
    const answers = [await ask(world, 'once', 'k'), await ask(world, 'once', 'k')]
    expect(answers).toEqual([{ made: 'made of once' }, { made: 'made of once' }])
    expect(begun).toEqual(['once'])
    expect(await refusalOf(ask(world, 'other', 'k'))).toBe('idempotency.key_reused')
  })
})
const byNumber = (a: string, b: string) => Number(a) - Number(b)
