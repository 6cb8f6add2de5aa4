/** Pictures on their way: in order, with progress, a way out and a second try; and when reading counts as reading. */
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { useEffect } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { attention } from '../chat/attention.ts'
import type { Talk } from '../card-ui.ts'
import { ChatContext, type Chat } from '../chat-context.tsx'
import { aView, createFixture, fixtureGroupId } from '../fixture.ts'
import { QunProvider } from '../index.tsx'
import { UploadItem } from '../chat/upload-row.tsx'
import { useUploads } from './uploads.ts'
import type { Uploads } from '../chat-context.tsx'

interface Asked {
  readonly name: string
  readonly show: (share: number) => void
  readonly signal: AbortSignal
  readonly done: () => void
  readonly fail: (error: unknown) => void
}
function show() {
  const client = createFixture({ userId: 'li', views: [aView([])] })
  const asked: Asked[] = []
  const talk: Talk = {
    write: () => ({ card: { kind: 'picture' } as never, body: {} }),
    textOf: () => undefined,
    writeImage: (_client, _group, { name }, progress, signal) =>
      new Promise((resolve, reject) => {
        const done = () => resolve({ card: { kind: 'picture' } as never, body: { name } })
        asked.push({ name, show: progress, signal, done, fail: reject })
      }),
  }
  const handle: { send?: Uploads['send'] } = {}
  function Waiting() {
    const group = client.open(fixtureGroupId)
    const uploads = useUploads(group, () => {})
    useEffect(() => {
      handle.send = uploads.send
    })
    return (
      <ChatContext value={{ group, view: group.get(), uploads } as unknown as Chat}>
        {uploads.list.map((upload) => (
          <UploadItem key={upload.id} upload={upload} first />
        ))}
      </ChatContext>
    )
  }
  const features = [{ talk }]
  render(
    <QunProvider client={client} cards={features} locale="zh-CN">
      <Waiting />
    </QunProvider>,
  )
  const choose = (...names: readonly string[]) =>
    act(async () => handle.send?.(names.map((name) => new File(['x'], name, { type: 'image/png' }))))
  const sent = () =>
    client.calls
      .filter((call) => call.name === 'send')
      .map((call) => (call.input as { body: { name: string } }).body.name)
  return { asked, choose, sent, send: (files: readonly File[]) => act(async () => handle.send?.(files)) }
}
afterEach(cleanup)

describe('pictures on their way', () => {
  it('show how far they are, and are posted one after another', async () => {
    const { asked, choose, sent } = show()
    await choose('a.png', 'b.png')
    expect(asked.map((one) => one.name)).toEqual(['a.png'])
    expect(screen.getAllByRole('progressbar')).toHaveLength(2)
    act(() => asked[0]!.show(0.42))
    expect(screen.getByRole('progressbar', { name: '正在上传图片 42%' })).toBeTruthy()
    await act(async () => asked[0]!.done())
    expect(asked.map((one) => one.name)).toEqual(['a.png', 'b.png'])
    await act(async () => asked[1]!.done())
    expect(sent()).toEqual(['a.png', 'b.png'])
    expect(screen.queryByRole('progressbar')).toBeNull()
  })
  it('can be taken back; the others go on', async () => {
    const { asked, choose, sent } = show()
    await choose('a.png', 'b.png')
    fireEvent.click(screen.getAllByRole('button', { name: '取消上传' })[0]!)
    expect(asked[0]!.signal.aborted).toBe(true)
    await act(async () => asked[0]!.fail(new Error('aborted')))
    await act(async () => asked[1]!.done())
    expect(sent()).toEqual(['b.png'])
  })
  it('that failed say why, stay, and can be sent again or deleted', async () => {
    const { asked, choose, sent } = show()
    const problem = { code: 'media.quota', status: 409, title: '今日上传已达上限', retry: 'later' }
    await choose('a.png')
    await act(async () => asked[0]!.fail(Object.assign(new Error('no'), { problem })))
    expect(screen.getByText('今日上传已达上限')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '发送失败，查看选项' }))
    fireEvent.click(await screen.findByRole('menuitem', { name: '重新发送' }))
    await waitFor(() => expect(asked).toHaveLength(2))
    expect(screen.queryByText('今日上传已达上限')).toBeNull()
    await act(async () => asked[1]!.done())
    expect(sent()).toEqual(['a.png'])
  })
  it('are pictures', async () => {
    const { asked, send } = show()
    await send([new File(['x'], 'a.pdf', { type: 'application/pdf' })])
    expect(screen.getByText('只能发送图片')).toBeTruthy()
    expect(asked).toEqual([])
  })
})
it('somebody reads while the page is visible and has the focus, or is alone on a touch screen', () => {
  const at = (visible: boolean, focus: boolean, touch: boolean) => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visible ? 'visible' : 'hidden')
    vi.spyOn(document, 'hasFocus').mockReturnValue(focus)
    vi.spyOn(window, 'matchMedia').mockReturnValue({ matches: touch } as MediaQueryList)
    const looking = attention.get()
    vi.restoreAllMocks()
    return looking
  }
  expect(at(true, true, false)).toBe(true)
  expect(at(true, false, false)).toBe(false)
  expect(at(true, false, true)).toBe(true)
  expect(at(false, true, true)).toBe(false)
})
