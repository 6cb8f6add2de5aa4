/** When links let people in, and when orders lead to invitations, for any input. */
import { describe, expect, test } from 'vitest'
import { linkLifeMs } from './contract.ts'
import { askFault, isEnded, isTriggered, itemsOf, linkEnd, linkFault } from './rules.ts'

const now = 1_767_225_600_000
const dayMs = 86_400_000

describe('links', () => {
  const link = { expiresAt: now + 1, maxUses: 2, uses: 1, revokedAt: null }
  test('[IN3] each reason has its code, the strongest first', () => {
    expect(linkFault(link, now, false)).toBeUndefined()
    expect(linkFault(link, now + 1, false)).toBe('invite.expired')
    expect(linkFault({ ...link, uses: 2 }, now, false)).toBe('invite.exhausted')
    expect(linkFault({ ...link, revokedAt: now }, now + 1, false)).toBe('invite.revoked')
    expect(linkFault({ ...link, expiresAt: null, maxUses: null, uses: 10_000 }, now * 2, false)).toBeUndefined()
  })
  test('[IN4] who used it before comes back without a use, while it works', () => {
    expect(linkFault({ ...link, uses: 2 }, now, true)).toBeUndefined()
    expect(linkFault({ ...link, uses: 2 }, now + 1, true)).toBe('invite.expired')
  })
  test('[IN2] seven days unless told; only admins give months or no end', () => {
    expect(linkEnd(undefined, false, now)).toBe(now + linkLifeMs)
    expect(linkEnd(null, true, now)).toBeNull()
    expect(linkEnd(null, false, now)).toBeUndefined()
    expect(linkEnd(31 * dayMs, false, now)).toBeUndefined()
    expect(linkEnd(31 * dayMs, true, now)).toBe(now + 31 * dayMs)
    for (const lifeMs of [-1, 0, 59_999]) expect(linkEnd(lifeMs, true, now)).toBeUndefined()
  })
})

describe('orders', () => {
  test('[OI3] no invitation for an order that was not paid, or ended', () => {
    const triggers = (on: 'paid' | 'received') =>
      (['paid', 'received', 'refunded', 'cancelled'] as const).filter((status) => isTriggered(on, status))
    expect(triggers('paid')).toEqual(['paid', 'received'])
    expect(triggers('received')).toEqual(['received'])
    for (const status of ['paid', 'received', 'refunded', 'cancelled'] as const)
      expect(isEnded(status) && isTriggered('paid', status)).toBe(false)
  })
  test('[OI4] cool-down and month limit', () => {
    const rule = { coolDownDays: 3, maxPerMonth: 2 }
    expect(askFault(rule, [], now)).toBeUndefined()
    expect(askFault(rule, [now - 3 * dayMs + 1], now)).toBe('cool_down')
    expect(askFault(rule, [now - 3 * dayMs], now)).toBeUndefined()
    expect(askFault(rule, [now - 3 * dayMs, now - 20 * dayMs], now)).toBe('month_limit')
    expect(askFault(rule, [now - 3 * dayMs, now - 30 * dayMs], now)).toBeUndefined()
    expect(askFault({ coolDownDays: 0, maxPerMonth: 2 }, [now], now)).toBeUndefined()
  })
  test('[OI7] three things at most, pictures by https alone', () => {
    const items = ['可颂', '冷萃', '陶杯', '滤杯'].map((title) => ({ title, image: 'javascript:alert(1)' }))
    expect(itemsOf(items)).toEqual([{ title: '可颂' }, { title: '冷萃' }, { title: '陶杯' }])
    expect(itemsOf([{ title: 'x', image: 'https://a.example/x.png' }])).toHaveLength(1)
  })
})
