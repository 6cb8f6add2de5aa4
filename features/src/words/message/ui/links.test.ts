/** Only plain http and https addresses are links, and disguised ones say what they really are. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { readLink, splitLinks } from './links.ts'

describe('finding links', () => {
  it('finds addresses between Chinese words and leaves the rest', () => {
    expect(splitLinks('看 https://camellia.example/a?b=1。好吃')).toEqual([
      { text: '看 ' },
      { text: 'https://camellia.example/a?b=1', href: 'https://camellia.example/a?b=1' },
      { text: '。好吃' },
    ])
  })
  it('gives bare names http', () => {
    expect(splitLinks('www.camellia.com')[0]?.href).toBe('http://www.camellia.com/')
  })
  it.each([
    'javascript:alert(1)',
    'data:text/html,<b>',
    'vbscript:x',
    'file:///etc/passwd',
    'ftp://a.example/x',
    '//a.example/x',
    'me@a.example',
    '<img src=x onerror=alert(1)>',
  ])('[B-01] %s is no link', (text) => {
    for (const part of splitLinks(text)) expect(part.href ?? 'http://').toMatch(/^https?:\/\//)
    expect(
      splitLinks(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text)
  })
  it('never loses a character and never makes another scheme', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('javascript:', '//', '@', ' ', '。')), {
          maxLength: 8,
        }),
        (words) => {
          const text = words.join('')
          const parts = splitLinks(text)
          expect(parts.map((part) => part.text).join('')).toBe(text)
          for (const part of parts) if (part.href !== undefined) expect(part.href).toMatch(/^https?:\/\//)
        },
      ),
    )
  })
})
describe('disguised addresses', () => {
  it('warns of letters that look like others', () => {
    expect(readLink('https://аpple.com/')?.disguised).toBe('https://xn--pple-43d.com')
    expect(readLink('https://xn--pple-43d.com/')?.disguised).toBe('https://xn--pple-43d.com')
  })
  it('warns of a name before the sign', () => {
    expect(readLink('https://camellia.example@evil.example/')?.disguised).toBe('https://evil.example')
  })
  it('trusts names written in Chinese, and plain ones', () => {
    expect(readLink('https://山茶咖啡.中国/')?.disguised).toBeUndefined()
    expect(readLink('https://camellia.example/')?.disguised).toBeUndefined()
  })
})
