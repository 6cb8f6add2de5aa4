/** `@name` while writing and in finished texts. */
import { describe, expect, it } from 'vitest'
import { fixtureMembers } from '../fixture.ts'
import { insertMention, matchMembers, mentionQueryAt, mentionsIn, splitMentions } from './mentions.ts'

describe('the query at the caret', () => {
  it.each([
    ['@', 1, { start: 0, words: '' }],
    ['你好@王', 4, { start: 2, words: '王' }],
    ['hi @wa', 6, { start: 3, words: 'wa' }],
  ])('%j', (text, caret, query) => {
    expect(mentionQueryAt(text, caret)).toEqual(query)
  })
  it.each([
    ['no sign', 3],
    ['a@b.c', 5],
    ['@王 店', 4],
    [`@${'长'.repeat(30)}`, 31],
  ])('%j is none', (text, caret) => {
    expect(mentionQueryAt(text, caret)).toBeUndefined()
  })
})
it('offers others by any part of the name, beginnings first, never oneself', () => {
  expect(matchMembers(fixtureMembers, '小', 'li').map((one) => one.userId)).toEqual(['he'])
  expect(matchMembers(fixtureMembers, '师', 'li').map((one) => one.userId)).toEqual(['sun'])
  expect(matchMembers(fixtureMembers, '', 'li')).toHaveLength(4)
})
it('inserts the name with a space and puts the caret behind it', () => {
  expect(insertMention('请@王看', { start: 1, words: '王' }, '王店长')).toEqual({ text: '请@王店长 看', caret: 6 })
})
it('keeps only those whose name still stands in the text', () => {
  expect(mentionsIn('@王店长 @小何', { 王店长: 'wang', 小何: 'he', 小李: 'li' })).toEqual(['wang', 'he'])
})
it('splits a text at its mentions, longer names first, and leaves other signs alone', () => {
  const named = [
    { userId: 'a', name: '小李' },
    { userId: 'b', name: '小李子' },
  ]
  expect(splitMentions('@小李子 和@小李，a@b', named)).toEqual([
    { text: '@小李子', userId: 'b' },
    { text: ' 和' },
    { text: '@小李', userId: 'a' },
    { text: '，a@b' },
  ])
  expect(splitMentions('', named)).toEqual([])
})
