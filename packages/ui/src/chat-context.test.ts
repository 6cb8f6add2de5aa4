/** What the plus menu offers, by whose value a card gives. */
import { expect, test } from 'vitest'
import { mayGive } from './chat-context.tsx'

const works = (merchantId: string, abilities: readonly string[]) =>
  new Map([[`merchant-staff/${merchantId}`, { body: { name: '山茶', post: '导购', abilities } }]])

test('[MER2] what a shop issues is offered to its staff with the ability, in its groups and its children’s, to nobody else', () => {
  const staff = works('brand', ['talk-as', 'issue'])
  expect(mayGive('issued', ['brand'], staff)).toBe(true)
  expect(mayGive('issued', ['east', 'brand'], staff)).toBe(true)
  expect(mayGive('issued', ['brand'], works('east', ['issue']))).toBe(false)
  expect(mayGive('issued', ['brand'], works('brand', ['talk-as', 'manage']))).toBe(false)
  expect(mayGive('issued', ['brand'], new Map([['merchant-staff/brand', { body: null }]]))).toBe(false)
  expect(mayGive('issued', undefined, staff)).toBe(false)
})
test('[MER2] what gives nothing, or one’s own, is offered everywhere; so is what depends on what is in it', () => {
  for (const gives of ['nothing', 'own', () => 'issued']) expect(mayGive(gives, undefined, new Map())).toBe(true)
})
