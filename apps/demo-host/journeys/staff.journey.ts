/** [MER7] Staff speak as the shop, leave, and their group passes on; in Chinese and in English. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shopIdIn, userIdOf } from '../src/story.ts'
import { launchBrowser, openContext, phone, type Complaints } from './browser.ts'
import { openGroup } from './stage.ts'
import { startDemoWorld, type DemoWorld } from './world.ts'

/** A folder that keeps what was seen, for whoever wants to look. */
const shots = process.env['QUN_SHOTS']
const inWords = {
  zh: {
    group: '山茶咖啡·老友群',
    he: '山茶咖啡 · 小何',
    heAlone: '小何',
    zhao: '赵阿姨',
    badge: '商家',
    messages: '消息',
    field: '消息内容',
    send: '发送',
    asShop: '以「山茶咖啡」的身份发言',
    asSelf: '以自己的名字发言',
    details: '群详情',
    staff: '员工',
    add: '添加员工',
    post: '岗位',
    save: '保存',
    talkAs: '以店铺身份发言',
    passed: '小何成为新群主',
    create: '发起群聊',
    name: '群名称',
    followers: '粉丝数',
    denied: '还不满足建群条件',
  },
  en: {
    group: 'Camellia regulars',
    he: 'Camellia Coffee · He',
    heAlone: 'He',
    zhao: 'Auntie Zhao',
    badge: 'Shop',
    messages: 'Chats',
    field: 'Your message',
    send: 'Send',
    asShop: 'Speak as Camellia Coffee',
    asSelf: 'Speaking as yourself',
    details: 'Group details',
    staff: 'Staff',
    add: 'Add staff',
    post: 'Post',
    save: 'Save',
    talkAs: 'Speak as the shop',
    passed: 'He is the owner now',
    create: 'New group',
    name: 'Name',
    followers: 'Followers',
    denied: 'The conditions for making a group are not met yet',
  },
} as const

let world: DemoWorld
let browser: Browser
beforeAll(async () => {
  world = await startDemoWorld()
  browser = await launchBrowser()
  if (shots !== undefined) mkdirSync(shots, { recursive: true })
})
afterAll(async () => {
  await browser.close()
  await world.close()
})

