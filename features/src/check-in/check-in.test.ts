/** How a check in behaves, through a whole world. */
import { refusalOf, startWorld } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import membership from '../membership/server.ts'
import message from '../message/server.ts'
import { checkIn } from './contract.ts'
import feature from './server.ts'

describe('check-in', () => {
  test('[CI1] [CI2] a member joins once, however often they ask', async () => {
    await using world = await startWorld({ features: [message, membership, feature] })
    const card = await world.as('wang').post(world.groupId, checkIn, { title: 'First' })
    const join = () => refusalOf(world.as('li').act(card, checkIn, 'join', {}))
    const results = await Promise.all([join(), join(), join()])
    expect(results.filter((code) => code === null).length).toBe(1)
    expect(results.filter((code) => code === 'check_in.joined').length).toBe(2)
    expect(await world.read(card, checkIn)).toEqual({ count: 1 })
    expect(await world.as('li').mine(card)).toEqual({ at: world.time.now() })
  })
})
