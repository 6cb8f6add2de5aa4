/** Goods in the conversation: posted, bought at the group’s price, counted down, found by link. */
import type { FrameLocator } from 'playwright-core'
import { expect, test } from 'vitest'
import { card, compose, openGroup, openPhone, pay, setStage, type Phone, type Stage } from './stage.ts'

const group = '山茶咖啡·老友群'
let stage: Stage
let zhao: FrameLocator
let wang: FrameLocator
const { complaints } = setStage({ name: 'product', customer: '赵阿姨', group }, (opened) => {
  stage = opened
  ;({ customer: zhao, owner: wang } = opened)
})

test('the owner posts a product from the catalogue', async () => {
  const form = await compose(wang, '商品')
  await form.getByLabel('找商品').fill('陶杯')
  await form.getByRole('button', { name: '选择 山茶陶杯' }).click()
  await form.getByRole('button', { name: '发送商品' }).click()
  const posted = card(zhao, '山茶陶杯')
  await posted.getByText('¥62.00').waitFor()
  await posted.getByText('群友价').waitFor()
  await posted.getByText('仅剩 7 件').waitFor()
})

test('two members buy at the group’s price in the shop, and the card counts down', async () => {
  const buy = async (one: Phone) => {
    await card(one, '山茶陶杯').getByRole('button', { name: '购买 山茶陶杯' }).click()
    await one.getByRole('heading', { name: '山茶陶杯' }).waitFor()
    await one.getByRole('link', { name: '立即购买' }).click()
    await pay(one, '¥62.00')
    await one.getByRole('button', { name: '确认收货' }).waitFor()
  }
  await buy(zhao)
  await card(wang, '山茶陶杯').getByText('仅剩 6 件').waitFor({ timeout: 5_000 })
  const sun = await openPhone(stage, 'sun', group, complaints)
  await buy(sun)
  await card(wang, '山茶陶杯').getByText('仅剩 5 件').waitFor({ timeout: 5_000 })
  await sun.context().close()
})

test('a pasted link of the shop is offered as a card; the shelf holds what admins chose', async () => {
  await zhao.getByRole('link', { name: '消息' }).click()
  await openGroup(zhao, group)
  const field = zhao.getByRole('textbox', { name: '消息内容' })
  const link = `${stage.world.hostUrl}/?product=drip`
  await field.fill(link)
  await field.evaluate((area, words) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', words)
    area.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, link)
  await zhao.getByRole('button', { name: '发送为商品卡' }).click()
  await card(wang, '山茶挂耳').getByText('¥69.00').waitFor()
  expect(await field.inputValue()).toBe('')
  await wang.getByRole('button', { name: '群详情' }).click()
  await wang.getByRole('button', { name: /整理橱窗/ }).click()
  const editor = wang.getByRole('dialog', { name: '整理橱窗' })
  await editor.getByRole('button', { name: '选择 古吉 日晒' }).click()
  await editor.getByRole('button', { name: '保存' }).click()
  await zhao.getByRole('button', { name: '群详情' }).click()
  await zhao.getByRole('button', { name: '购买 古吉 日晒' }).waitFor()
})

test('the address of a product opens its page', async () => {
  const other = await stage.context.newPage()
  await other.goto(`${stage.world.hostUrl}/?product=matcha-roll`)
  const phone = other.getByRole('region', { name: '顾客的手机' }).frameLocator('iframe')
  await phone.getByRole('heading', { name: '抹茶卷' }).waitFor()
  await other.close()
})

test('no page complained on the way', () => expect(complaints).toEqual([]))
