/** Staff who speak as the shop, wherever a sender's name is drawn; and how they choose. */
import type { MemberRow } from '@qun/contract'
import { ConversationList, QunProvider, type FeatureUI } from '@qun/ui'
import {
  aConversation,
  aGroup,
  aMember,
  aMessage,
  aView,
  createFixture,
  fixtureMembers,
  OpenRows,
} from '@qun/ui/testing'
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import * as pollUi from '../../../plays/poll/ui/index.tsx'
import * as messageUi from '../../../words/message/ui/index.tsx'

const plain = { edits: 0, reactions: [] }
const as = { merchantId: 'camellia', name: '山茶咖啡' }
const words = (seq: number, senderId: string, text: string, more: object = {}) =>
  aMessage(
    seq,
    senderId,
    'text',
    { text, ...('quote' in more ? { quote: more.quote } : {}) },
    { state: plain, ...more },
  )

interface Shown {
  readonly viewer?: string
  readonly locale?: 'zh-CN' | 'en'
  readonly abilities?: readonly string[]
  readonly badge?: MemberRow['badge']
  readonly messages: readonly ReturnType<typeof aMessage>[]
  readonly cards?: readonly FeatureUI[]
}
function show({ viewer = 'zhao', locale = 'zh-CN', abilities, badge = null, messages, cards = [] }: Shown) {
  const members = [...fixtureMembers.filter(({ userId }) => userId !== 'li'), aMember('li', '小李', { badge })]
  const view = aView(messages, {
    group: aGroup({ merchantPath: ['camellia', 'brand'] }),
    members: new Map(members.map((member) => [member.userId as string, member])),
  })
  const client = createFixture({ userId: viewer, views: [view] })
  if (abilities !== undefined) {
    const records = client.records as unknown as { set: (rows: ReadonlyMap<string, unknown>) => void }
    records.set(new Map([['merchant-staff/camellia', { body: { name: '山茶咖啡', post: '客服', abilities } }]]))
  }
  render(
    <QunProvider client={client} cards={[messageUi, ...cards]} locale={locale}>
      <OpenRows client={client} userId={viewer} />
    </QunProvider>,
  )
  return client
}
function rowOf(text: string): HTMLElement {
  const row = screen.getAllByText(text)[0]?.closest<HTMLElement>('.qun-row')
  if (!row) throw new Error(`no row says ${text}`)
  return row
}
beforeEach(() => localStorage.clear())
afterEach(cleanup)

