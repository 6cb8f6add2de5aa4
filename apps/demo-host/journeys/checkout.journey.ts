/**
 * What a play keeps for a member ends in an order of the shop and in the ledger: a piece of a flash sale, a place in a
 * team, a coupon, each paid at the shop's own checkout. Pictures go to `.cache/pictures`.
 */
import { join } from 'node:path'
import type { FrameLocator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openContext, phone } from './browser.ts'
import { card, compose, openGroup, pay, pictureDir, pointsOn, setTrio, type Phone, type Trio } from './stage.ts'

const group = '山茶咖啡·老友群'
let stage: Trio
let zhao: FrameLocator
let wang: FrameLocator
let sun: Page
const options = { name: 'checkout', customer: '赵阿姨', second: 'sun', group, pictures: 'checkout' }
const { complaints, barriers, look } = setTrio(options, (trio) => {
  stage = trio
  ;({ customer: zhao, owner: wang, second: sun } = trio)
})
const pick = async (on: Phone, form: string, product: string) => {
  const sheet = await compose(on, form)
  await sheet.getByLabel('商品', { exact: true }).fill(product)
  await sheet.getByRole('button', { name: `选择 ${product}` }).click()
  return sheet
}
const backToGroup = async (one: Phone) => {
  await one.getByRole('link', { name: '消息' }).click()
  await openGroup(one, group)
}
const order = (one: Phone, product: string) => one.getByRole('listitem').filter({ hasText: product }).first()
test('[MER4] a flash sale is of a product from the catalogue, with its floor and its stock; its rules stand on the card', async () => {
  const form = await compose(wang, '限时抢购')
  await form.getByText('底价 ¥48.00 · 库存 60').waitFor()
  await look('sale-picker')
  await form.getByRole('button', { name: '选择 古吉 日晒' }).click()
  await form.getByLabel('抢购价（元）').fill('40')
  await form.getByRole('button', { name: '发布抢购' }).click()
  await form.getByText('低于商品底价').waitFor()
  await look('sale-form')
  await form.getByLabel('抢购价（元）').fill('58')
  await form.getByRole('button', { name: '发布抢购' }).click()
  await card(zhao, '限时抢购').getByRole('button', { name: '规则' }).click()
  const rules = zhao.getByRole('dialog', { name: '规则' })
  await rules.getByText('山茶咖啡').waitFor()
  await rules.getByText('抢购价 ¥58.00，店铺标价 ¥88.00').waitFor()
  await look('sale-rules')
  await rules.getByRole('button', { name: '关闭' }).first().click()
})

test('[MER6] a held piece is paid at the checkout: an order, a sold piece, points in the ledger', async () => {
  const before = await pointsOn(zhao)
  await card(zhao, '限时抢购').getByRole('button', { name: '立即抢' }).click()
  await card(zhao, '限时抢购').getByRole('link', { name: '去付款' }).click()
  await zhao.getByText('抢购占位，请在时间内付款').waitFor()
  await zhao.getByText('−¥30.00').waitFor()
  await look('sale-bill')
  await zhao.getByRole('button', { name: '支付 ¥58.00', exact: true }).click()
  await zhao.getByRole('button', { name: '确认支付 ¥58.00' }).waitFor()
  await look('cashier')
  await zhao.getByRole('button', { name: '确认支付 ¥58.00' }).click()
  await order(zhao, '古吉 日晒').getByText('已付款，骑手在路上').waitFor()
  await order(zhao, '古吉 日晒').getByText('获得 58 积分').waitFor()
  await look('sale-order')
  await backToGroup(zhao)
  await card(zhao, '限时抢购').getByText('已买 1 件').waitFor()
  expect(await pointsOn(zhao)).toBe(before + 58)
})

test('[MER6] a held piece given up at the cashier is on sale again', async () => {
  await card(sun, '限时抢购').getByRole('button', { name: '立即抢' }).click()
  await card(wang, '限时抢购').getByText('剩 18 件').first().waitFor()
  await card(sun, '限时抢购').getByRole('link', { name: '去付款' }).click()
  await sun.getByRole('button', { name: '支付 ¥58.00', exact: true }).click()
  await sun.getByRole('button', { name: '取消订单' }).click()
  await order(sun, '古吉 日晒').getByText('已取消').waitFor()
  await card(wang, '限时抢购').getByText('剩 19 件').first().waitFor()
  await backToGroup(sun)
})

