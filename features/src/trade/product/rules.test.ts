/** Addresses, prices and what members see, for any input. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ProductInput } from './contract.ts'
import {
  availabilityOf,
  inputFault,
  isAllowedAddress,
  isLinkPattern,
  linkKeyOf,
  liveOf,
  looksAlike,
  offerOf,
  productIdIn,
  safeLinkOf,
  storedOf,
} from './rules.ts'

const input: ProductInput = { merchantId: 'main', title: '古吉 日晒', priceFen: 8_800, url: '/p/guji' }
const live = (more: Partial<ProductInput> = {}) => liveOf(storedOf('guji', { ...input, ...more }))

describe('addresses', () => {
  test.each([
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'java\tscript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'intent://x#Intent;end',
    'http://shop.example/p',
    'https://shop.example@evil.example/',
    '//evil.example/p',
    '/\\evil.example',
    '\\\\evil.example',
    'p/guji',
    '',
    'https://',
    '/p\u202e/x',
  ])('[PD6] MSG-10 %j is refused', (address) => {
    expect(isAllowedAddress(address)).toBe(false)
    expect(inputFault({ ...input, url: address })).toBe('card.url_scheme')
    expect(inputFault({ ...input, image: address })).toBe('card.url_scheme')
  })
  test.each(['https://shop.example/p/1?x=1#a', '/p/guji', '/', 'http://127.0.0.1:4400/p', 'http://localhost/p'])(
    '[PD6] %j is allowed',
    (address) => expect(isAllowedAddress(address)).toBe(true),
  )
  test('[PD6] no address allowed leads to a script or a file', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string(), fc.constantFrom('//x', 'data:x', '/\\x')), (address) => {
        if (!isAllowedAddress(address)) return
        const { protocol, origin } = new URL(address, 'https://host.example')
        expect(['https:', 'http:']).toContain(protocol)
        if (address.startsWith('/')) expect(origin).toBe('https://host.example')
      }),
    )
  })
  test('[PD8] a link is known by its pattern or its own address, whatever campaign it carries', () => {
    const patterns = ['https://shop.example/p/{productId}', 'https://m.shop.example/item?id={productId}&v=2']
    expect(productIdIn('https://shop.example/p/guji?utm_source=x#top', patterns)).toBe('guji')
    expect(productIdIn('HTTPS://SHOP.example/p/%E5%8F%A4', patterns)).toBe('古')
    expect(productIdIn('https://m.shop.example/item?id=7&v=2', patterns)).toBe('7')
    expect(productIdIn('https://m.shop.example/item?id=7', patterns)).toBeUndefined()
    expect(productIdIn('https://shop.example.evil.example/p/guji', patterns)).toBeUndefined()
    expect(productIdIn('https://shop.example/p/', patterns)).toBeUndefined()
    expect(productIdIn('https://shop.example/p/%E5%8F', patterns)).toBeUndefined()
    expect(linkKeyOf('https://shop.example/p?spm=1&id=2')).toBe(linkKeyOf('https://SHOP.example/p?id=2'))
    expect(linkKeyOf('javascript:alert(1)')).toBeUndefined()
    expect(safeLinkOf('https://a.example/x')).toEqual({ href: 'https://a.example/x', host: 'a.example' })
    expect(safeLinkOf('intent://x')).toBeNull()
  })
  test('a pattern has one place, behind the host’s own name', () => {
    expect(isLinkPattern('https://shop.example/p/{productId}')).toBe(true)
    for (const bad of [
      'https://shop.example/p',
      'https://{productId}.example/',
      'https://{productId}',
      'javascript:{productId}',
      'http://shop.example/{productId}',
      'https://shop.example/{productId}/{productId}',
    ])
      expect(isLinkPattern(bad)).toBe(false)
  })
})

describe('what members see', () => {
  test('[PD1] a list price below, or a group’s price above, does not fit; equal ones say nothing', () => {
    expect(inputFault({ ...input, originalPriceFen: 8_799 })).toBe('product.price_invalid')
    expect(inputFault({ ...input, groupPriceFen: 8_801 })).toBe('product.price_invalid')
    expect(inputFault({ ...input, originalPriceFen: 9_900, groupPriceFen: 8_000 })).toBeUndefined()
    const { originalPriceFen, groupPriceFen } = live({ originalPriceFen: 8_800, groupPriceFen: 8_800 })
    expect([originalPriceFen, groupPriceFen]).toEqual([undefined, undefined])
  })
  test('titles become one short plain line', () => {
    expect(live({ title: ' <b>古吉</b>\n\u202e日晒 ' }).title).toBe('<b>古吉</b> 日晒')
    expect(Array.from(live({ title: '长'.repeat(900) }).title)).toHaveLength(80)
    expect(live({ title: '\u200b\n' }).title).toBe('guji')
  })
  test('[PD4] a price that changed since posting is struck; else the list price', () => {
    expect(offerOf(live(), 8_800)).toEqual({ priceFen: 8_800 })
    expect(offerOf(live(), 9_900)).toEqual({ priceFen: 8_800, struckFen: 9_900 })
    expect(offerOf(live(), 7_000)).toEqual({ priceFen: 8_800, struckFen: 7_000 })
    expect(offerOf(live({ originalPriceFen: 12_000 }), 8_800).struckFen).toBe(12_000)
    expect(offerOf(live({ originalPriceFen: 12_000 }), 9_900).struckFen).toBe(9_900)
    expect(offerOf(live({ originalPriceFen: 12_000 })).struckFen).toBe(12_000)
  })
  test('[PD5] [PD9] stock and state', () => {
    expect(availabilityOf(live())).toBe('on')
    expect(availabilityOf(live({ stock: 0 }))).toBe('sold-out')
    expect(availabilityOf(live({ stock: 10 }))).toBe('low')
    expect(availabilityOf(live({ stock: 11 }))).toBe('on')
    expect(availabilityOf(live({ state: 'off', stock: 3 }))).toBe('gone')
    expect(availabilityOf({ ...live(), state: 'gone' })).toBe('gone')
  })
  test('[PD9] selling from a full store changes nothing that is seen', () => {
    const at = (stock: number) => storedOf('guji', { ...input, stock })
    expect(looksAlike(at(100), at(1_000_000))).toBe(true)
    expect(looksAlike(at(99), at(100))).toBe(false)
    expect(looksAlike(at(5), storedOf('guji', { ...input, stock: 5, categories: ['x'] }))).toBe(true)
  })
})
