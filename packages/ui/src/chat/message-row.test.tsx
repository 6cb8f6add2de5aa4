/** Messages by kind and state, and what their menu offers to whom. */
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { closed, defineCard, Type } from '@qun/contract'
import type { ViewMessage } from '@qun/sdk'
import { useState } from 'react'
import { createPortal } from 'react-dom'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ChatContext, mayRecall, viewerIn, type Chat } from '../chat-context.tsx'
import { aMessage, aView, createFixture, fixtureGroupId, fixtureNow } from '../fixture.ts'
import { defineCardUI, QunProvider, type Talk } from '../index.tsx'
import { LineView } from './line-view.tsx'
import { MessageMenu, type MenuTarget } from './message-menu.tsx'
import { timelineOf } from './timeline.ts'

const note = defineCard({
  kind: 'note',
  doc: '',
  post: { by: 'member' },
  gives: 'nothing',
  body: closed({ text: Type.String() }),
  state: closed({}),
  initial: {},
  mine: closed({}),
  actions: { nod: { by: 'member', input: closed({}), errors: [] } },
  facts: {},
  refusals: {},
  summary: (body) => body.text,
})
const reacted: unknown[] = []
const talk: Talk = {
  write: ({ text }) => ({ card: note, body: { text } }),
  textOf: (message) => (message.body as { text?: string } | null)?.text,
  canEdit: () => true,
  canReact: () => true,
  react: async (_group, message, emoji) => void reacted.push([message.seq, emoji]),
  reactors: async () => ({ items: [], cursor: null }),
  reactionsOf: (message) => (message.seq === 7 ? [{ emoji: '👍', count: 3, own: true, userIds: [] }] : []),
}
const ui = defineCardUI(note, {
  plain: true,
  Card: ({ body }) => {
    if (body.text === 'broken') throw new Error('a face that fails')
    return (
      <>
        <p>{body.text}</p>
        {body.text === 'counts' && <Counter />}
        {body.text === 'with a sheet' && createPortal(<button type="button" data-testid="elsewhere" />, document.body)}
      </>
    )
  },
})
function Counter() {
  const [count, setCount] = useState(0)
  return <button type="button" onClick={() => setCount(count + 1)}>{`presses: ${count}`}</button>
}
function Lines({ messages, chat }: { readonly messages: readonly ViewMessage[]; readonly chat: Chat }) {
  const [menu, setMenu] = useState<MenuTarget>()
  const lines = timelineOf({
    messages,
    pending: chat.view.pending,
    viewerId: chat.viewer.userId,
    isSystem: () => false,
    foldOf: () => undefined,
  })
  return (
    <>
      {lines.map((line) => (
        <LineView
          key={line.key}
          line={line}
          highlightedSeq={undefined}
          openMenu={(message, anchor) => setMenu({ message, anchor })}
        />
      ))}
      <MessageMenu target={menu} onClose={() => setMenu(undefined)} />
    </>
  )
}
function show(userId: string, messages: readonly ViewMessage[], more: Parameters<typeof aView>[1] = {}) {
  const view = aView(messages, more)
  const client = createFixture({ userId, views: [view] })
  const asked: unknown[] = []
  const chat: Chat = {
    group: client.open(fixtureGroupId),
    view,
    viewer: viewerIn(view.members, userId),
    speaking: { shop: undefined, isAsShop: false, choose: () => {} },
    uploads: { possible: false, list: [], send: () => {}, cancel: () => {}, retry: () => {} },
    recalledTexts: new Map([[5, '说错了的话']]),
    quote: (message) => asked.push(['quote', message.seq]),
    edit: (message) => asked.push(['edit', message.seq]),
    rewrite: (text) => asked.push(['rewrite', text]),
    jump: () => {},
    openMember: () => {},
    showReactors: (message, emoji) => asked.push(['reactors', message.seq, emoji]),
  }
  const features = [{ default: [ui], talk }]
  const page = (shown: readonly ViewMessage[]) => (
    <QunProvider client={client} cards={features} locale="zh-CN">
      <ChatContext value={chat}>
        <Lines messages={shown} chat={chat} />
      </ChatContext>
    </QunProvider>
  )
  const { rerender } = render(page(messages))
  return { client, asked, again: (shown: readonly ViewMessage[]) => rerender(page(shown)) }
}
const choices = async () => {
  fireEvent.click(screen.getAllByRole('button', { name: '消息操作' })[0]!)
  await screen.findByRole('menu')
  return screen
    .getAllByRole('menuitem')
    .map((item) => item.getAttribute('aria-label') ?? item.textContent)
    .filter((name) => !name?.startsWith('用'))
}
afterEach(cleanup)

