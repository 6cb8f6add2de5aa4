/** Drafts are kept per group across reloads, and a storage that refuses does no harm. */
import { expect, it } from 'vitest'
import { createDrafts, type TextStore } from './drafts.ts'

function memory(): TextStore & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>()
  return {
    texts,
    getItem: (name) => texts.get(name) ?? null,
    setItem: (name, text) => void texts.set(name, text),
    removeItem: (name) => void texts.delete(name),
  }
}
it('survives a reload, for the same viewer only', () => {
  const storage = memory()
  createDrafts('li', storage).set('g1', { text: '写到一半', mentions: { 王店长: 'wang' } })
  expect(createDrafts('li', storage).get().get('g1')).toEqual({ text: '写到一半', mentions: { 王店长: 'wang' } })
  expect(createDrafts('zhao', storage).get().size).toBe(0)
})
it('forgets empty drafts and leaves nothing behind', () => {
  const storage = memory()
  const drafts = createDrafts('li', storage)
  drafts.set('g1', { text: 'a', mentions: {} })
  drafts.set('g1', { text: '  ', mentions: {} })
  expect(drafts.get().size).toBe(0)
  expect(storage.texts.size).toBe(0)
})
it('tells listeners of changes and not of nothing', () => {
  const drafts = createDrafts('li', undefined)
  let told = 0
  const stop = drafts.subscribe(() => told++)
  drafts.set('g1', undefined)
  drafts.set('g1', { text: 'a', mentions: {} })
  stop()
  drafts.set('g1', undefined)
  expect(told).toBe(1)
})
it('works with broken content and with a storage that refuses', () => {
  const storage = memory()
  storage.setItem('qun.drafts.li', '[["g1", 5], ["g2", {"text": "ok", "mentions": {}}]]')
  expect([...createDrafts('li', storage).get().keys()]).toEqual(['g2'])
  storage.setItem('qun.drafts.li', '{broken')
  const refusing = {
    ...storage,
    setItem: () => {
      throw new Error('full')
    },
  }
  const drafts = createDrafts('li', refusing)
  drafts.set('g1', { text: 'a', mentions: {} })
  expect(drafts.get().get('g1')?.text).toBe('a')
})
