/** Whose address counts: nobody can write themselves another one. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAddressBook } from './addresses.ts'

test('[HTTP-10] from a peer that is no proxy of ours the header means nothing', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.string(), (peer, header) => {
      expect(createAddressBook([]).clientOf(peer, header)).toBe(peer)
    }),
  )
})

test('behind trusted proxies it is the rightmost address that is none of them', () => {
  const book = createAddressBook(['10.0.0.0/8', '::1'])
  expect(book.clientOf('10.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
  expect(book.clientOf('10.0.0.1', '1.1.1.1, 203.0.113.9, 10.2.2.2')).toBe('203.0.113.9')
  expect(book.clientOf('::1', '2001:db8::1')).toBe('2001:db8::1')
  expect(book.clientOf('::ffff:10.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
})

test('what stands left of something unreadable was written by the client', () => {
  const book = createAddressBook(['10.0.0.0/8'])
  expect(book.clientOf('10.0.0.1', '1.1.1.1, unknown')).toBe('10.0.0.1')
  expect(book.clientOf('10.0.0.1', '1.1.1.1, <script>, 10.3.3.3')).toBe('10.3.3.3')
  expect(book.clientOf('10.0.0.1', '')).toBe('10.0.0.1')
})

test('a range that is none stops the start', () => {
  for (const bad of ['shop.example', '10.0.0.0/33', '10.0.0.0/x', '::1/200', ''])
    expect(() => createAddressBook([bad])).toThrow(/not an address/)
})
