/** Whose group it is, as a member and as staff see it on the group's page. */
import { QunProvider } from '@qun/ui'
import { aView, createFixture, fixtureGroupId } from '@qun/ui/testing'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { sections } from './index.tsx'

function show(options: { path?: string[]; suspended?: boolean; post?: string; locale?: 'zh-CN' | 'en' }) {
  const { path, suspended = false, post, locale = 'zh-CN' } = options
  const base = aView([])
  const view = path === undefined ? base : { ...base, group: { ...base.group!, merchantPath: path } }
  const client = createFixture({ userId: 'li', views: [view] })
  const merchant = path === undefined ? null : { merchantId: path[0], name: '山茶咖啡', suspended }
  Object.assign(client.answers, { 'merchants.ofGroup': () => ({ merchant }) })
  if (post !== undefined) {
    const body = { name: '山茶咖啡', post, abilities: ['issue'] }
    const records = client.records as unknown as { set: (rows: ReadonlyMap<string, unknown>) => void }
    records.set(new Map([[`merchant-staff/${path!.at(-1)!}`, { body }]]))
  }
  render(
    <QunProvider client={client} locale={locale}>
      {sections.map(({ name, Section }) => (
        <Section
          key={name}
          group={client.open(fixtureGroupId)}
          view={view}
          viewer={{ userId: 'li', role: 'member' }}
          client={client}
        />
      ))}
    </QunProvider>,
  )
}
afterEach(cleanup)

it('[MER2] the page says whose group it is, and to staff of it or above as what they work there', async () => {
  show({ path: ['east', 'brand'], post: '导购' })
  await screen.findByText('山茶咖啡')
  expect(screen.getByText('商家')).toBeTruthy()
  expect(screen.getByText('我的岗位')).toBeTruthy()
  expect(screen.getByText('导购')).toBeTruthy()
  expect(screen.queryByText('商家已暂停活动')).toBeNull()
})
it('[MER10] and that it gives nothing while it is suspended, in English, too', async () => {
  show({ path: ['brand'], suspended: true, locale: 'en' })
  await screen.findByText('The shop gives nothing for now')
  expect(screen.queryByText('My post')).toBeNull()
})
it('[MER2] a friends’ group says nothing of a shop', () => {
  show({})
  expect(screen.queryByText('商家')).toBeNull()
})
