/** Which addresses people may be sent to. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSafeAddress } from './address.ts'

test.each(['https://shop.example', 'https://shop.example/pay?x=1#top', 'https://店.example', '/', '/pay?x=1', '/a//b'])(
  '%s is safe',
  (address) => expect(isSafeAddress(address)).toBe(true),
)
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
  ...['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'mailto:x@example.com', 'file:///etc/passwd'],
])('%j is not', (address) => expect(isSafeAddress(address)).toBe(false))
test('whatever is safe leads a browser to https or to the site it is on', () => {
  const start = fc.constantFrom('https://', '/', '//', '/\\', 'http://', 'javascript:', ' ', '')
  const address = fc.tuple(start, fc.string({ unit: 'grapheme-ascii' })).map((parts) => parts.join(''))
  fc.assert(
    fc.property(address, (one) => {
      if (!isSafeAddress(one)) return
      const url = URL.parse(one, 'https://own.example/page')
      if (url === null) return
      expect(url.protocol).toBe('https:')
      if (one.startsWith('/')) expect(url.origin).toBe('https://own.example')
    }),
  )
})
