/** As many at once as a test says, for the last unit of a cap and the last point: fast sixty-four, slow a thousand. */
import { campaignBudget, mainMerchant, type UserId } from '@qun/contract'
import { budgetOf, setBudget } from '@qun/ledger'
import { answered, appId, refusalOf } from '@qun/testing'
import { expect } from 'vitest'
import { deductPoints, grantPoints, pointsOf, reversePoints } from './contract.ts'
import { openWorld } from './fixtures.ts'

const campaign = 'spring'
const currency = 'points'
const li = 'li' as UserId

/** The campaign has room for one grant more, from as many orders as there are; taken back, for one again. */
export async function lastOfCap(count: number): Promise<void> {
  await using world = await openWorld()
  await world.store.transaction(appId, (tx) =>
    setBudget({ tx, appId }, { scope: `campaign/${campaign}`, currency, cap: 7 }),
  )
  const spent = async () => {
    const key = { ...campaignBudget(mainMerchant, campaign), currency }
    return (await world.store.reading(appId, (tx) => budgetOf({ tx, appId }, key))).spent
  }
  for (const round of ['a', 'b']) {
    const grant = (n: number) => {
      const body = { ref: `${round}-${n}`, userId: li, amount: 5, campaign, orderId: `${round}-${n}` }
      return refusalOf(answered(() => world.asServer().call(grantPoints, { key: `${round}-${n}`, body })))
    }
    const codes = await Promise.all(Array.from({ length: count }, (_, n) => grant(n)))
    expect(codes.filter((code) => code === null)).toHaveLength(1)
    expect(codes.filter((code) => code === 'budget.exhausted')).toHaveLength(count - 1)
    expect(await spent()).toBe(5)
    expect((await world.asServer().call(pointsOf, { params: { userId: li } })).balance).toBe(5)
    const ref = `${round}-${codes.indexOf(null)}`
    await world.asServer().call(reversePoints, { key: `${ref}/back`, body: { ref, by: `${ref}/back` } })
    expect(await spent()).toBe(0)
  }
}
/** Something is bought with the last points, as many times as there are orders: once. */
export async function lastPoint(count: number): Promise<void> {
  await using world = await openWorld()
  await world.asServer().call(grantPoints, { key: 'g', body: { ref: 'g', userId: li, amount: 9 } })
  const buy = (n: number) => {
    const body = { ref: `d${n}`, userId: li, amount: 5 }
    return refusalOf(answered(() => world.asServer().call(deductPoints, { key: `d${n}`, body })))
  }
  const codes = await Promise.all(Array.from({ length: count }, (_, n) => buy(n)))
  expect(codes.filter((code) => code === null)).toHaveLength(1)
  expect(codes.filter((code) => code === 'ledger.insufficient_funds')).toHaveLength(count - 1)
  expect((await world.asServer().call(pointsOf, { params: { userId: li } })).balance).toBe(4)
}
