/** Everybody in a group, by pages: the sheet with its search, the list after `@`, and the sheet of who reacted. */
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { closed, defineCard, Type, type MemberRow } from '@qun/contract'
import { afterEach, describe, expect, it } from 'vitest'
import { ChatContext, type Chat } from '../chat-context.tsx'
import {
  aConversation,
  aGroup,
  aMember,
  aMessage,
  aView,
  createFixture,
  fixtureGroupId,
  fixtureMembers,
} from '../fixture.ts'
import { defineCardUI, GroupChat, GroupPage, QunProvider, type FeatureUI, type Talk } from '../index.tsx'
import { ReactorsSheet } from '../chat/reactions.tsx'
import { rosterOf } from './roster.ts'

const note = defineCard({
  kind: 'note',
  doc: '',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({ text: Type.String() }),
  state: closed({}),
  initial: {},
  mine: closed({}),
  actions: {},
  facts: {},
  refusals: {},
  summary: (body) => body.text,
})
const pageOf = (cursor: string | undefined) => (cursor === undefined ? 0 : Number(cursor))
const reactorPages = [
  [
    { userId: 'wang', name: '王店长', emoji: '👍' },
    { userId: 'gone', name: '走了的人', emoji: '🎉' },
  ],
  [{ userId: 'zhao', name: '赵阿姨', emoji: '👍' }],
]
const talk: Talk = {
  write: ({ text, mentions }) => ({ card: note, body: { text, mentions } }),
  textOf: () => undefined,
  reactionsOf: () => [
    { emoji: '👍', count: 2, own: false, userIds: [] },
    { emoji: '🎉', count: 1, own: false, userIds: [] },
  ],
  reactors: async (_client, _group, _message, { emoji, cursor }) => {
    const page = pageOf(cursor)
    return {
      items: reactorPages[page]!.filter((one) => emoji === undefined || one.emoji === emoji),
      cursor: page === 0 ? '1' : null,
    }
  },
}
const features: readonly FeatureUI[] = [
  { default: [defineCardUI(note, { Card: ({ body }) => <p>{body.text}</p>, plain: true })], talk },
]
/** A group of 420 in which the view has met five. */
function largeGroup() {
  const others = Array.from({ length: 415 }, (_, index) => aMember(`m${index}`, `顾客${index}号`))
  const all: MemberRow[] = [...fixtureMembers, ...others]
  const view = aView([aMessage(1, 'wang', 'note', { text: '早' })], { group: aGroup({ memberCount: all.length }) })
  const client = createFixture({ userId: 'li', views: [view], conversations: [aConversation()] })
  const asked: (string | undefined)[] = []
  client.answers['members.list'] = (request) => {
    const { cursor } = (request as { query: { cursor?: string } }).query
    asked.push(cursor)
    const from = pageOf(cursor)
    return { members: all.slice(from, from + 200), cursor: from + 200 < all.length ? String(from + 200) : null }
  }
  return { client, asked }
}
const show = (client: ReturnType<typeof createFixture>, page: 'chat' | 'details') =>
  render(
    <QunProvider client={client} cards={features} locale="zh-CN">
      {page === 'chat' ? <GroupChat groupId={fixtureGroupId} /> : <GroupPage groupId={fixtureGroupId} />}
    </QunProvider>,
  )
afterEach(cleanup)

