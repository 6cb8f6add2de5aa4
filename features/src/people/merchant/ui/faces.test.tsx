/** Whose group it is, as a member and as staff see it on the group's page. */
import { QunProvider } from '@qun/ui'
import { aView, createFixture, fixtureGroupId } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { sections } from './index.tsx'
import { abilityTexts, merchantTexts } from './texts.ts'

interface Shown {
  readonly path?: string[]
  readonly suspended?: boolean
  readonly post?: string
  readonly abilities?: readonly string[]
  readonly locale?: 'zh-CN' | 'en'
}
function show({ path, suspended = false, post, abilities = ['issue'], locale = 'zh-CN' }: Shown) {
  const base = aView([])
  const view = path === undefined ? base : { ...base, group: { ...base.group!, merchantPath: path } }
  const client = createFixture({ userId: 'li', views: [view] })
  const merchant = path === undefined ? null : { merchantId: path[0], name: '山茶咖啡', suspended }
  Object.assign(client.answers, { 'merchants.ofGroup': () => ({ merchant }) })
  if (post !== undefined) {
    const body = { name: '山茶咖啡', post, abilities }
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
  return client
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

const staff = [
  { userId: 'he', name: '小何', post: '店长', abilities: ['manage', 'issue'], since: 5 },
  { userId: 'sun', name: '孙老师', post: '导购', abilities: ['talk-as'], since: 6 },
]
const listing = (locale: 'zh-CN' | 'en' = 'zh-CN') => {
  const client = show({ path: ['east'], post: '店长', abilities: ['manage', 'talk-as'], locale })
  const answer = { staff, more: false, held: ['manage', 'talk-as'] }
  Object.assign(client.answers, { 'merchantStaff.mine': () => answer, 'merchantStaff.putMine': () => ({}) })
  return client
}
it('[MER1] who manages sees the staff, changes a post, and is offered only what they may give', async () => {
  const client = listing()
  fireEvent.click(await screen.findByText('员工'))
  fireEvent.click(await screen.findByText('小何'))
  const box = (name: string) => screen.getByRole<HTMLInputElement>('switch', { name })
  expect([box('以店铺身份发言').disabled, box('发放权益').disabled, box('群发与自动化').disabled]).toEqual([
    false,
    false,
    true,
  ])
  fireEvent.click(box('以店铺身份发言'))
  fireEvent.change(screen.getByLabelText('岗位'), { target: { value: '客服' } })
  fireEvent.click(screen.getByText('保存'))
  await waitFor(() =>
    expect(client.calls).toContainEqual({
      name: 'merchantStaff.putMine',
      input: {
        params: { merchantId: 'east', userId: 'he' },
        body: { post: '客服', abilities: ['talk-as', 'issue', 'manage'] },
      },
    }),
  )
})
it('[MER1] adds a member of the group, who needs a post; and removes somebody, in English, too', async () => {
  const client = listing('en')
  fireEvent.click(await screen.findByText('Staff'))
  fireEvent.click(await screen.findByText('Add staff'))
  // Who works there already is not among those to choose from.
  expect(screen.queryByRole('button', { name: /小何/ })?.textContent).not.toBe('小何Staff')
  fireEvent.click(screen.getByRole('button', { name: /赵阿姨/ }))
  fireEvent.click(screen.getByText('Save'))
  expect(await screen.findByText('Say what the post is called')).toBeTruthy()
  fireEvent.change(screen.getByLabelText('Post'), { target: { value: 'Sales' } })
  fireEvent.click(screen.getByRole('switch', { name: 'Speak as the shop' }))
  fireEvent.click(screen.getByText('Save'))
  const made = (name: string) => client.calls.filter((call) => call.name === name).map(({ input }) => input)
  await waitFor(() =>
    expect(made('merchantStaff.putMine')).toEqual([
      { params: { merchantId: 'east', userId: 'zhao' }, body: { post: 'Sales', abilities: ['talk-as'] } },
    ]),
  )
  fireEvent.click(await screen.findByText('孙老师'))
  fireEvent.click(screen.getByText('Remove from staff'))
  await waitFor(() =>
    expect(made('merchantStaff.removeMine')).toEqual([{ params: { merchantId: 'east', userId: 'sun' } }]),
  )
})
it('[MER1] who does not manage is shown no staff', async () => {
  show({ path: ['east'], post: '导购' })
  await screen.findByText('导购')
  expect(screen.queryByText('员工')).toBeNull()
})
it('every text stands in both languages', () => {
  for (const one of Object.values({ ...merchantTexts, ...abilityTexts })) {
    expect(one['zh-CN']).toMatch(/\p{Script=Han}/u)
    expect(one.en).not.toMatch(/\p{Script=Han}/u)
  }
})
