/** How a flash sale behaves, through a whole world. */
import { refusalOf, startWorld } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import membership from '../membership/server.ts'
import message from '../message/server.ts'
import { flashSale } from './contract.ts'
import feature from './server.ts'

describe('flash-sale', () => {
  test('[FS1] [FS2] a member joins once, however often they ask', async () => {
    await using world = await startWorld({ features: [message, membership, feature] })
    const card = await world.as('wang').post(world.groupId, flashSale, { title: 'First' })
    const join = () => refusalOf(world.as('li').act(card, flashSale, 'join', {}))
    const results = await Promise.all([join(), join(), join()])
    expect(results.filter((code) => code === null).length).toBe(1)
    expect(results.filter((code) => code === 'flash_sale.joined').length).toBe(2)
    expect(await world.read(card, flashSale)).toEqual({ count: 1 })
    expect(await world.as('li').mine(card)).toEqual({ at: world.time.now() })
  })
})
