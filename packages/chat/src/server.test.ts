/** The list of features, and what an operator sets for them. */
import { startWorld } from '@qun/testing'
import { expect, test } from 'vitest'
import { beaconsOf } from '@qun/features/lucky-draw/contract'
import { features, featuresWith } from './server.ts'

test('what an operator sets reaches the feature that uses it; the list stays the same', async () => {
  const asked: string[] = []
  const refused = (url: unknown): Promise<never> => {
    asked.push(String(url))
    return Promise.reject(new TypeError('fetch failed'))
  }
  const set = featuresWith({ drand: ['https://relay.example'], fetch: refused })
  expect(set.map(({ name }) => name)).toEqual(features.map(({ name }) => name))
  await using world = await startWorld({ features: set, watching: [] })
  expect(await world.as('li').call(beaconsOf, { params: { groupId: world.groupId } })).toEqual({ chains: [] })
  expect(new Set(asked.map((url) => new URL(url).host))).toEqual(new Set(['relay.example']))
  asked.length = 0
  await using plain = await startWorld({ features: featuresWith({ drand: 'off', fetch: refused }), watching: [] })
  expect(await plain.as('li').call(beaconsOf, { params: { groupId: plain.groupId } })).toEqual({ chains: [] })
  expect(asked).toEqual([])
})
