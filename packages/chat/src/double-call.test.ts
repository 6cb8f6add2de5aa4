/**
 * [ATOM2] Every call that writes, and every action of every card, made at once with itself and with what could undo it.
 * Generated from the registry and the scenes of the features; this is a share, the slow test makes all of them.
 */
import { closed, defineEndpoint, Type } from '@qun/contract'
import { defineFeature, serveEndpoint } from '@qun/core'
import { casesOf, Rehearsal } from '@qun/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listScenes, namesOf } from './fixtures.ts'
import { features } from './server.ts'

/** Decides on what it read before it held the lock, as no endpoint may. */
const greet = defineEndpoint({
  name: 'breach.greet',
  method: 'POST',
  path: '/groups/:groupId/breach',
  doc: 'Greets a group once, or so it thinks.',
  by: 'member',
  params: closed({ groupId: Type.String() }),
  body: closed({}),
  answer: closed({}),
})
const breach = defineFeature({
  name: 'breach',
  endpoints: [
    serveEndpoint(greet, async (call) => {
      const { groupId } = call.params
      const said = await call.tx
        .withTables<{ messages: { group_id: string; kind: string; seq: number } }>()
        .selectFrom('messages')
        .select('seq')
        .where('group_id', '=', groupId)
        .where('kind', '=', 'text')
        .execute()
      const group = await call.group(groupId as never)
      if (said.length === 0) await group.post({ kind: 'text', body: { text: '大家好' }, senderId: call.actorId })
      return {}
    }),
  ],
})

let rehearsal: Rehearsal
beforeAll(async () => {
  rehearsal = await Rehearsal.open([...features, breach])
})
afterAll(async () => {
  await rehearsal[Symbol.asyncDispose]()
})

test('[ATOM2] a call that decides on what it read before the lock is found', async () => {
  const made = { name: greet.name, who: 'li', params: {} }
  const found = await rehearsal.try({
    title: 'the breach',
    scene: async ({ groupId }) => [{ ...made, params: { groupId } }],
    calls: ([call]) => [call!, call!],
  })
  expect(found).toMatch(/^the breach\n {2}at once/)
})

test('[ATOM2] each call that writes stands in a scene, so that it is tried', async () => {
  const named = new Set<string>([greet.name])
  for (const scene of listScenes().values())
    for (const { name } of await scene(await rehearsal.stage())) named.add(name)
  // Whoever adds an endpoint or an action adds it to the scene.ts of its feature.
  expect(namesOf(rehearsal.world.core.registry).filter((name) => !named.has(name))).toEqual([])
})

test.each([
  ['membership membership', /leave by zhao (×3|beside (members.remove by wang|groups.disband))/],
  ['poll poll', /vote by zhao beside (poll.close|members.leave)/],
  ['red-packet packet', /open by li (×3|beside (red-packet.revoke|members.remove))/],
])('[ATOM2] of %s, at once: what comes of it is what comes of some order', { timeout: 60_000 }, async (name, which) => {
  const served = (call: string) => namesOf(rehearsal.world.core.registry).includes(call)
  const scene = listScenes().get(name)
  // A feature may be taken out.
  if (scene === undefined) return
  const cases = (await casesOf(name, scene, await rehearsal.stage(), served)).filter(({ title }) => which.test(title))
  const found: (string | undefined)[] = []
  for (const one of cases) found.push(await rehearsal.try(one))
  expect(found).toEqual(cases.map(() => undefined))
  expect(cases.length).toBeGreaterThan(1)
  expect(rehearsal.deadlocks).toBe(0)
})
