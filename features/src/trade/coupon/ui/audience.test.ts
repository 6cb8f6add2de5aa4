/** What the form makes of who may claim and of the campaign, and how an offer tells it. */
import { expect, test } from 'vitest'
import { termsFault } from '../rules.ts'
import { audienceChoices, bodyOf, emptyDraft, faultsOf, termsOf, type AudienceChoice } from './draft.ts'
import { audienceTexts } from './texts.ts'

test('[CP20] every choice of the form makes terms that fit; everybody is no audience', () => {
  const draft = { ...emptyDraft, title: '券', contact: '店内', kind: 'direct', amount: '5' } as const
  for (const audience of Object.keys(audienceChoices) as AudienceChoice[])
    expect(termsFault(termsOf({ ...draft, audience }, 1_000), 1_000), audience).toBe(undefined)
  expect(bodyOf(draft, 0).terms).not.toHaveProperty('audience')
  expect(bodyOf({ ...draft, audience: 'level-3' }, 0).terms?.audience).toEqual({ levelMin: 3 })
})
test('[CP20] who may claim is told in both languages', () => {
  const words = audienceTexts({ memberDays: 30, newDays: 60, levelMin: 2, userCount: 1 })
  expect(words.map((one) => one['zh-CN'])).toEqual([
    '入群满 30 天',
    '新成员（入群 60 天内）',
    '群等级 2 级及以上',
    '限指定的 1 人',
  ])
  expect(words.map((one) => one.en)).toEqual([
    'Members for 30 days',
    'New members, within 60 days',
    'Level 2 or higher',
    'For one person',
  ])
})
test('[CP21] a campaign is named where one is typed, as campaigns are called', () => {
  const draft = { ...emptyDraft, title: '券', contact: '店内', kind: 'direct', amount: '5' } as const
  expect(bodyOf(draft, 0).terms).not.toHaveProperty('campaign')
  expect(bodyOf({ ...draft, campaign: ' spring-26 ' }, 0).terms?.campaign).toBe('spring-26')
  expect(Object.keys(faultsOf({ ...draft, campaign: '春' }))).toEqual(['campaign'])
})