test('[MER6] two places are paid: authorised until the team is whole, then both orders are paid at its price', async () => {
  const form = await pick(wang, '拼团', '山茶挂耳')
  await form.getByLabel('人数').first().fill('2')
  await form.getByLabel('每件价（元）').first().fill('45')
  await look('team-form')
  await form.getByRole('button', { name: '发布拼团' }).click()
  await card(zhao, '拼团').getByRole('button', { name: '开团 ¥45.00' }).click()
  await card(zhao, '拼团').getByRole('link', { name: '去支付 ¥45.00' }).click()
  await zhao.getByText('名额已保留，请在时间内付款').waitFor()
  await look('team-bill')
  await pay(zhao, '¥45.00')
  await order(zhao, '山茶挂耳').getByText('已预授权，等待成团').waitFor()
  await card(sun, '拼团')
    .getByRole('button', { name: /去参团/ })
    .click()
  await card(sun, '拼团').getByRole('link', { name: '去支付 ¥45.00' }).click()
  await pay(sun, '¥45.00')
  for (const one of [zhao, sun]) {
    await order(one, '山茶挂耳').getByText('已付款，骑手在路上').waitFor()
    await order(one, '山茶挂耳').getByText('获得 45 积分').waitFor()
  }
  await look('team-order')
  await card(wang, '拼团').getByText('已成 1 团').waitFor()
  for (const one of [zhao, sun]) await backToGroup(one)
  await card(zhao, '拼团').getByText('拼团成功，每件 ¥45.00，共 1 件').waitFor()
})

test('a coupon is chosen at the checkout, held, and used with the order it pays for', async () => {
  const form = await compose(wang, '优惠券')
  await form.getByLabel('券名称').fill('满三十减五')
  await form.getByLabel('减免金额（元）').fill('5')
  await form.getByLabel('满多少可用（元）').fill('30')
  await form.getByLabel('发放总数').fill('2')
  await form.getByRole('button', { name: '发到群里' }).click()
  await card(zhao, '满三十减五').getByRole('button', { name: '立即领取' }).click()
  await card(zhao, '满三十减五').getByText('已领取').first().waitFor()
  const before = await pointsOn(zhao)
  await zhao.getByRole('button', { name: /返回/ }).first().click()
  await zhao.getByRole('link', { name: '首页' }).click()
  await zhao.getByRole('link', { name: /乡村酸面包/ }).click()
  await zhao.getByRole('link', { name: '立即购买' }).click()
  await zhao.getByRole('button', { name: /优惠券/ }).click()
  await look('coupon-choice')
  await zhao.getByRole('button', { name: /满三十减五/ }).click()
  await zhao.getByText('−¥5.00').waitFor()
  await look('coupon-bill')
  await pay(zhao, '¥27.00')
  await order(zhao, '乡村酸面包').getByText('¥27.00').waitFor()
  await order(zhao, '乡村酸面包').getByText('获得 27 积分').waitFor()
  await look('coupon-order')
  await backToGroup(zhao)
  expect(await pointsOn(zhao)).toBe(before + 27)
  await card(zhao, '满三十减五').getByText('已使用或失效').first().waitFor()
})

test('[E-20] refunded, the order gives its points back and its coupon returns to the wallet', async () => {
  const before = await pointsOn(zhao)
  await zhao.getByRole('button', { name: /返回/ }).first().click()
  await zhao.getByRole('link', { name: '订单' }).click()
  await order(zhao, '乡村酸面包').getByRole('button', { name: '退款' }).click()
  const sheet = zhao.getByRole('dialog', { name: '退款' })
  await sheet.getByText('退款同时收回这一单的 27 积分，优惠券按规则退还。').waitFor()
  await look('refund')
  await sheet.getByRole('button', { name: '确认退款' }).click()
  await order(zhao, '乡村酸面包').getByText('已退款').waitFor()
  await order(zhao, '乡村酸面包').getByText('已收回 27 积分').waitFor()
  await look('refund-order')
  await backToGroup(zhao)
  expect(await pointsOn(zhao)).toBe(before - 27)
  await card(zhao, '满三十减五').getByText('已领取').first().waitFor()
})

test.each([
  ['zh', 'light'],
  ['zh', 'dark'],
  ['en', 'light'],
  ['en', 'dark'],
] as const)('the checkout on a phone, %s and %s', async (lang, theme) => {
  const own = await openContext(stage.browser, { device: phone, lang, theme, still: true }, complaints)
  const one = await own.newPage()
  one.setDefaultTimeout(20_000)
  const persona = lang === 'zh' ? 'li' : 'li-en'
  await one.goto(`${stage.world.hostUrl}/phone?persona=${persona}&theme=${theme}#/checkout/mug`)
  const keep = async (name: string) => {
    await one.waitForTimeout(500)
    await one.screenshot({ path: join(pictureDir, `checkout-phone-${name}-${lang}-${theme}.png`) })
  }
  await one.getByRole('button', { name: '¥68.00' }).waitFor()
  await keep('bill')
  await one.getByRole('button', { name: '¥68.00' }).click()
  await one.getByRole('dialog').waitFor()
  await keep('cashier')
  await one.getByRole('button', { name: lang === 'zh' ? '稍后再付' : 'Later' }).click()
  await one
    .getByText(lang === 'zh' ? '待付款' : 'Waiting for payment')
    .first()
    .waitFor()
  await keep('orders')
  await own.close()
})

test('no page complained, and nobody who cannot see or use a mouse was kept out', () => {
  expect(complaints).toEqual([])
  expect([...new Set(barriers)]).toEqual([])
})
