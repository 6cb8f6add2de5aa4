/** The week's card, the part of the group page, and the sign beside names. */
import type { RecordRow } from '@qun/contract'
import { GroupPage, NameMarks, QunProvider } from '@qun/ui'
import { aMessage, aView, createFixture, fixtureGroupId, fixtureMembers, fixtureNow } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import * as faces from './index.tsx'
import { HonoursCard, weekName } from './card.tsx'

const weekAt = Date.UTC(2026, 1, 22, 16)
const shown: RecordRow = {
  row: 'record',
  kind: 'member-level-shown',
  key: 'all',
  version: 9,
  body: { levels: { li: 3, zhao: 2 }, honours: [{ userId: 'zhao', honour: 'answerer' }], weekAt },
}
const view = aView([], { records: new Map([['member-level-shown/all', shown]]) })
afterEach(cleanup)

describe('beside a name', () => {
  it('an honour, else a level from 2 on, else nothing', () => {
    const marks = (userId: string) => {
      const { container } = render(
        <QunProvider client={createFixture({ views: [view] })} cards={[faces]} locale="zh-CN">
          <NameMarks userId={userId} view={view} />
        </QunProvider>,
      )
      const { textContent } = container.querySelector('.qun') as HTMLElement
      cleanup()
      return textContent
    }
    expect(['li', 'zhao', 'sun', 'toString'].map(marks)).toEqual(['LV3 吐槽', '解惑者', '', ''])
  })
})

describe('the card', () => {
  const body = {
    weekAt,
    honours: [
      { honour: 'talkative' as const, userId: 'li' as never, name: '小李', figure: 41 },
      { honour: 'answerer' as const, userId: 'gone' as never, name: '老周', figure: 3 },
    ],
  }
  const show = (locale: 'zh-CN' | 'en') => {
    const client = createFixture({ views: [aView([])] })
    render(
      <QunProvider client={client} locale={locale}>
        <HonoursCard
          {...{ body, locale, state: {}, mine: undefined, act: async () => {}, now: fixtureNow }}
          viewer={{ userId: 'li', role: 'member' }}
          message={aMessage(7, '', 'member-level', body)}
          group={client.open(fixtureGroupId)}
        />
      </QunProvider>,
    )
  }
  it('names who and for what, also who is gone', () => {
    show('zh-CN')
    expect(screen.getAllByRole('listitem').map((item) => item.textContent)).toEqual([
      expect.stringContaining('小李龙王说了 41 句有内容的话'),
      expect.stringContaining('老周解惑者回答了 3 个人的问题'),
    ])
    expect(weekName(weekAt, 'zh-CN')).toEqual(['2月23日', '3月1日'])
  })
  it('speaks English as well', () => {
    show('en')
    expect(screen.getByText('Dragon of talk')).toBeTruthy()
    expect(screen.getByText('answered 3 people')).toBeTruthy()
  })
})

describe('on the group page', () => {
  it('shows the own level, last week, the list and the past', async () => {
    const client = createFixture({ userId: 'li', views: [view] })
    client.answers['memberLevels.mine'] = () => ({
      level: 3,
      points: 210,
      levelAt: 120,
      nextAt: 360,
      todayPoints: 7,
      todayMax: 30,
      rights: ['image', 'link'],
    })
    client.answers['memberLevels.honours'] = () => ({
      honours: [{ weekAt, honour: 'talkative', userId: 'li', figure: 41 }],
    })
    client.answers['memberLevels.list'] = () => ({
      members: [{ rank: 1, userId: 'li', name: '小李', level: 3, points: 210 }],
      more: false,
    })
    client.answers['members.list'] = () => ({ members: fixtureMembers, cursor: null })
    render(
      <QunProvider client={client} cards={[faces]} locale="zh-CN">
        <GroupPage groupId={fixtureGroupId} />
      </QunProvider>,
    )
    expect(await screen.findByText('再 150 分升为「活跃」')).toBeTruthy()
    expect(screen.getByRole('meter', { name: '再 150 分升为「活跃」' }).getAttribute('aria-valuenow')).toBe('210')
    expect(await screen.findByText('说了 41 句有内容的话')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '活跃榜' }))
    const board = within(await screen.findByRole('dialog'))
    expect(await board.findByText('210 分')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: '往期荣誉', hidden: true }))
    expect((await screen.findAllByText('2月23日 至 3月1日')).length).toBe(1)
  })
})
