/** Text, pictures and system lines as people meet them, and how the composer speaks them. */
import { textIn } from '@qun/contract'
import type { ViewMessage } from '@qun/sdk'
import { GroupChat, QunProvider } from '@qun/ui'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { aMessage, aView, createFixture, fixtureGroupId, fixtureNow } from '@qun/ui/testing'
import { imageMessage, textMessage } from '../contract.ts'
import { boxOf } from './image-face.tsx'
import cards, * as message from './index.tsx'
import { ImageFace } from './image-face.tsx'
import { SystemFace } from './system-face.tsx'
import { messageTexts } from './texts.ts'
import { TextFace } from './text-face.tsx'

const plain = { edits: 0, reactions: [] }
const mediaId = `med_${'0'.repeat(32)}`
function show(one: ViewMessage, options: { locale?: 'zh-CN' | 'en'; answers?: Record<string, () => unknown> } = {}) {
  const client = createFixture({ userId: 'li', views: [aView([one])] })
  Object.assign(client.answers, options.answers)
  const props = {
    body: one.body as never,
    state: one.state as never,
    mine: undefined,
    act: async () => {},
    viewer: { userId: 'li', role: 'member' as const },
    message: one,
    group: client.open(fixtureGroupId),
    now: fixtureNow,
    locale: options.locale ?? ('zh-CN' as const),
  }
  const Face = one.kind === 'image' ? ImageFace : one.kind === 'system' ? SystemFace : TextFace
  render(
    <QunProvider client={client} cards={[message]} locale={options.locale ?? 'zh-CN'}>
      <Face {...props} />
    </QunProvider>,
  )
  return client
}
const text = (words: string, more: object = {}, state: object = plain) =>
  aMessage(1, 'wang', 'text', { text: words, ...more }, { state })
afterEach(cleanup)

