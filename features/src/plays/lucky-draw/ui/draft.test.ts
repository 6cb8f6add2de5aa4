/** What a merchant types becomes a card, or is named as wrong. */
import { MINUTE, textIn } from '@qun/contract'
import { describe, expect, test } from 'vitest'
import { bodyOf, emptyDraft, faultsOf } from './draft.ts'

const empty = emptyDraft('山茶咖啡', (text) => textIn(text, 'zh-CN'))
const full = { ...empty, title: '谢谢老友', prizes: [{ id: 1, name: '挂耳', quantity: '3', worth: '59' }] }

describe('the form', () => {
  test('a complete draft makes a card with its disclosure', () => {
    expect(faultsOf(full)).toEqual({})
    const body = bodyOf(full, 1_000_000)
    expect(body).toMatchObject({ title: '谢谢老友', closesAt: 1_000_000 + 30 * MINUTE, entropy: { mode: 'group' } })
    expect(body.drawsAt).toBeGreaterThan(body.closesAt ?? 0)
    expect([body.organiser, body.contact, body.conditions, body.method].every((told) => (told ?? '') !== '')).toBe(true)
  })
  test('[LD22] the strongest randomness there is, unless another was chosen', () => {
    const chain = { chain: 'quicknet', genesisAt: 1_692_803_367_000, periodMs: 3_000 }
    const now = Date.UTC(2026, 3, 20)
    const modeOf = (change: object) => bodyOf({ ...full, ...change }, now).entropy?.mode
    expect([modeOf({}), modeOf({ chain }), modeOf({ chain, entropy: 'group' })]).toEqual(['group', 'beacon', 'group'])
    expect([modeOf({ chain, entropy: 'none' }), modeOf({ entropy: 'beacon' })]).toEqual(['none', 'group'])
    const { entropy, closesAt = 0, drawsAt = 0 } = bodyOf({ ...full, chain }, now)
    expect(entropy).toEqual({ mode: 'beacon', chain: 'quicknet', round: 27_946_612 + (30 * MINUTE + 30_000) / 3_000 })
    expect(drawsAt - closesAt).toBe(35_000)
    // Who asked for more time until the draw has it.
    expect(bodyOf({ ...full, chain, drawAfterMs: 10 * MINUTE }, now).drawsAt).toBe(closesAt + 10 * MINUTE)
  })
  test('what becomes of unclaimed prizes is told only where there are days to claim', () => {
    expect(bodyOf({ ...full, unclaimed: 'redraw' }, 0)).toMatchObject({ claimDays: 7, unclaimed: 'redraw' })
    const { claimDays, unclaimed } = bodyOf({ ...full, claimDays: '0', unclaimed: 'redraw' }, 0)
    expect([claimDays, unclaimed]).toEqual([undefined, undefined])
  })
  test('[LD26] a campaign is named where one is typed, as campaigns are called', () => {
    expect(bodyOf(full, 0)).not.toHaveProperty('campaign')
    expect(bodyOf({ ...full, campaign: ' spring-26 ' }, 0).campaign).toBe('spring-26')
    expect(Object.keys(faultsOf({ ...full, campaign: '春' }))).toEqual(['campaign'])
  })
  test('every missing thing is named', () => {
    const bare = { ...empty, amount: '0', organiser: ' ', prizes: [{ id: 4, name: '', quantity: '1.5', worth: 'x' }] }
    expect(Object.keys(faultsOf(bare)).toSorted()).toEqual([
      'amount',
      'name-4',
      'organiser',
      'quantity-4',
      'title',
      'worth-4',
    ])
  })
})
