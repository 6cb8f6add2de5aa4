/**
 * Each play as people meet it: the owner starts it from the plus menu, two members take part on phones of their own,
 * and the result is right in the card, in what they hold and in the ledger. Pictures of each go to `.cache/pictures`.
 */
import { join } from 'node:path'
import type { FrameLocator, Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openContext, phone } from './browser.ts'
import { card, compose, fillDraw, pictureDir, pointsOn, setTrio, type Phone, type Trio } from './stage.ts'

const group = '山茶咖啡·老友群'
let stage: Trio
let zhao: FrameLocator
let wang: FrameLocator
let sun: Page
const options = { name: 'plays', customer: '赵阿姨', second: 'sun', group, pictures: 'play' }
const { complaints, barriers, look } = setTrio(options, (trio) => {
  stage = trio
  ;({ customer: zhao, owner: wang, second: sun } = trio)
})

test('a poll: a tap on one phone is a bar on the other', async () => {
  const form = await compose(wang, '投票')
  await form.getByLabel('问题').fill('周六几点开课？')
  await form.getByLabel('选项 1').fill('上午十点')
  await form.getByLabel('选项 2').fill('下午两点')
  await look('poll-form')
  await form.getByRole('button', { name: '发起投票' }).click()
  await card(zhao, '周六几点开课').getByRole('radio', { name: '下午两点' }).click()
  await card(wang, '周六几点开课').getByText('1 人已投').waitFor()
  await card(wang, '周六几点开课').getByRole('button', { name: '投票的人: 下午两点, 1 票，100%' }).waitFor()
  await card(sun, '周六几点开课').getByRole('radio', { name: '上午十点' }).click()
  for (const one of [wang, zhao]) await card(one, '周六几点开课').getByText('2 人已投').waitFor()
  await card(wang, '周六几点开课').getByRole('button', { name: '投票的人: 下午两点, 1 票，50%' }).click()
  await look('poll')
  await wang.getByRole('dialog').last().getByText('赵阿姨').waitFor()
  await wang.getByRole('dialog').last().getByRole('button', { name: '关闭' }).first().click()
})

/** Adds a line of so many loaves. */
async function addLine(one: Phone, quantity: number) {
  await card(one, '周日面包接龙').getByRole('button', { name: '我要接龙' }).click()
  const line = one.getByRole('dialog', { name: '周日面包接龙' })
  await line.getByLabel('数量').fill(String(quantity))
  await line.getByRole('button', { name: '我要接龙' }).click()
}
test('a relay list: members add lines, and the list grows for everybody', async () => {
  const form = await compose(wang, '接龙')
  await form.getByLabel('接龙标题').fill('周日面包接龙')
  await form.getByLabel('单价（元，选填）').fill('18')
  await look('relay-list-form')
  await form.getByRole('button', { name: '发起接龙' }).click()
  await addLine(zhao, 3)
  await card(wang, '周日面包接龙').getByRole('listitem').filter({ hasText: '赵阿姨' }).waitFor()
  await addLine(sun, 2)
  await card(wang, '周日面包接龙').getByRole('listitem').filter({ hasText: '孙老师' }).waitFor()
  await card(zhao, '周日面包接龙').getByRole('button', { name: '修改第 1 行' }).waitFor()
  await look('relay-list')
})

test('orders of a relay list: asked with their sum, and the list is locked on both phones', async () => {
  await card(wang, '周日面包接龙').getByRole('button', { name: '管理' }).click()
  const sheet = wang.getByRole('dialog', { name: '管理' })
  await sheet.getByRole('button', { name: '生成订单' }).click()
  const question = wang.getByRole('alertdialog')
  await question.getByText('2 行接龙将生成 2 份订单，共 5 件，合计 ¥90.00。').waitFor()
  await look('relay-list-order')
  await question.getByRole('button', { name: '生成订单' }).click()
  await sheet.getByText('已按 2 行生成订单，接龙已锁定').waitFor()
  await look('relay-list-ordered')
  await sheet.getByRole('button', { name: '关闭' }).first().click()
  await card(zhao, '周日面包接龙').getByText('已生成订单').waitFor()
  expect(await card(zhao, '周日面包接龙').getByRole('button', { name: '修改第 1 行' }).count()).toBe(0)
})

