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
  expect(book.clientOf('::1', '2001:db8::1')).toBe('2001:db8:0:0::/64')
  expect(book.clientOf('::ffff:10.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
})

test('[RUN6] an IPv6 address counts as its /64, whoever writes it and however', () => {
  const book = createAddressBook(['10.0.0.0/8'])
  const asPeer = (address: string) => book.clientOf(address, undefined)
  const asHop = (address: string) => book.clientOf('10.0.0.1', address)
  for (const counted of [asPeer, asHop]) {
    const home = '2001:db8:a:b::/64'
    for (const same of [
      '2001:db8:a:b::1',
      '2001:0DB8:a:b:ffff:ffff:ffff:ffff',
      '2001:db8:a:b:1::%eth0',
      '2001:db8:a:b::1.2.3.4',
    ])
      expect(counted(same)).toBe(home)
    expect(counted('2001:db8:a:c::1')).not.toBe(home)
    for (const mapped of ['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:cb00:7109', '0:0:0:0:0:ffff:203.0.113.9'])
      expect(counted(mapped)).toBe('203.0.113.9')
  }
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
      const [a, b] = [asPeer(one), asPeer(other)]
      const prefix = (address: string) => new URL(`http://[${address}]`).hostname
      if (/^[0-9a-f:]+::\/64$/.test(a)) expect(asPeer(a.replace('/64', '1'))).toBe(a)
      if (prefix(one) === prefix(other)) expect(a).toBe(b)
    }),
  )
})

test('[RUN6] a proxy written with a zone, or as IPv4 within IPv6, is the proxy', () => {
  const book = createAddressBook(['fe80::/10', '10.0.0.0/8'])
  for (const proxy of ['fe80::1%eth0', '::ffff:a00:1']) {
    expect(book.isTrusted(proxy)).toBe(true)
    expect(book.clientOf(proxy, '203.0.113.9')).toBe('203.0.113.9')
  }
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
