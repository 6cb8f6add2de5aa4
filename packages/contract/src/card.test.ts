/** Who runs a card. */
import { expect, test } from 'vitest'
import { runsCard } from './card.ts'

test('its sender runs a card, and whoever is more than a member; the host and strangers do not', () => {
  const card = { senderId: 'li' }
  expect(runsCard(card, 'li', { role: 'member' })).toBe(true)
  expect(runsCard(card, 'li', undefined)).toBe(true)
  expect(runsCard(card, 'he', { role: 'admin' })).toBe(true)
  expect(runsCard(card, 'wang', { role: 'owner' })).toBe(true)
  expect(runsCard(card, 'zhao', { role: 'member' })).toBe(false)
  expect(runsCard(card, '', undefined)).toBe(false)
})