describe('what stands in the place of a message', () => {
  it('[B-10] an unknown kind shows words, never nothing', () => {
    show('li', [aMessage(1, 'wang', 'mystery', { a: 1 })])
    expect(screen.getByText('[此消息需要更新后查看]')).toBeTruthy()
  })
  it('a face that fails shows the summary', () => {
    show('li', [aMessage(1, 'wang', 'note', { text: 'broken' })])
    expect(screen.getByText('broken')).toBeTruthy()
  })
  it('a recalled message shows who took it back, and gives one’s own words back', () => {
    const recalled = (seq: number, senderId: string, by: string) =>
      aMessage(seq, senderId, 'note', null, { recalled: { by, at: fixtureNow } })
    const { asked } = show('li', [recalled(4, 'zhao', 'zhao'), recalled(5, 'li', 'li'), recalled(6, 'li', 'he')])
    expect(screen.getByText('赵阿姨 撤回了一条消息')).toBeTruthy()
    expect(screen.getByText('你撤回了一条消息')).toBeTruthy()
    expect(screen.getByText('小何 撤回了一条成员消息')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '重新编辑' }))
    expect(asked).toEqual([['rewrite', '说错了的话']])
  })
  it('what is being sent has a clock; what failed says why and can be sent again or deleted', async () => {
    const problem = { code: 'member.muted', status: 403, title: '你已被禁言', retry: 'later' as const }
    const pending = [
      { clientId: 'a', kind: 'note', body: { text: '路上' }, at: fixtureNow, status: 'sending' as const },
      { clientId: 'b', kind: 'note', body: { text: '到了' }, at: fixtureNow, status: 'failed' as const, problem },
    ]
    const { client } = show('li', [], { pending })
    expect(screen.getByRole('img', { name: '发送中' })).toBeTruthy()
    expect(screen.getByText('你已被禁言')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '发送失败，查看选项' }))
    fireEvent.click(await screen.findByRole('menuitem', { name: '重新发送' }))
    expect(client.calls).toContainEqual({ name: 'resend', input: 'b' })
  })
})
describe('reactions', () => {
  it('a held chip shows who reacted, and letting go of it takes nothing back', async () => {
    vi.useFakeTimers()
    try {
      reacted.length = 0
      const { asked } = show('li', [aMessage(7, 'wang', 'note', { text: '早' })])
      const chip = screen.getByRole('button', { name: '👍，3 人' })
      fireEvent.pointerDown(chip, { pointerType: 'touch' })
      await act(() => vi.advanceTimersByTimeAsync(1_000))
      fireEvent.pointerUp(chip, { pointerType: 'touch' })
      fireEvent.click(chip, { detail: 1 })
      expect(asked).toEqual([['reactors', 7, '👍']])
      expect(reacted).toEqual([])
      fireEvent.pointerDown(chip, { pointerType: 'touch' })
      fireEvent.click(chip, { detail: 1 })
      expect(reacted).toEqual([[7, '👍']])
    } finally {
      vi.useRealTimers()
    }
  })
  it('the menu shows them too, for those who cannot hold', async () => {
    const { asked } = show('li', [aMessage(7, 'wang', 'note', { text: '早' })])
    await choices()
    fireEvent.click(screen.getByRole('menuitem', { name: '查看回应' }))
    expect(asked).toEqual([['reactors', 7, undefined]])
  })
})
describe('drawing a row aside', () => {
  const draw = (steps: readonly (readonly [x: number, y: number])[], pointerType = 'touch') => {
    const { asked } = show('li', [aMessage(1, 'wang', 'note', { text: '早' })])
    const bubble = screen.getByText('早')
    const at = ([clientX, clientY]: readonly [number, number]) => ({
      clientX,
      clientY,
      pointerType,
      pointerId: 3,
      isPrimary: true,
    })
    fireEvent.pointerDown(bubble, at([200, 100]))
    for (const step of steps) fireEvent.pointerMove(bubble, at(step))
    const row = bubble.closest('.qun-row')
    const drawn = row?.getAttribute('data-swipe')
    fireEvent.pointerUp(row!, at(steps.at(-1)!))
    return { asked, drawn, after: row?.getAttribute('data-swipe') }
  }
  it('far enough quotes it', () => {
    expect(
      draw([
        [180, 101],
        [120, 104],
      ]),
    ).toEqual({ asked: [['quote', 1]], drawn: 'far', after: null })
  })
  it.each([
    [
      'not far enough',
      [
        [180, 100],
        [160, 100],
      ],
      'touch',
      'near',
    ],
    [
      'far and back',
      [
        [120, 100],
        [190, 100],
      ],
      'touch',
      'near',
    ],
    [
      'scrolling',
      [
        [195, 140],
        [100, 300],
      ],
      'touch',
      null,
    ],
    [
      'the other way, which is the platform’s',
      [
        [220, 100],
        [300, 100],
      ],
      'touch',
      null,
    ],
    ['a mouse', [[100, 100]], 'mouse', null],
  ] as const)('%s does not', (_name, steps, pointerType, drawn) => {
    expect(draw(steps, pointerType)).toEqual({ asked: [], drawn, after: null })
  })
})
describe('the menu of a message', () => {
  const recent = { at: fixtureNow - 60_000 }
  const old = { at: fixtureNow - 600_000 }
  it.each([
    ['a member at own recent words', 'li', 'li', recent, ['复制', '引用', '编辑', '撤回', '删除']],
    ['a member at own older words', 'li', 'li', old, ['复制', '引用', '编辑', '删除']],
    ['a member at another’s', 'li', 'zhao', recent, ['复制', '引用', '删除']],
    ['an admin at a member’s', 'he', 'zhao', old, ['复制', '引用', '撤回', '删除']],
    ['an admin at the owner’s', 'he', 'wang', recent, ['复制', '引用', '删除']],
    ['the owner at an admin’s', 'wang', 'he', old, ['复制', '引用', '撤回', '删除']],
  ])('%s', async (_name, viewerId, senderId, more, expected) => {
    show(viewerId, [aMessage(1, senderId, 'note', { text: '早' }, more)])
    expect(await choices()).toEqual(expected)
  })
  it('offers only reading in a disbanded group', async () => {
    show('li', [aMessage(1, 'li', 'note', { text: '早' })], { group: { ...aView([]).group!, disbandedAt: fixtureNow } })
    expect(await choices()).toEqual(['复制', '删除'])
  })
  it('deletes for the viewer only after asking', async () => {
    const { client } = show('li', [aMessage(1, 'wang', 'note', { text: '早' })])
    await choices()
    fireEvent.click(screen.getByRole('menuitem', { name: '删除' }))
    expect(client.calls).toEqual([])
    expect(await screen.findByText('只对你隐藏，其他成员仍能看到。')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '删除' }))
    await waitFor(() => expect(client.calls).toContainEqual({ name: 'hide', input: 1 }))
  })
  it('reacts, and a chip takes the reaction back', async () => {
    reacted.length = 0
    show('li', [aMessage(7, 'wang', 'note', { text: '早' })])
    fireEvent.click(screen.getByRole('button', { name: '👍，3 人', pressed: true }))
    await choices()
    fireEvent.click(screen.getByRole('menuitem', { name: '用 🎉 回应' }))
    expect(reacted).toEqual([
      [7, '👍'],
      [7, '🎉'],
    ])
  })
})
it('[B-16] recall ends two minutes after sending for members, never for those above', () => {
  const message = aMessage(1, 'li', 'note', {}, { at: fixtureNow - 120_000 })
  const li = { userId: 'li', role: 'member' } as const
  expect(mayRecall(message, li, 'member', fixtureNow)).toBe(true)
  expect(mayRecall(message, li, 'member', fixtureNow + 1)).toBe(false)
  expect(mayRecall(message, { userId: 'he', role: 'admin' }, 'member', fixtureNow + 1)).toBe(true)
})
it('a press inside a sheet that belongs to a bubble is no press on the bubble', async () => {
  vi.useFakeTimers()
  try {
    show('li', [aMessage(1, 'wang', 'note', { text: 'with a sheet' })])
    const elsewhere = screen.getByTestId('elsewhere')
    fireEvent.pointerDown(elsewhere, { pointerType: 'touch' })
    fireEvent.contextMenu(elsewhere)
    await act(() => vi.advanceTimersByTimeAsync(1_000))
    expect(screen.queryByRole('menu')).toBeNull()
    fireEvent.pointerDown(screen.getByText('with a sheet'), { pointerType: 'touch' })
    await act(() => vi.advanceTimersByTimeAsync(1_000))
    expect(screen.queryByRole('menu')).not.toBeNull()
  } finally {
    vi.useRealTimers()
  }
})
it('a face keeps its own state when the card changes, and is tried again after it failed', () => {
  const at = (version: number, text: string) => ({ ...aMessage(1, 'wang', 'note', { text }), version })
  const { again } = show('li', [at(1, 'counts')])
  fireEvent.click(screen.getByRole('button', { name: 'presses: 0' }))
  again([at(2, 'counts')])
  expect(screen.getByRole('button', { name: 'presses: 1' })).toBeTruthy()
  again([at(3, 'broken')])
  again([at(4, 'mended')])
  expect(screen.getByText('mended')).toBeTruthy()
})
