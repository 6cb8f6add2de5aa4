/** The faces of a relay list are registered for its kind. */
import { expect, test } from 'vitest'
import faces from './index.tsx'

test('[RL1] the card has a face and a name in both languages', () => {
  expect(faces.map((face) => face.card.kind)).toEqual(['relay-list'])
  expect(Object.keys(faces[0]?.label ?? {})).toEqual(['zh-CN', 'en'])
})