test('a check-in: the day counts, and its reward is in the ledger', async () => {
  const before = [await pointsOn(zhao), await pointsOn(sun)]
  const form = await compose(wang, '打卡')
  await form.getByLabel('打卡名称').fill('晨间咖啡')
  await form.getByLabel('每天从').selectOption('0')
  await form.getByLabel('天数').first().fill('1')
  await look('check-in-form')
  await form.getByRole('button', { name: '发起打卡' }).click()
  for (const one of [zhao, sun]) {
    await card(one, '晨间咖啡').getByRole('button', { name: '打卡', exact: true }).click()
    await card(one, '晨间咖啡').getByText('今日已打卡').waitFor()
  }
  await card(wang, '晨间咖啡').getByText('今日 2 人').waitFor()
  await look('check-in')
  expect([await pointsOn(zhao), await pointsOn(sun)]).toEqual(before.map((points) => points + 20))
})

test('a red packet: opened once each, and what they got is in their points, to the last', async () => {
  const before = { zhao: await pointsOn(zhao), sun: await pointsOn(sun) }
  const form = await compose(wang, '红包')
  await form.getByLabel('总积分').fill('20')
  await form.getByLabel('红包个数').fill('2')
  await form.getByLabel('祝福语').fill('谢谢老友')
  await look('red-packet-form')
  await form.getByRole('button', { name: '塞进红包' }).click()
  for (const one of [zhao, sun]) {
    await one
      .getByRole('button', { name: /谢谢老友/ })
      .last()
      .click()
    await one.getByRole('button', { name: '拆开红包' }).click()
    await one.getByText('已存入你的积分').waitFor()
  }
  await look('red-packet')
  for (const one of [zhao, sun])
    await one.getByRole('dialog').last().getByRole('button', { name: '关闭' }).first().click()
  const zhaoGot = (await pointsOn(zhao)) - before.zhao
  const sunGot = (await pointsOn(sun)) - before.sun
  expect(Math.min(zhaoGot, sunGot)).toBeGreaterThanOrEqual(1)
  expect(zhaoGot + sunGot).toBe(20)
})

test('a coupon: claimed from the card, held in the wallet', async () => {
  const form = await compose(wang, '优惠券')
  await form.getByLabel('券名称').fill('老友满减')
  await form.getByLabel('减免金额（元）').fill('5')
  await form.getByLabel('满多少可用（元）').fill('30')
  await form.getByLabel('发放总数').fill('2')
  await look('coupon-form')
  await form.getByRole('button', { name: '发到群里' }).click()
  for (const one of [zhao, sun]) {
    await card(one, '老友满减').getByRole('button', { name: '立即领取' }).click()
    await card(one, '老友满减').getByText('已领取').first().waitFor()
  }
  await look('coupon')
  for (const one of [zhao, sun]) {
    await one.getByRole('button', { name: '群详情' }).click()
    await one.getByRole('button', { name: /我的优惠券/ }).click()
    await one.getByRole('dialog', { name: '我的优惠券' }).getByText('老友满减').waitFor()
  }
  await look('coupon-wallet')
  for (const one of [zhao, sun]) {
    await one.getByRole('dialog', { name: '我的优惠券' }).getByRole('button', { name: '关闭' }).first().click()
    await one.getByRole('button', { name: /返回/ }).last().click()
  }
})

test('a flash sale: a member holds a piece, and the count falls for all', async () => {
  const form = await compose(wang, '限时抢购')
  await form.getByRole('button', { name: '选择 古吉 日晒' }).click()
  await form.getByLabel('抢购价（元）').fill('58')
  await form.getByLabel('抢购数量').fill('5')
  await look('flash-sale-form')
  await form.getByRole('button', { name: '发布抢购' }).click()
  for (const [one, left] of [
    [zhao, 4],
    [sun, 3],
  ] as const) {
    await card(one, '限时抢购').getByRole('button', { name: '立即抢' }).click()
    await card(one, '限时抢购').getByText('已为你留货').waitFor()
    await card(wang, '限时抢购').getByText(`剩 ${left} 件`).first().waitFor()
  }
  await look('flash-sale')
})

test('a group buy: a member opens a team and has a place', async () => {
  const form = await compose(wang, '拼团')
  await form.getByRole('button', { name: '选择 山茶挂耳' }).click()
  await form.getByLabel('每件价（元）').first().fill('45')
  await look('group-buy-form')
  await form.getByRole('button', { name: '发布拼团' }).click()
  for (const one of [zhao, sun]) {
    await card(one, '拼团')
      .getByRole('button', { name: /开团|参团|一键开团/ })
      .first()
      .click()
    await card(one, '拼团').getByText('名额已保留').first().waitFor()
  }
  await look('group-buy')
})

