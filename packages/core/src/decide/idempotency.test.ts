/** Idempotency keys of endpoints: a repeated request is one request. */
import { hash } from 'node:crypto'
import { closed, defineEndpoint, fileBody } from '@qun/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { fingerprintOf } from '../ground/engine.ts'
import { serveEndpoint } from '../host/feature.ts'
import { bodyText } from './endpoint-call.ts'
import { addLine, countRows, createLab, labEndpoints, listLines, listStored, note, upTo } from '../fixtures.ts'

const lab = createLab()
const open = () => startWorld({ features: lab.features, watching: [] })
const ask = (world: World, name: string, key: string, step = 'make') =>
  world.as(name).call(labEndpoints.user, { body: { step }, key })

describe('a key', () => {
  test('[IDEM2] is of the same file whichever version took it first', () => {
    const endpoint = defineEndpoint({
      ...{ name: 'lab.file', method: 'POST', path: '/lab/file', doc: 'Takes a file.', by: 'user' },
      body: fileBody({ bytesMax: 10, contentTypes: ['image/*'] }),
      answer: closed({}),
    })
    const sha256 = hash('sha256', 'abc')
    const text = bodyText(endpoint, { path: '/spool/1', size: 3, contentType: 'image/png', sha256 })
    // As commit 8b74765 computed it, which held files in memory.
    expect(text).toBe(`[["bytes","${sha256}"],["contentType","image/png"],["toJSON",null]]`)
    expect(fingerprintOf(JSON.stringify([{ groupId: 'grp_1' }, text]))).toBe(4_007_438_036_687_450)
  })
  test('[IDEM1] makes a repeated request answer as the first time and act once: at once, on two nodes, and later', async () => {
    await using world = await open()
    let ran = 0
    lab.name('make', async (call) => {
      ran++
      await addLine(call.tx, call.appId, `line ${ran}`)
      const group = await call.group(world.groupId)
      return { seq: await group.post({ kind: note.kind, body: { text: '一次' } }) }
    })
    const other = await world.startNode()
    const server = other.registry.endpoints.get(labEndpoints.user.name)
    if (server === undefined) throw new Error('no lab')
    const { principal } = world.as('li')
    const answers = await Promise.all([
      ...upTo(8).map(() => ask(world, 'li', 'k')),
      ...upTo(8).map(
        async () =>
          (
            await other.call(server, {
              appId: principal.appId,
              caller: { kind: 'user', userId: principal.userId, guest: false },
              params: {},
              query: {},
              body: { step: 'make' },
              idempotencyKey: 'k',
            })
          ).answer,
      ),
    ])
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await listLines(world)).toHaveLength(1)
    world.time.moveTo(world.time.now() + 3_600_000)
    expect(await ask(world, 'li', 'k')).toEqual(answers[0])
    expect(await countRows(world, 'lab_lines')).toBe(1)
  })
  test('[IDEM2] belongs to its caller and endpoint; used for another request it is refused', async () => {
    await using world = await open()
    lab.name('make', (call) => ({ by: call.actorId }))
    lab.name('other', () => ({ by: 'other' }))
    expect(await ask(world, 'li', 'k')).toEqual({ by: 'li' })
    expect(await ask(world, 'zhao', 'k')).toEqual({ by: 'zhao' })
    expect(await refusalOf(ask(world, 'li', 'k', 'other'))).toBe('idempotency.key_reused')
    const params = { groupId: world.groupId }
    expect(await world.as('li').call(labEndpoints.member, { params, body: { step: 'other' }, key: 'k' })).toEqual({
      by: 'other',
    })
  })
  test('[IDEM3] of a request that was refused or broke is free again: nothing was kept', async () => {
    await using world = await open()
    let tries = 0
    lab.name('make', async (call) => {
      await addLine(call.tx, call.appId, 'line')
      tries++
      if (tries === 1) call.fail('lab.refused')
      if (tries === 2) throw new Error('planted')
      return { tries }
    })
    expect(await refusalOf(ask(world, 'li', 'k'))).toBe('lab.refused')
    expect(await refusalOf(ask(world, 'li', 'k'))).toBe('server.bug')
    expect(await ask(world, 'li', 'k')).toEqual({ tries: 3 })
    expect(await ask(world, 'li', 'k')).toEqual({ tries: 3 })
    expect(await listLines(world)).toEqual(['line'])
    expect(world.takeBugs()).toHaveLength(1)
  })
  test('[IDEM4] is forgotten after its time; keys of actions and posts never are', async () => {
    await using world = await open()
    let ran = 0
    lab.name('make', () => ({ ran: ++ran }))
    await ask(world, 'li', 'k')
    world.time.moveTo(world.time.now() + world.core.limits.idempotencyKeptMs - 60_000)
    await world.settle()
    expect(await ask(world, 'li', 'k')).toEqual({ ran: 1 })
    world.time.moveTo(world.time.now() + 86_400_000 + 120_000)
    await world.settle()
    expect(await ask(world, 'li', 'k')).toEqual({ ran: 2 })
  })
  test('[IDEM5] of a request that was refused and kept what it wrote is free; what it wrote is there and told', async () => {
    await using world = await open()
    let tries = 0
    lab.name('make', async (call) => {
      await addLine(call.tx, call.appId, `try ${++tries}`)
      const group = await call.group(world.groupId)
      await group.post({ kind: note.kind, body: { text: `第 ${tries} 次` } })
      return call.failKeeping('lab.refused')
    })
    const codes = await Promise.all(upTo(3).map(() => refusalOf(ask(world, 'li', 'k'))))
    expect([...codes, await refusalOf(ask(world, 'li', 'k'))]).toEqual(upTo(4).map(() => 'lab.refused'))
    expect(await countRows(world, 'lab_lines')).toBe(4)
    expect(await countRows(world, 'idempotency')).toBe(0)
    expect((await listStored(world)).filter(({ kind }) => kind === note.kind)).toHaveLength(4)
  })
  test('[IDEM6] of a secret answer keeps no answer: repeated it runs again, with another request it is refused', async () => {
    let shown = 0
    const endpoint = { ...labEndpoints.user, name: 'lab.secret', path: '/lab/secret', secretAnswer: true }
    const secret = { name: 'secret', endpoints: [serveEndpoint(endpoint, () => `secret ${++shown}`)] }
    await using world = await startWorld({ features: [...lab.features, secret], watching: [] })
    const show = (step: string) => world.as('li').call(endpoint, { body: { step }, key: 'k' })
    expect([await show('a'), await show('a')]).toEqual(['secret 1', 'secret 2'])
    expect(await refusalOf(show('b'))).toBe('idempotency.key_reused')
    const { rows } = await world.store.reading('*', (tx) =>
      sql<{ kept: string }>`SELECT i::text AS kept FROM idempotency i`.execute(tx),
    )
    expect(rows).toHaveLength(1)
    expect(rows[0]?.kept).not.toContain('secret 1')
    expect(rows[0]?.kept).not.toContain('secret 2')
  })
})