describe.each(['zh', 'en'] as const)('staff speak as the shop, leave, and their group passes on (%s)', (lang) => {
  const words = inWords[lang]
  const complaints: Complaints = []
  const pages: Page[] = []
  let wang: Page
  let he: Page
  let zhao: Page
  const keep = async (page: Page, name: string) => {
    if (shots !== undefined) await page.screenshot({ path: join(shots, `${lang}-${name}.png`) })
  }
  const openList = async (persona: string): Promise<Page> => {
    const context = await openContext(browser, { device: phone, lang, theme: 'light', still: true }, complaints)
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    await page.goto(`${world.hostUrl}/phone?persona=${encodeURIComponent(userIdOf(persona, lang))}&lang=${lang}`)
    await page.getByRole('link', { name: words.messages }).click()
    pages.push(page)
    return page
  }
  const say = async (page: Page, text: string) => {
    await page.getByRole('textbox', { name: words.field }).fill(text)
    await page.getByRole('button', { name: words.send, exact: true }).click()
  }
  const rowOf = (page: Page, text: string) => page.locator('.qun-row').filter({ hasText: text }).last()
  const hire = (persona: string, abilities: readonly string[]) =>
    world.host('PUT', `/merchants/${shopIdIn(lang)}/staff/${encodeURIComponent(userIdOf(persona, lang))}`, {
      post: lang === 'zh' ? '店长' : 'Keeper',
      abilities,
    })
  beforeAll(async () => {
    await hire('wang', ['talk-as', 'moderate', 'issue', 'manage'])
    await hire('he', ['talk-as', 'moderate'])
    ;[wang, he, zhao] = [await openList('wang'), await openList('he'), await openList('zhao')]
    for (const page of [wang, he]) await openGroup(page, words.group)
  })
  afterAll(async () => {
    for (const page of pages) await page.context().close()
  })

  test('what they write is the shop’s, with its badge: in the list and in the group', async () => {
    await say(he, 'in stock 1')
    const listed = zhao.locator('.qun-conversation').filter({ hasText: words.group }).first()
    await listed.getByText(words.he).waitFor()
    await listed.locator('.qun-conversation__last .qun-badge--merchant').getByText(words.badge).waitFor()
    await keep(zhao, 'list')
    await openGroup(zhao, words.group)
    const row = rowOf(zhao, 'in stock 1')
    await row.getByText(words.he).first().waitFor()
    await row.locator('.qun-row__name .qun-badge--merchant').waitFor()
    await keep(he, 'composer-as-shop')
    await keep(zhao, 'bubble')
  })
  test('they choose their own name where they wish, and the group shows two people', async () => {
    await he.getByRole('switch', { name: words.asShop }).uncheck({ force: true })
    await he.getByText(words.asSelf).waitFor()
    await say(he, 'my own view 2')
    const row = rowOf(zhao, 'my own view 2')
    await row.locator('.qun-row__name').getByText(words.heAlone, { exact: true }).waitFor()
    expect(await row.locator('.qun-row__name').innerText()).not.toContain(words.he)
    await keep(zhao, 'two-names')
    await he.getByRole('switch', { name: words.asShop }).check({ force: true })
  })
  test('who manages puts a member on the staff, who may speak as the shop at once', async () => {
    await wang.getByRole('button', { name: words.details }).click()
    await wang.getByRole('button', { name: words.staff, exact: true }).click()
    await keep(wang, 'staff')
    await wang.getByRole('button', { name: words.add }).click()
    await wang
      .getByRole('dialog')
      .last()
      .getByRole('button', { name: new RegExp(words.zhao) })
      .click()
    await wang.getByLabel(words.post, { exact: true }).fill(lang === 'zh' ? '客服' : 'Support')
    await wang.getByRole('switch', { name: words.talkAs }).check({ force: true })
    await keep(wang, 'staff-form')
    await wang.getByRole('button', { name: words.save }).click()
    // Their own list is read again before anything else happens to the staff.
    await wang
      .getByRole('dialog')
      .getByRole('button', { name: new RegExp(words.zhao) })
      .waitFor()
    await zhao.getByRole('switch', { name: words.asShop }).waitFor()
  })
  test('who leaves speaks as the shop no more, on the page that is open, and their group passes on', async () => {
    await world.host('DELETE', `/merchants/${shopIdIn(lang)}/staff/${encodeURIComponent(userIdOf('wang', lang))}`)
    await he.getByText(words.passed).waitFor()
    await keep(he, 'passed')
    // The open page of who left shows it at once: there is nothing to manage any more.
    await wang.getByRole('button', { name: words.staff, exact: true }).waitFor({ state: 'detached' })
    await wang.reload()
    await wang.getByRole('textbox', { name: words.field }).waitFor()
    expect(await wang.getByRole('switch', { name: words.asShop }).count()).toBe(0)
    await keep(wang, 'left')
  })
  test('who makes a group is told what it takes, and how far they are', async () => {
    const policy = { policy: { followers: 1_000 } }
    await world.host('PUT', '/host/group-policies/friends', policy)
    await world.host('PUT', `/host/group-standing/users/${encodeURIComponent(userIdOf('zhao', lang))}`, {
      followers: 320,
    })
    const made = await openList('zhao')
    await made.getByRole('button', { name: words.create }).click()
    const form = made.getByRole('dialog', { name: words.create })
    await form.getByText(words.followers).waitFor()
    await form.getByText('320 / 1000').waitFor()
    await form.getByLabel(words.name).fill('weekend')
    await form.getByRole('button', { name: words.create }).click()
    await made.getByText(words.denied).waitFor()
    await keep(made, 'create')
    await world.host('PUT', '/host/group-policies/friends', { policy: null })
  })
  test('no page complained on the way but of the refusal', () =>
    expect(complaints.filter((one) => !one.includes('403'))).toEqual([]))
})