test('a lucky draw: two enter, one of them wins, and both are told', async () => {
  const form = await compose(wang, '抽奖')
  await fillDraw(form, '周三抽一包豆子')
  await look('draw-form')
  await form.getByRole('button', { name: '发布抽奖' }).click()
  for (const one of [zhao, sun]) {
    await card(one, '周三抽一包豆子').getByRole('button', { name: '参与抽奖' }).click()
    await card(one, '周三抽一包豆子')
      .getByText(/我的号码 \d/)
      .waitFor()
  }
  stage.world.pass(5 * 60_000 + 11_000)
  const told = /恭喜，你抽中了「古吉 200 克」|这次没有中，谢谢参与/
  const verdicts = await Promise.all(
    [zhao, sun].map((one) => card(one, '周三抽一包豆子').getByText(told).first().innerText()),
  )
  await look('draw')
  expect(verdicts.filter((text) => text.includes('恭喜'))).toHaveLength(1)
})

/** Chooses photos in the form of a buyer show as from the album: each another part of the page as it looks now. */
async function choosePhotos(form: Locator, on: Page, count: number) {
  const files = []
  for (let i = 0; i < count; i++) {
    const buffer = await on.screenshot({ clip: { x: 40 * i, y: 120 * i, width: 320, height: 240 } })
    files.push({ name: `photo-${i}.png`, mimeType: 'image/png', buffer })
  }
  await form.locator('input[type=file]').first().setInputFiles(files)
  await form.getByRole('progressbar').last().waitFor({ state: 'detached' })
}
test('a buyer show: words, stars and photos from the phone, seen and liked by the owner', async () => {
  const form = await compose(zhao, '晒单')
  await form.getByLabel('说说使用感受').fill('挂耳很香，杏子味明显')
  await choosePhotos(form, stage.page, 3)
  expect(await form.getByRole('button', { name: '添加图片' }).count()).toBe(0)
  await form.getByRole('button', { name: '移除图片 3' }).click()
  await look('buyer-show-form')
  await form.getByRole('button', { name: '发布晒单' }).click()
  await card(wang, '挂耳很香').locator('img[alt="晒单图片"]').nth(1).waitFor()
  await card(wang, '挂耳很香').getByRole('button', { name: '赞' }).click()
  await card(zhao, '挂耳很香').getByText('1 人赞').waitFor()
  await card(sun, '挂耳很香').getByRole('button', { name: '赞' }).click()
  await card(zhao, '挂耳很香').getByText('2 人赞').waitFor()
  await look('buyer-show')
})

test.each([
  ['zh', 'light'],
  ['zh', 'dark'],
  ['en', 'light'],
  ['en', 'dark'],
] as const)('the plays of the demo on a phone, %s and %s', async (lang, theme) => {
  const own = await openContext(stage.browser, { device: phone, lang, theme, still: true }, complaints)
  const one = await own.newPage()
  one.setDefaultTimeout(20_000)
  await one.goto(`${stage.world.hostUrl}/?persona=li`)
  const frame = one.locator('iframe').first()
  const inner = (await frame.count()) > 0 ? one.frameLocator('iframe').first() : one
  await inner
    .getByRole('link', { name: lang === 'zh' ? '消息' : 'Chats' })
    .first()
    .click()
  await inner
    .getByRole('button', { name: lang === 'zh' ? /面包预订群/ : /Saturday bread/ })
    .first()
    .click()
  await inner.getByRole('article').first().waitFor()
  await one.waitForTimeout(900)
  await one.screenshot({ path: join(pictureDir, `plays-phone-${lang}-${theme}.png`) })
  await inner.getByRole('button', { name: lang === 'zh' ? '更多功能' : 'More' }).click()
  await one.waitForTimeout(500)
  await one.screenshot({ path: join(pictureDir, `plus-phone-${lang}-${theme}.png`) })
  const show = lang === 'zh' ? '晒单' : 'Buyer show'
  await inner.getByRole('button', { name: show, exact: true }).click()
  await choosePhotos(inner.getByRole('dialog', { name: show }), one, 2)
  await one.waitForTimeout(500)
  await one.screenshot({ path: join(pictureDir, `buyer-show-form-phone-${lang}-${theme}.png`) })
  await own.close()
})

test('no page complained, and nobody who cannot see or use a mouse was kept out', () => {
  expect(complaints).toEqual([])
  expect([...new Set(barriers)]).toEqual([])
})