it.each([
  ['zh-CN', '商家'],
  ['en', 'Shop'],
] as const)(
  '[MER7] [A-13] in %s the bubble, its quote and the bar that quotes it say 山茶咖啡 · 小李 with the badge',
  (locale, badge) => {
    show({
      locale,
      messages: [
        words(1, 'li', '在的', { as }),
        words(2, 'zhao', '谢谢', { quote: { seq: 1 } }),
        words(3, 'sun', '早'),
      ],
    })
    const named = (part: HTMLElement) => {
      expect(within(part).getAllByText(/山茶咖啡 · 小李/).length).toBeGreaterThan(0)
      expect(within(part).getAllByText(badge).length).toBeGreaterThan(0)
    }
    named(rowOf('在的'))
    named(rowOf('谢谢').querySelector<HTMLElement>('.qun-quote')!)
    fireEvent.click(rowOf('在的').querySelector('.qun-row__more')!)
    named(document.querySelector<HTMLElement>('.qun-quotebar')!)
  },
)
it('[MER7] their own words and those of the shop are two runs, each under its name', () => {
  show({ messages: [words(1, 'li', '我自己说'), words(2, 'li', '店里说', { as }), words(3, 'li', '店里又说', { as })] })
  const nameOver = (text: string) => rowOf(text).querySelector('.qun-row__name')?.textContent
  expect(nameOver('我自己说')).toBe('小李')
  expect(nameOver('店里说')).toBe('山茶咖啡 · 小李商家')
  expect(nameOver('店里又说')).toBeUndefined()
})
it('[MER7] [MER4] what the host says in its own name is the shop’s, and nobody’s page opens from it', () => {
  const client = show({ messages: [words(1, '', '今晚八点开抢', { as }), words(2, '', '还有十分钟', { as })] })
  expect(rowOf('今晚八点开抢').querySelector('.qun-row__name')?.textContent).toBe('山茶咖啡商家')
  expect(rowOf('今晚八点开抢').querySelector('.qun-facebutton')).toBeNull()
  expect(rowOf('今晚八点开抢').querySelector('.qun-avatar')).toBeTruthy()
  expect(rowOf('还有十分钟').querySelector('.qun-row__name')).toBeNull()
  const said = { senderId: '', senderName: '山茶咖啡', senderBadge: 'merchant' as const, as }
  const head = { ...aConversation().head, last: { seq: 2, ...said, kind: 'text', summary: '还有十分钟' } }
  client.conversations.set([aConversation({ head })])
  render(
    <QunProvider client={client} cards={[messageUi]} locale="zh-CN">
      <ConversationList onOpen={() => {}} />
    </QunProvider>,
  )
  expect(document.querySelector('.qun-conversation__last')?.textContent).toBe('山茶咖啡 商家: 还有十分钟')
})
it.each(['bot', 'staff', 'merchant', 'official', 'creator', 'rider'] as const)(
  '[A-13] what a %s says never stands without the badge: bubble, quote, list',
  (badge) => {
    const client = show({ badge, messages: [words(1, 'li', '在的'), words(2, 'zhao', '谢谢', { quote: { seq: 1 } })] })
    const head = {
      ...aConversation().head,
      last: { seq: 1, senderId: 'li', senderName: '小李', senderBadge: badge, kind: 'text', summary: '在的' },
    }
    client.conversations.set([aConversation({ head })])
    render(
      <QunProvider client={client} cards={[messageUi]} locale="zh-CN">
        <ConversationList onOpen={() => {}} />
      </QunProvider>,
    )
    const last = document.querySelector('.qun-conversation__last')!
    for (const part of [
      rowOf('在的').querySelector('.qun-row__name'),
      rowOf('谢谢').querySelector('.qun-quote__name'),
      last,
    ])
      expect(part?.querySelector(`.qun-badge--${badge}`), part?.className).toBeTruthy()
  },
)
it('[MER7] staff write as the shop unless they choose their own name, which the group keeps', async () => {
  const client = show({ viewer: 'li', abilities: ['talk-as'], messages: [words(1, 'zhao', '在吗')] })
  const write = (text: string) => {
    fireEvent.change(screen.getByRole('textbox'), { target: { value: text } })
    fireEvent.click(screen.getByRole('button', { name: '发送' }))
  }
  const sent = () =>
    client.calls.filter(({ name }) => name === 'send').map(({ input }) => (input as { as?: unknown }).as)
  write('在的')
  await waitFor(() => expect(sent()).toEqual([{ merchantId: 'camellia', name: '山茶咖啡' }]))
  await waitFor(() => expect(rowOf('在的').querySelector('.qun-row__name')?.textContent).toContain('山茶咖啡 · 小李'))
  fireEvent.click(screen.getByRole('switch', { name: '以「山茶咖啡」的身份发言' }))
  expect(screen.getByText('以自己的名字发言')).toBeTruthy()
  write('我也爱喝')
  await waitFor(() => expect(sent()).toEqual([as, undefined]))
  cleanup()
  show({ viewer: 'li', abilities: ['talk-as'], messages: [] })
  expect(screen.getByRole<HTMLInputElement>('switch').checked).toBe(false)
})
it('[MER7] who may not speak as the shop is offered nothing; who no longer may, no more', () => {
  const client = show({ viewer: 'li', abilities: ['issue'], messages: [] })
  expect(screen.queryByRole('switch')).toBeNull()
  const records = client.records as unknown as { set: (rows: ReadonlyMap<string, unknown>) => void }
  const told = (body: unknown) => act(() => records.set(new Map([['merchant-staff/brand', { body }]])))
  told({ name: '山茶集团', post: '客服', abilities: ['talk-as'] })
  expect(screen.getByText('以「山茶集团」的身份发言')).toBeTruthy()
  told(null)
  expect(screen.queryByRole('switch')).toBeNull()
})
it('[MER7] a card that was posted as the shop says so where it names who started it', () => {
  const asked = { question: '几点开门', options: ['8', '9'], choicesMax: 1, anonymous: false }
  const body = { ...asked, mayChange: false, mayAdd: false, hideResults: false }
  const state = { phase: 'open', options: ['8', '9'], counts: [0, 0], voterCount: 0 }
  show({ messages: [aMessage(1, 'li', 'poll', body, { state, as })], cards: [pollUi] })
  const starter = document.querySelector('.qun-card__starter')
  expect(starter?.textContent).toBe('山茶咖啡 · 小李商家')
})
