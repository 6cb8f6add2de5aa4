/** The story the product is for, played by hand in two phones: buy, be invited, talk, draw, check the draw. */
import type { BrowserContext, FrameLocator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { card, checkAccess as findBarriers, compose, fillDraw, openGroup, pay, setStage } from './stage.ts'
import type { DemoWorld } from './world.ts'

let world: DemoWorld
let context: BrowserContext
let page: Page
let li: FrameLocator
let wang: FrameLocator
const { complaints, barriers } = setStage({ name: 'story' }, (opened) => {
  ;({ world, context, page, customer: li, owner: wang } = opened)
})
const checkAccess = (where: string) => findBarriers(page, where, barriers)

const group = '山茶咖啡·老友群'
const composer = (phone: FrameLocator) => phone.getByRole('textbox', { name: '消息内容' })
/** A message's bubble in the conversation, by its words. */
const bubble = (phone: FrameLocator, words: string) => phone.getByRole('log').getByText(words, { exact: true })

/** Opens the menu of a message as a mouse would: over its line, then the button beside it. */
async function chooseFor(phone: FrameLocator, words: string, choice: string) {
  const line = phone.locator('.qun-row__line').filter({ hasText: words }).last()
  await line.hover()
  await line.getByRole('button', { name: '消息操作' }).click()
  await phone.getByRole('menuitem', { name: choice, exact: true }).click()
}
/** How much of the conversation is hidden behind the composer; 0 at its end. */
const hiddenPx = (phone: FrameLocator) =>
  phone.getByRole('log').evaluate((log) => Math.floor(log.scrollHeight - log.scrollTop - log.clientHeight))

describe('after an order', () => {
  test('a customer buys, confirms receipt, is invited and joins', async () => {
    await li
      .getByRole('link', { name: /古吉 日晒/ })
      .first()
      .click()
    await checkAccess('product')
    await li.getByRole('link', { name: '立即购买' }).click()
    await pay(li, '¥88.00')
    await li.getByRole('button', { name: '确认收货' }).click()
    const sheet = li.getByRole('dialog', { name: '山茶咖啡 邀请你' })
    await sheet.getByText('13 位成员').waitFor()
    await sheet.getByText('古吉 日晒').waitFor()
    await checkAccess('invitation')
    await sheet.getByRole('button', { name: '加入群聊' }).click()
    await li.getByText(/小李.*加入了群聊/).waitFor()
    expect(await li.getByRole('heading', { name: group }).count()).toBe(1)
    await expect.poll(() => hiddenPx(li)).toBe(0)
  })

  test('what happened stands in the log, without secrets', async () => {
    const log = page.getByRole('region', { name: '刚刚发生了什么' })
    await log.getByText('POST /v1/order-events').first().waitFor()
    const text = await log.innerText()
    expect(text).toContain('"kind":"received"')
    expect(text).toContain('"outcome":"recorded"')
    // What follows from an order comes by itself, on the invited person's own stream.
    expect(text).toContain('record invitation-offer ofr_')
    expect(text).not.toMatch(/qsk_|eyJ[\w-]+\.eyJ/)
  })
})

describe('talking', () => {
  test('words arrive on the other phone, by keyboard alone', async () => {
    await openGroup(wang, group)
    await composer(wang).waitFor()
    // From the way back through the bar and the messages to the field, as somebody without a mouse goes.
    await li.getByRole('button', { name: /返回/ }).first().focus()
    for (let press = 0; press < 60; press += 1) {
      if (await composer(li).evaluate((field) => field === document.activeElement)) break
      await page.keyboard.press('Tab')
    }
    await page.keyboard.type('91 度，真的有杏子味')
    await page.keyboard.press('Enter')
    await bubble(wang, '91 度，真的有杏子味').waitFor()
  })

  test('a reply quotes, a reaction counts, a recalled line is gone', async () => {
    await chooseFor(wang, '91 度，真的有杏子味', '引用')
    await composer(wang).fill('喝出来就好，下次试 90 度')
    await composer(wang).press('Enter')
    await bubble(li, '喝出来就好，下次试 90 度').waitFor()
    const quoting = li.locator('.qun-row__line').filter({ hasText: '下次试 90 度' })
    expect(await quoting.innerText()).toContain('91 度，真的有杏子味')
    await chooseFor(li, '下次试 90 度', '用 ❤️ 回应')
    await wang.getByRole('button', { name: '❤️，1 人' }).last().waitFor()
    await composer(wang).fill('周六打八折')
    await composer(wang).press('Enter')
    await bubble(li, '周六打八折').waitFor()
    await chooseFor(wang, '周六打八折', '撤回')
    await li.getByText('王店长 撤回了一条消息').waitFor()
    expect(await bubble(li, '周六打八折').count()).toBe(0)
    await checkAccess('conversation')
  })
})

test('the end stays in sight while the composer grows and shrinks', async () => {
  await composer(li).fill('一\n二\n三\n四')
  await expect.poll(() => hiddenPx(li)).toBe(0)
  await composer(li).fill('')
  await expect.poll(() => hiddenPx(li)).toBe(0)
})

describe('a lucky draw', () => {
  test('the owner starts one from the plus menu', async () => {
    const form = await compose(wang, '抽奖')
    await form.getByRole('button', { name: '发布抽奖' }).click()
    // Nothing is published half told: the first missing field has the focus.
    await form.getByText('必填').first().waitFor()
    await fillDraw(form, '今晚加抽两包豆子')
    await checkAccess('draw form')
    await form.getByRole('button', { name: '发布抽奖' }).click()
    await li.getByRole('heading', { name: '今晚加抽两包豆子' }).waitFor()
  })

  test('a customer enters, it is drawn, and the result proves itself on the phone', async () => {
    const draw = card(li, '今晚加抽两包豆子')
    await draw.getByRole('button', { name: '参与抽奖' }).click()
    await draw.getByText('我的号码 1').waitFor()
    world.pass(5 * 60_000 + 11_000)
    await draw.getByText('恭喜，你抽中了「古吉 200 克」').waitFor()
    await draw.getByRole('button', { name: '验证结果' }).click()
    const sheet = li.getByRole('dialog', { name: '验证结果' })
    await sheet.getByText('四项都对得上，没有人动过结果').waitFor()
    await checkAccess('proof')
    await sheet.getByRole('button', { name: '关闭' }).click()
  })
})

describe('an invitation by link', () => {
  test('the page before joining tells who is here, and a wrong link says so', async () => {
    await wang.getByRole('button', { name: '群详情' }).click()
    await wang.getByRole('button', { name: '生成入群链接和二维码' }).click()
    await wang.getByRole('button', { name: '生成', exact: true }).click()
    await wang.getByRole('img', { name: '入群二维码' }).waitFor()
    const address = await wang.locator('.qun-invite__address').innerText()
    const other = await context.newPage()
    await other.goto(address)
    const zhou = other.getByRole('region', { name: '顾客的手机' }).frameLocator('iframe')
    await zhou.getByText('王店长 邀请你加入').waitFor()
    await zhou.getByRole('button', { name: '加入群聊' }).click()
    await zhou.getByRole('heading', { name: group }).waitFor()
    await other.close()
  })
})

test('no page complained on the way', () => {
  expect(complaints).toEqual([])
})
test('[A-08] nothing serious stood in anybody’s way', () => {
  expect(barriers).toEqual([])
})