describe('all members', () => {
  const open = async () => {
    const { client, asked } = largeGroup()
    show(client, 'details')
    fireEvent.click(await screen.findByRole('button', { name: '查看全部成员' }))
    return { sheet: within(await screen.findByRole('dialog', { name: '群成员（420）' })), asked }
  }
  it('come by pages to the last one', async () => {
    const { sheet, asked } = await open()
    await waitFor(() => expect(sheet.getAllByRole('listitem')).toHaveLength(200))
    fireEvent.click(sheet.getByRole('button', { name: '加载更多' }))
    await waitFor(() => expect(sheet.getAllByRole('listitem')).toHaveLength(400))
    fireEvent.click(sheet.getByRole('button', { name: '加载更多' }))
    await waitFor(() => expect(sheet.getAllByRole('listitem')).toHaveLength(420))
    expect(sheet.queryByRole('button', { name: '加载更多' })).toBeNull()
    expect(asked).toEqual([undefined, '200', '400'])
  })
  it('are searched by name, and a person the view has not met opens', async () => {
    const { sheet } = await open()
    await waitFor(() => expect(sheet.getAllByRole('listitem')).toHaveLength(200))
    fireEvent.change(sheet.getByRole('searchbox', { name: '搜索成员' }), { target: { value: '顾客17号' } })
    fireEvent.click(sheet.getByRole('button', { name: /顾客17号/ }))
    expect(await screen.findByRole('dialog', { name: '顾客17号' })).toBeTruthy()
  })
  it('keep the newer row of a person, and leave out those who left', () => {
    const left = aMember('zhao', '赵阿姨', { active: false, version: 9 })
    const renamed = aMember('sun', '孙老师（新）', { version: 9 })
    const inView = new Map([...fixtureMembers, left].map((member) => [member.userId as string, member]))
    const names = rosterOf([...fixtureMembers, renamed], inView).map((member) => member.name)
    expect(names).toEqual(['王店长', '小何', '小李', '孙老师（新）'])
  })
})
describe('the list after @', () => {
  const type = (field: HTMLTextAreaElement, text: string) => {
    fireEvent.change(field, { target: { value: text } })
    field.setSelectionRange(text.length, text.length)
    fireEvent.select(field)
  }
  it('fetches people of a large group while a name is typed', async () => {
    const { client, asked } = largeGroup()
    show(client, 'chat')
    const field = await screen.findByRole<HTMLTextAreaElement>('textbox', { name: '消息内容' })
    type(field, '@')
    await screen.findAllByRole('option')
    await waitFor(() => expect(asked).toEqual([undefined]))
    type(field, '@顾客300')
    await waitFor(() => expect(asked).toEqual([undefined, '200']))
    fireEvent.click(await screen.findByRole('option', { name: '顾客300号' }))
    fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() =>
      expect(client.calls.find((call) => call.name === 'send')?.input).toEqual({
        kind: 'note',
        body: { text: '@顾客300号', mentions: ['m300'] },
      }),
    )
  })
  it('asks nobody in a group whose members are all known', async () => {
    const client = createFixture({ userId: 'li', views: [aView([])] })
    show(client, 'chat')
    type(await screen.findByRole<HTMLTextAreaElement>('textbox', { name: '消息内容' }), '@')
    expect(await screen.findAllByRole('option')).toHaveLength(4)
    expect(client.calls.filter((call) => call.name === 'members.list')).toEqual([])
  })
})
it('who reacted: by pages, by emoji, and leading to their profiles', async () => {
  const { client } = largeGroup()
  const group = client.open(fixtureGroupId)
  const opened: string[] = []
  const message = aMessage(1, 'wang', 'note', { text: '早' })
  const chat = { group, view: group.get(), openMember: (userId: string) => opened.push(userId) } as unknown as Chat
  render(
    <QunProvider client={client} cards={features} locale="zh-CN">
      <ChatContext value={chat}>
        <ReactorsSheet shown={{ message, emoji: '👍' }} onClose={() => {}} />
      </ChatContext>
    </QunProvider>,
  )
  const sheet = within(await screen.findByRole('dialog', { name: '回应' }))
  expect(await sheet.findByRole('button', { name: /王店长/ })).toBeTruthy()
  expect(sheet.queryByText('走了的人')).toBeNull()
  fireEvent.click(sheet.getByRole('button', { name: '全部' }))
  const gone = await sheet.findByRole<HTMLButtonElement>('button', { name: /走了的人/ })
  expect(gone.disabled).toBe(true)
  fireEvent.click(sheet.getByRole('button', { name: '加载更多' }))
  fireEvent.click(await sheet.findByRole('button', { name: /赵阿姨/ }))
  expect(opened).toEqual(['zhao'])
})
