/** Both phones of the front page, as the journeys in Chinese play on them; and what would keep somebody out of them. */
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, FrameLocator, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { desktop, launchBrowser, openContext, phone, type Complaints } from './browser.ts'
import { startDemoWorld, type DemoWorld } from './world.ts'

export interface Stage {
  readonly world: DemoWorld
  readonly browser: Browser
  readonly context: BrowserContext
  readonly page: Page
  readonly customer: FrameLocator
  readonly owner: FrameLocator
}
export interface StageOptions {
  /** Names the picture that is kept of a page when a test fails. */
  readonly name: string
  /** Who holds the customer's phone, if not the first of them. */
  readonly customer?: string
  /** Opened on both phones. */
  readonly group?: string
}
/** Everything a page complained about, and every serious barrier that was found; both end empty. */
export interface Findings {
  readonly complaints: Complaints
  readonly barriers: string[]
}

/** Opens and closes the stage around the tests of a file; `ready` gets it before the first of them. */
export function setStage(options: StageOptions, ready: (stage: Stage) => void): Findings {
  const complaints: Complaints = []
  let stage: Stage | undefined
  let closing: (() => Promise<void>)[] = []
  beforeAll(async () => {
    const world = await startDemoWorld()
    closing.push(() => world.close())
    const browser = await launchBrowser()
    closing.push(() => browser.close())
    const context = await openContext(browser, { device: desktop, lang: 'zh', theme: 'light' }, complaints)
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    await page.goto(world.hostUrl)
    stage = { world, browser, context, page, ...(await openPhones(page, options)) }
    ready(stage)
  })
  beforeEach(({ onTestFailed }) => {
    onTestFailed(async () => {
      const path = join(tmpdir(), `qun-${options.name}-failed.png`)
      await stage?.page.screenshot({ path })
      console.error(`The page as it was: ${path}\n${complaints.join('\n')}`)
    })
  })
  afterAll(async () => {
    for (const close of closing.toReversed()) await close()
    closing = []
  })
  return { complaints, barriers: [] }
}
async function openPhones(page: Page, { customer: name, group }: StageOptions) {
  const region = page.getByRole('region', { name: '顾客的手机' })
  if (name !== undefined) await region.getByRole('radio', { name }).check({ force: true })
  const customer = region.frameLocator('iframe')
  const owner = page.getByRole('region', { name: '店主的手机' }).frameLocator('iframe')
  if (group !== undefined) {
    await customer.getByRole('link', { name: '消息' }).click()
    for (const one of [customer, owner]) await openGroup(one, group)
  }
  return { customer, owner }
}

/** A phone on the page, or a page that is one. */
export type Phone = FrameLocator | Page
export const openGroup = (on: Phone, group: string) =>
  on
    .getByRole('button', { name: new RegExp(group) })
    .first()
    .click()
/** A third phone, beside the two of the front page: in the dark, on a page of its own, with the group open. */
export async function openPhone(
  { browser, world }: Stage,
  persona: string,
  group: string,
  complaints: Complaints,
): Promise<Page> {
  const context = await openContext(browser, { device: phone, lang: 'zh', theme: 'dark', still: true }, complaints)
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  await page.goto(`${world.hostUrl}/phone?persona=${persona}&theme=dark`)
  await page.getByRole('link', { name: '消息' }).click()
  await openGroup(page, group)
  return page
}
export interface Trio extends Stage {
  /** The second member, on a phone that is not on the front page. */
  readonly second: Page
}
export interface TrioOptions extends Required<StageOptions> {
  /** Who holds the second member's phone. */
  readonly second: string
  /** What the names of its pictures begin with. */
  readonly pictures: string
}
/** Where pictures of what people meet are kept. */
export const pictureDir = resolve(import.meta.dirname, '../../..', process.env['QUN_PICTURES'] ?? '.cache/pictures')
/** The owner and two members of one group, each on a phone of their own; `look` keeps a picture of all three. */
export function setTrio(options: TrioOptions, ready: (trio: Trio) => void) {
  let trio: Trio | undefined
  let stage: Stage | undefined
  const findings = setStage(options, (opened) => (stage = opened))
  beforeAll(async () => {
    mkdirSync(pictureDir, { recursive: true })
    const opened = stage as Stage
    trio = { ...opened, second: await openPhone(opened, options.second, options.group, findings.complaints) }
    ready(trio)
  })
  afterAll(() => trio?.second.context().close())
  /** Keeps a picture of the phones, and what a screen reader would stumble over. */
  const look = async (name: string): Promise<void> => {
    const { page, second } = trio as Trio
    const path = join(pictureDir, `${options.pictures}-${name}`)
    await page.waitForTimeout(700)
    await page.evaluate(() => scrollTo(0, 0))
    await page.screenshot({ path: `${path}.png` })
    await second.screenshot({ path: `${path}-second.png` })
    await checkAccess(page, name, findings.barriers)
  }
  return { ...findings, look }
}
/** Points of a person, as the ledger tells them on the group's page. */
export async function pointsOn(one: Phone): Promise<number> {
  await one.getByRole('button', { name: '群详情' }).click()
  // With its figure, which comes a moment after its name.
  const row = one.getByRole('button', { name: /我的积分.*\d/s })
  await row.waitFor()
  const said = await row.innerText()
  await one.getByRole('button', { name: /返回/ }).last().click()
  return Number(/([\d,]+)/.exec(said)?.[1]?.replaceAll(',', ''))
}
/** From the checkout through the cashier to the orders. */
export async function pay(on: Phone, price: string): Promise<void> {
  await on.getByRole('button', { name: `支付 ${price}`, exact: true }).click()
  await on.getByRole('button', { name: `确认支付 ${price}` }).click()
}
/** The latest card that says this. */
export const card = (on: Phone, words: string) => on.getByRole('article').filter({ hasText: words }).last()
/** The form of a play, from the plus menu. */
export async function compose(on: Phone, name: string) {
  await on.getByRole('button', { name: '更多功能' }).click()
  await on.getByRole('button', { name, exact: true }).click()
  return on.getByRole('dialog', { name })
}
/** What a lucky draw must have: its name, a prize of 88 yuan, five minutes. */
export async function fillDraw(form: Locator, name: string): Promise<void> {
  await form.getByLabel('抽奖名称').fill(name)
  await form.getByLabel('奖品名称').fill('古吉 200 克')
  await form.getByLabel('单份价值（元）').fill('88')
  await form.getByLabel('多久后截止').first().fill('5')
}
/** Serious and critical findings in the page and in both phones, for the last test to judge. */
export async function checkAccess(page: Page, where: string, barriers: string[]): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  for (const { id, impact, nodes } of violations) {
    if (impact !== 'serious' && impact !== 'critical') continue
    barriers.push(`${where}: ${id} at ${nodes.map((node) => node.target.flat().join(' ')).join(', ')}`)
  }
}
