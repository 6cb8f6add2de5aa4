/**
 * Every screen that must be beautiful, on a phone and a desktop, light and dark, in both languages. Pictures go to
 * `.cache/pictures`; with QUN_PICTURES to that folder (`QUN_PICTURES=docs/pictures npm run test:journeys`).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { desktop, launchBrowser, openContext, phone, type Complaints, type Look } from './browser.ts'
import { startDemoWorld, type DemoWorld } from './world.ts'

const root = resolve(import.meta.dirname, '../../..')
const pictureDir = resolve(root, process.env['QUN_PICTURES'] ?? '.cache/pictures')
/** A picture of a page that has settled: fonts loaded, sheets risen. */
const settleMs = 900

let world: DemoWorld
let browser: Browser
const complaints: Complaints = []
beforeAll(async () => {
  mkdirSync(pictureDir, { recursive: true })
  world = await startDemoWorld()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await world?.close()
})

const words = {
  zh: {
    group: '山茶咖啡·老友群',
    buy: '立即购买',
    pay: /^支付/,
    payNow: /^确认支付/,
    confirm: '确认收货',
    offer: '山茶咖啡 邀请你',
    proof: '验证结果',
    proven: '四项都对得上，没有人动过结果',
    details: '群详情',
    product: /抹茶卷/,
  },
  en: {
    group: 'Camellia regulars',
    buy: 'Buy now',
    pay: /^Pay ¥/,
    payNow: /^Pay now/,
    confirm: 'Confirm receipt',
    offer: 'Camellia Coffee invites you',
    proof: 'Check the result',
    proven: 'Everything matches. Nobody touched the result',
    details: 'Group details',
    product: /Matcha roll/,
  },
} as const

async function keep(page: Page, name: string, look: Look): Promise<void> {
  await page.waitForTimeout(settleMs)
  const png = await page.screenshot()
  const file = join(pictureDir, `${name}-${look.device.phone ? 'phone' : 'desktop'}-${look.lang}-${look.theme}.webp`)
  const webp = await encodeWebp(png)
  writeFileSync(file, webp)
  expect(webp.length).toBeLessThan(250_000)
}
/** The browser itself is the encoder: a quarter of the PNG, and the words stay sharp. */
async function encodeWebp(png: Buffer): Promise<Buffer> {
  const blank = await browser.newPage()
  const url = await blank.evaluate(
    async (source) => {
      const picture = new Image()
      picture.src = source
      await picture.decode()
      const canvas = document.createElement('canvas')
      canvas.width = picture.width
      canvas.height = picture.height
      canvas.getContext('2d')?.drawImage(picture, 0, 0)
      return canvas.toDataURL('image/webp', 0.86)
    },
    `data:image/png;base64,${png.toString('base64')}`,
  )
  await blank.close()
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
}
const idOf = (key: string, look: Look) => (look.lang === 'zh' ? key : `${key}-en`)

async function showPhone(look: Look) {
  const context = await openContext(browser, look, complaints)
  const page = await context.newPage()
  const say = words[look.lang]
  const as = (key: string, hash: string) =>
    page.goto(`${world.hostUrl}/phone?persona=${idOf(key, look)}&theme=${look.theme}${hash}`)
  await as('zhao', '#/messages')
  await page.getByText(say.group).first().waitFor()
  await keep(page, 'list', look)
  await page.getByText(say.group).first().click()
  await page.getByRole('log').waitFor()
  await keep(page, 'chat', look)
  const check = page.getByRole('button', { name: say.proof }).last()
  for (let turn = 0; turn < 30 && !(await check.isVisible()); turn += 1) {
    await page.getByRole('log').hover()
    await page.mouse.wheel(0, -500)
    await page.waitForTimeout(100)
  }
  await keep(page, 'draw', look)
  await check.click()
  await page.getByText(say.proven).waitFor()
  await keep(page, 'proof', look)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: say.details }).click()
  await keep(page, 'group', look)
  await context.close()
}
async function showInvitation(look: Look) {
  const context = await openContext(browser, look, complaints)
  const page = await context.newPage()
  const say = words[look.lang]
  await page.goto(`${world.hostUrl}/phone?persona=${idOf('li', look)}&theme=${look.theme}`)
  await page.getByRole('link', { name: say.product }).first().waitFor()
  await keep(page, 'shop', look)
  await page.getByRole('link', { name: say.product }).first().click()
  await keep(page, 'product', look)
  await page.getByRole('link', { name: say.buy }).click()
  await page.getByRole('button', { name: say.pay }).click()
  await page.getByRole('button', { name: say.payNow }).click()
  await page.getByRole('button', { name: say.confirm }).click()
  await page.getByRole('dialog', { name: say.offer }).waitFor()
  await keep(page, 'invitation', look)
  await context.close()
}
async function showDesktop(look: Look) {
  const context = await openContext(browser, look, complaints)
  const page = await context.newPage()
  const say = words[look.lang]
  await page.goto(world.hostUrl)
  const [customer, owner] = [
    page.locator('iframe').first().contentFrame(),
    page.locator('iframe').last().contentFrame(),
  ]
  await owner.getByText(say.group).first().click()
  await owner.getByRole('log').waitFor()
  await customer.getByRole('link', { name: say.product }).first().waitFor()
  await keep(page, 'front', look)
  const answer = await page.request.post(`${world.hostUrl}/api/session`, { data: { userId: idOf('sun', look) } })
  const { token } = (await answer.json()) as { token: string }
  await page.goto(`${world.qunUrl}/app/#token=${token}`)
  await page.getByText(say.group).first().click()
  await page.getByRole('button', { name: say.details }).click()
  await page.getByRole('log').waitFor()
  expect(page.url()).not.toContain(token)
  await keep(page, 'member', look)
  await context.close()
}

/** How far the open conversation is scrolled, as a reader of the list meets it. */
async function openedAt(look: Look): Promise<number> {
  const context = await openContext(browser, look, complaints)
  const page = await context.newPage()
  await page.goto(`${world.hostUrl}/phone?persona=${idOf('zhao', look)}&theme=${look.theme}#/messages`)
  await page.getByText(words[look.lang].group).first().click()
  const log = page.getByRole('log')
  await log.waitFor()
  await page.waitForTimeout(settleMs)
  const offset = await log.evaluate((scroller) => scroller.scrollTop)
  await context.close()
  return offset
}

describe('pictures', () => {
  for (const lang of ['zh', 'en'] as const) {
    for (const theme of ['light', 'dark'] as const) {
      const still = theme === 'dark'
      test(`a phone, ${lang}, ${theme}`, () => showPhone({ device: phone, lang, theme, still }))
      test(`a desktop, ${lang}, ${theme}`, () => showDesktop({ device: desktop, lang, theme }))
    }
  }
  test('an invitation in Chinese by day', () => showInvitation({ device: phone, lang: 'zh', theme: 'light' }))
  test('an invitation in English by night', () => showInvitation({ device: phone, lang: 'en', theme: 'dark' }))
  // After the pictures: by then everything is read, and what is compared opens at the end.
  test('a conversation opens at the same place with less motion', async () => {
    const look = { device: phone, lang: 'zh', theme: 'light' } as const
    const offset = await openedAt(look)
    expect(offset).toBeGreaterThan(1_000)
    expect(await openedAt({ ...look, still: true })).toBeCloseTo(offset, -1)
  })
  test('no page complained on the way', () => {
    expect(complaints).toEqual([])
  })
})
