/** Which addresses people may be sent to. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSafeAddress } from './address.ts'

test.each([
  ...[
    'https://shop.example',
    'https://shop.example/pay?x=1#top',
    'https://店.example',
    '/',
    '/pay?x=1',
    '/a//b',
    '/buy',
  ],
  ...[
    'https://shop.example:8443/buy?sku=1',
    'https://shop.example/@li',
    'https://[2001:db8::1]/',
    'HTTPS://shop.example',
  ],
])('[I13] %s is safe', (address) => expect(isSafeAddress(address)).toBe(true))
test.each([
  ...[
    '',
    ' ',
    'pay',
    './pay',
    '?x=1',
    'http://shop.example',
    'HTTPS',
    'https:',
    'https:/x',
    'https:///x',
    'https:// x',
  ],
  ...['//evil.example', '/\\evil.example', '\\\\evil.example', ' /pay', '/ pay', '/pay\n', ' https://shop.example'],
  ...['https://user:pw@evil.example/', 'https://user@evil.example', 'https://@evil.example', 'https://:@evil.example'],
  ...['https://shop.example\\@evil.example/', 'https://shop.example\\evil', 'https:\\\\shop.example', '/pay\\x'],
  ...[
    'https://shop.example/a b',
    'https://shop.example/\t',
    'https://shop.example/\0',
    'https://shop.example/\u202Egpj',
  ],
  ...[
    'https://shop\u200B.example',
    'https://',
    'https://?x',
    'https://#x',
    'https://a:b:c',
    'https://[::1',
    'https://%',
  ],
  ...['http://shop.example', 'data:text/html,hi', 'https:shop.example', '/\t/evil.example', '/\n/evil.example'],
  ...['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'mailto:x@example.com', 'file:///etc/passwd'],
])('[I13] %j is not', (address) => expect(isSafeAddress(address)).toBe(false))
test('[I13] whatever is safe leads a browser to https or to the site it is on', () => {
  const start = fc.constantFrom(
    'https://',
    'https://a@',
    'https://a\\@',
    '/',
    '//',
    '/\\',
    'http://',
    'javascript:',
    ' ',
    '',
  )
  const address = fc.tuple(start, fc.string({ unit: 'grapheme-ascii' })).map((parts) => parts.join(''))
  fc.assert(
    fc.property(address, (one) => {
      if (!isSafeAddress(one)) return
      const url = URL.parse(one, 'https://own.example/page')
      expect(url?.protocol).toBe('https:')
      expect(`${url?.username}${url?.password}`).toBe('')
      if (one.startsWith('/')) expect(url?.origin).toBe('https://own.example')
    }),
  )
})
