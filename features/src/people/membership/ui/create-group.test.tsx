/** Making a group: whose it is, what it takes, and how far one is. */
import { ConversationList, QunProvider } from '@qun/ui'
import { createFixture } from '@qun/ui/testing'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import * as membership from './index.tsx'

const conditions = [
  { condition: 'followers', have: 320, needed: 1_000, met: false },
  { condition: 'store-score', have: 460, needed: 440, met: true },
]
function show({ locale = 'zh-CN', manages = false }: { locale?: 'zh-CN' | 'en'; manages?: boolean } = {}) {
  const client = createFixture({ userId: 'li' })
  if (manages) {
    const records = client.records as unknown as { set: (rows: ReadonlyMap<string, unknown>) => void }
    const work = (name: string, abilities: readonly string[]) => ({ body: { name, post: '店长', abilities } })
    records.set(
      new Map([
        ['merchant-staff/east', work('山茶咖啡', ['manage'])],
        ['merchant-staff/next', work('隔壁', ['issue'])],
      ]),
    )
  }
  Object.assign(client.answers, {
    'groupPolicies.mine': () => ({ conditions }),
    'groupPolicies.ofMerchant': () => ({ conditions: [] }),
    'groups.create': () => ({ groupId: 'grp_mine' }),
    'groups.createForMerchant': () => ({ groupId: 'grp_shop' }),
  })
  const opened: string[] = []
  render(
    <QunProvider client={client} cards={[membership]} locale={locale}>
      <ConversationList onOpen={(groupId) => opened.push(groupId)} />
    </QunProvider>,
  )
  return { client, opened }
}
const form = () => document.querySelector<HTMLElement>('.qun-form')!
afterEach(cleanup)

it('[C-M02] the form says what it takes and how far one is, and makes the group when it has a name', async () => {
  const { client, opened } = show()
  fireEvent.click(screen.getByRole('button', { name: '发起群聊' }))
  const row = (await screen.findByText('粉丝数')).closest('li')!
  expect(row.textContent).toContain('320 / 1000')
  expect(row.querySelector('progress')?.value).toBe(320)
  expect(screen.getByText('店铺评分').closest('li')!.textContent).toContain('4.6 / 4.4 ✓ 已满足')
  expect(screen.queryByText('谁的群')).toBeNull()
  fireEvent.click(within(form()).getByRole('button', { name: '发起群聊' }))
  expect(await screen.findByText('请填写群名称')).toBeTruthy()
  fireEvent.change(screen.getByLabelText('群名称'), { target: { value: ' 周末爬山 ' } })
  fireEvent.click(within(form()).getByRole('button', { name: '发起群聊' }))
  await waitFor(() => expect(opened).toEqual(['grp_mine']))
  expect(client.calls).toContainEqual({ name: 'groups.create', input: { body: { name: '周末爬山' } } })
})
it('[C-M02] after a refusal the form reads anew how far one is, in English, too', async () => {
  const { client } = show({ locale: 'en' })
  fireEvent.click(screen.getByRole('button', { name: 'New group' }))
  await screen.findByText('Followers')
  client.answers['groups.create'] = () => {
    throw Object.assign(new Error('denied'), {
      problem: { title: 'The conditions for making a group are not met yet' },
    })
  }
  client.answers['groupPolicies.mine'] = () => ({ conditions: [{ ...conditions[0], have: 100 }] })
  fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'Hikers' } })
  fireEvent.click(within(form()).getByRole('button', { name: 'New group' }))
  await waitFor(() => expect(screen.getByText('Followers').closest('li')!.textContent).toContain('100 / 1000'))
})
it('[MER1] who manages a shop makes its groups, too; of no shop they only work for', async () => {
  const { client, opened } = show({ manages: true })
  fireEvent.click(screen.getByRole('button', { name: '发起群聊' }))
  const whose = await screen.findByLabelText<HTMLSelectElement>('谁的群')
  expect([...whose.options].map(({ text }) => text)).toEqual(['好友群', '山茶咖啡'])
  fireEvent.change(whose, { target: { value: 'east' } })
  fireEvent.change(screen.getByLabelText('群名称'), { target: { value: '老顾客' } })
  fireEvent.click(within(form()).getByRole('button', { name: '发起群聊' }))
  await waitFor(() => expect(opened).toEqual(['grp_shop']))
  expect(client.calls).toContainEqual({
    name: 'groups.createForMerchant',
    input: { params: { merchantId: 'east' }, body: { name: '老顾客' } },
  })
})
