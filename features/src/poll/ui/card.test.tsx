/** The faces of a poll are registered for its kind. */
import { expect, test } from 'vitest'
import faces from './index.tsx'

test('[PO1] the card has a face and a name in both languages', () => {
  expect(faces.map((face) => face.card.kind)).toEqual(['poll'])
  expect(Object.keys(faces[0]?.label ?? {})).toEqual(['zh-CN', 'en'])
})
