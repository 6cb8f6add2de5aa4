/** How a poll behaves, through a whole world. */
import { refusalOf, startWorld } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import membership from '../membership/server.ts'
import message from '../message/server.ts'
import { poll } from './contract.ts'
import feature from './server.ts'

describe('poll', () => {
  test('[PO1] [PO2] a member joins once, however often they ask', async () => {
    await using world = await startWorld({ features: [message, membership, feature] })
    const card = await world.as('wang').post(world.groupId, poll, { title: 'First' })
    const join = () => refusalOf(world.as('li').act(card, poll, 'join', {}))
    const results = await Promise.all([join(), join(), join()])
    expect(results.filter((code) => code === null).length).toBe(1)
    expect(results.filter((code) => code === 'poll.joined').length).toBe(2)
    expect(await world.read(card, poll)).toEqual({ count: 1 })
    expect(await world.as('li').mine(card)).toEqual({ at: world.time.now() })
  })
})