describe('text', () => {
  it('[B-01] draws markup as words', () => {
    show(text('<img src=x onerror=alert(1)><b>hi</b>'))
    expect(screen.getByText('<img src=x onerror=alert(1)><b>hi</b>')).toBeTruthy()
    expect(document.querySelector('img, b')).toBeNull()
  })
  it('opens links apart from this page and without a trace', () => {
    show(text('看 https://camellia.example/cake'))
    const link = screen.getByRole('link')
    expect(link.getAttribute('rel')).toBe('noopener noreferrer nofollow ugc')
    expect(link.getAttribute('target')).toBe('_blank')
  })
  it('asks before it follows a disguised address, naming the real one', async () => {
    show(text('https://аpple.com/'))
    fireEvent.click(screen.getByRole('link'))
    expect(await screen.findByText('https://xn--pple-43d.com')).toBeTruthy()
    expect(screen.getByRole('button', { name: '仍要打开' })).toBeTruthy()
  })
  it('shows the latest words and what they were', async () => {
    const edited = text('旧', {}, { edits: 1, edited: { text: '新', at: fixtureNow }, reactions: [] })
    show(edited, { answers: { 'messages.edits': () => ({ edits: [{ text: '旧', at: fixtureNow - 60_000 }] }) } })
    expect(screen.getByText('新')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '已编辑，查看修改记录' }))
    expect(await screen.findByText(/旧/)).toBeTruthy()
  })
})
describe('pictures', () => {
  it('keep their place before they load, within bounds', () => {
    expect(boxOf(1200, 900)).toEqual({ width: 240, height: 180 })
    expect(boxOf(900, 1200)).toEqual({ width: 225, height: 300 })
    expect(boxOf(10, 10)).toEqual({ width: 96, height: 96 })
    expect(boxOf(20_000, 100)).toEqual({ width: 240, height: 96 })
  })
  it('have a name, and say when they cannot be shown', async () => {
    const answers = {
      'media.get': () => {
        throw new Error('lost')
      },
    }
    show(
      aMessage(
        1,
        'he',
        'image',
        { mediaId, w: 100, h: 100, alt: '栗子蛋糕' },
        { state: { preview: '', reactions: [] } },
      ),
      { answers },
    )
    expect(screen.getByRole('button', { name: '查看图片: 栗子蛋糕' })).toBeTruthy()
    expect(await screen.findByText('图片无法显示')).toBeTruthy()
  })
  it('take previews only as pictures within the page', () => {
    show(
      aMessage(
        1,
        'he',
        'image',
        { mediaId, w: 100, h: 100 },
        { state: { preview: 'https://evil.example/a.png', reactions: [] } },
      ),
    )
    expect(document.querySelector('.qun-picture__preview')).toBeNull()
  })
})
describe('system lines', () => {
  const body = { what: 'joined', people: [{ userId: 'zhou', name: '老周' }], count: 1, via: 'order' }
  it('speak the reader’s language', () => {
    show(aMessage(1, '', 'system', body), { locale: 'en' })
    expect(screen.getByText('老周 joined after an order')).toBeTruthy()
  })
  it('fold joins only', () => {
    const fold = cards.find((one) => one.card.kind === 'system')?.fold as (body: unknown) => unknown
    expect(fold(body)).toEqual({ names: ['老周'], count: 1 })
    expect(fold({ what: 'renamed', name: 'x' })).toBeUndefined()
  })
})
describe('talk', () => {
  const { talk } = message
  const client = createFixture({ userId: 'li', views: [aView([])] })
  const group = client.open(fixtureGroupId)
  it('writes mentions and quotes only when there are some', () => {
    expect(talk.write({ text: '早', mentions: [] }).body).toEqual({ text: '早' })
    expect(talk.write({ text: '早', mentions: ['wang'], quote: text('') }).body).toEqual({
      text: '早',
      mentions: ['wang'],
      quote: { seq: 1 },
    })
  })
  it('edits with the number of edits it saw', async () => {
    await talk.edit?.(group, text('旧', {}, { edits: 3, reactions: [] }), { text: '新', mentions: [] })
    expect(client.calls.at(-1)).toEqual({
      name: 'act',
      input: { kind: 'text', seq: 1, action: 'edit', input: { text: '新', ifEdits: 3 } },
    })
  })
  it('adds a reaction, and takes one’s own away', async () => {
    const mine = {
      row: 'mine',
      groupId: fixtureGroupId,
      seq: 1,
      version: 1,
      kind: 'text',
      body: { reactions: ['👍'] },
      hidden: false,
    } as const
    await talk.react?.(group, text('早'), '👍', 'li')
    await talk.react?.(group, { ...text('早'), mine }, '👍', 'li')
    expect(client.calls.slice(-2).map((call) => (call.input as { input: unknown }).input)).toEqual([
      { emoji: '👍', on: true },
      { emoji: '👍', on: false },
    ])
  })
  it('uploads a picture before it posts it', async () => {
    client.answers['upload'] = () => ({ mediaId, w: 4, h: 3, preview: '' })
    const file = new File(['x'], 'a.png', { type: 'image/png' })
    const writing = await talk.writeImage?.(client, group, file, () => {}, new AbortController().signal)
    expect(writing).toEqual({ card: imageMessage, body: { mediaId, w: 4, h: 3 } })
    expect(client.calls.at(-1)?.input).toMatchObject({ path: `/groups/${fixtureGroupId}/media` })
  })
  it('copies and edits text alone', () => {
    expect(talk.textOf(text('早'))).toBe('早')
    expect(talk.textOf(aMessage(1, 'he', 'image', { mediaId, w: 1, h: 1 }))).toBeUndefined()
    expect(talk.canEdit?.(text('早'), fixtureNow)).toBe(true)
    expect(talk.canEdit?.({ ...text('早'), at: fixtureNow - 25 * 3_600_000 }, fixtureNow)).toBe(false)
  })
  it('the composer of the kit sends text with it', async () => {
    const open = createFixture({ userId: 'li', views: [aView([])] })
    render(
      <QunProvider client={open} cards={[message]} locale="zh-CN">
        <GroupChat groupId={fixtureGroupId} />
      </QunProvider>,
    )
    const field = await screen.findByRole('textbox')
    fireEvent.change(field, { target: { value: '早上好' } })
    fireEvent.click(screen.getByRole('button', { name: '发送' }))
    await waitFor(() =>
      expect(open.calls).toContainEqual({ name: 'send', input: { kind: textMessage.kind, body: { text: '早上好' } } }),
    )
  })
})
it('every text stands in both languages', () => {
  for (const one of Object.values(messageTexts)) {
    expect(textIn(one, 'zh-CN')).toMatch(/\p{Script=Han}/u)
    expect(textIn(one, 'en')).not.toMatch(/\p{Script=Han}/u)
  }
})
