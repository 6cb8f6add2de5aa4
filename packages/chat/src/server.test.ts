/** The list of features, and what an operator sets for them. */
import { expect, test } from 'vitest'
import { features, featuresWith, settable } from './server.ts'

test('a feature made as an operator has set it takes the place of its like; the list stays the same', () => {
  const fetch = () => Promise.reject(new TypeError('nobody asks while features are made'))
  for (const drand of ['on', 'off', ['https://relay.example']] as const) {
    const set = featuresWith({ drand, fetch })
    expect(set.map(({ name }) => name)).toEqual(features.map(({ name }) => name))
    expect(set.filter((feature, at) => feature !== features[at])).toHaveLength(settable.length)
  }
})
