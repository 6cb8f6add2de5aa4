/** Packets of recorded cash: who is paid, once, whatever the provider does meanwhile. */
import { HOUR, MINUTE } from '@qun/contract'
import { takeCallback } from '@qun/ledger'
import { TestProvider } from '@qun/ledger/testing'
import { refusalOf } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { purseOf, redPacket } from './contract.ts'
import { appId, asLedger, balance, escrowOf, fund, grab, id, open, post, refOf } from './fixtures.ts'
import { createRedPacket } from './server.ts'

async function openCash() {
  const provider = new TestProvider('wxpay', () => 1)
  const world = await open({ watching: [], packets: createRedPacket({ cash: provider }) })
  await fund(world, 'user/wang', 10_000, 'CNY')
  const send = (change: object = {}, who = 'wang') =>
    post(world, { currency: 'CNY', split: 'equal', amount: 900, ...change }, who)
  return { world, provider, send }
}

describe('cash', () => {
  test('[RP10] each share is paid out once, though answers are lost, late or false', async () => {
    const { world, provider, send } = await openCash()
    await using _ = world
    const at = await send()
    for (const mood of ['unheard', 'lost', 'pending', 'lies'] as const) provider.moods.push(mood)
    for (const who of ['li', 'zhao']) await grab(world, at, who)
    await grab(world, at, 'li')
    await world.pass(MINUTE)
    for (const who of ['li', 'zhao']) provider.change(`${refOf(at)}pay/${who}`, { state: 'confirmed', amount: 300 })
    await world.pass(10 * MINUTE)
    for (const who of ['li', 'zhao']) expect(await balance(world, `user/${who}`, 'CNY')).toBe(0)
    expect(await balance(world, 'provider/wxpay', 'CNY')).toBe(600)
    expect(await world.read(at, redPacket)).toMatchObject({ claimedCount: 2, phase: 'open' })
  })
  test('[RP10] [R7] what nobody opened is paid back to its sender; a payment that failed stays with its receiver', async () => {
    const { world, provider, send } = await openCash()
    await using _ = world
    const at = await send()
    provider.moods.push('fails')
    await grab(world, at, 'li')
    await world.pass(MINUTE)
    expect(await balance(world, 'user/li', 'CNY')).toBe(300)
    expect(await world.read(at, redPacket)).toMatchObject({ claimedCount: 1 })
    await world.jump(24 * HOUR)
    await world.pass(MINUTE)
    expect(provider.asked.get(`${refOf(at)}pay-back`)).toBe(1)
    expect(await balance(world, 'provider/wxpay', 'CNY')).toBe(600)
    expect(await balance(world, escrowOf(at), 'CNY')).toBe(0)
    expect(await balance(world, 'user/wang', 'CNY')).toBe(9_100)
  })
  test('[RP10] a call-back settles a share before it is asked about again, once, and nothing is asked afterwards', async () => {
    const { world, provider, send } = await openCash()
    await using _ = world
    const at = await send()
    provider.moods.push('pending', 'unheard', 'unheard')
    await grab(world, at, 'li')
    await world.settle()
    const key = `${refOf(at)}pay/li`
    provider.change(key, { state: 'confirmed', at: 1 })
    const hear = () => asLedger(world, (call) => takeCallback(call, provider, provider.callback(key)))
    expect((await Promise.all([hear(), hear(), hear()])).map(({ outcome }) => outcome).toSorted()).toEqual([
      ...['replayed', 'replayed', 'taken'],
    ])
    const asked = provider.asked.get(key)
    await world.pass(10 * MINUTE)
    expect(provider.asked.get(key)).toBe(asked)
    expect((await hear()).outcome).toBe('replayed')
    expect([await balance(world, 'user/li', 'CNY'), await balance(world, 'provider/wxpay', 'CNY')]).toEqual([0, 300])
  })
  test('[RP10] only where the host pays; minors neither send nor open; the message of cash is never recalled', async () => {
    const { world, send } = await openCash()
    await using _ = world
    expect(await refusalOf(send({}, 'li'))).toBe('ledger.insufficient_funds')
    expect(await refusalOf(send({ currency: 'USD' }))).toBe('ledger.currency_unknown')
    const { purses } = await world.as('wang').call(purseOf, { params: { groupId: world.groupId } })
    expect(purses).toEqual([
      { currency: 'points', balance: 1_000_000 },
      { currency: 'CNY', balance: 10_000 },
    ])
    const at = await send()
    await world.core.putUser(appId, { userId: id('sun'), name: '孙老师', minor: true })
    await fund(world, 'user/sun', 1_000, 'CNY')
    expect(await refusalOf(send({}, 'sun'))).toBe('user.minor_restricted')
    expect(await refusalOf(grab(world, at, 'sun'))).toBe('user.minor_restricted')
    await world.as('wang').act(at, redPacket, 'revoke', {})
    await world.settle()
    expect(await balance(world, 'provider/wxpay', 'CNY')).toBe(900)
    expect(await refusalOf(world.as('wang').recall(at))).toBe('redpacket.not_recallable')
    await using plain = await open({ watching: [] })
    await fund(plain, 'user/wang', 1_000, 'CNY')
    expect(await refusalOf(post(plain, { currency: 'CNY' }))).toBe('ledger.currency_unknown')
  })
})
