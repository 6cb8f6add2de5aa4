/** The faces of a buyer show are registered for its kind. */
import { expect, test } from 'vitest'
import faces from './index.tsx'

test('[BS1] the card has a face and a name in both languages', () => {
  expect(faces.map((face) => face.card.kind)).toEqual(['buyer-show'])
  expect(Object.keys(faces[0]?.label ?? {})).toEqual(['zh-CN', 'en'])
})
