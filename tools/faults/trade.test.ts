/** Kills the server again and again while people buy with coupons; the auditor looks at every row after each kill. */
import { setTimeout as pause } from 'node:timers/promises'
import { lengthOf } from '@qun/testing/share'
import { expect, test } from 'vitest'
import { seededRandom } from '../replay/own-server.ts'
import { FaultWorld } from './fault-world.ts'
import { Shopping } from './shopping.ts'
import { audit } from './talk.ts'

/** So many kills and people, once in ten commits; a tenth of them the other times. */
const killsMin = lengthOf(30, 5)
const buyers = lengthOf(60, 5)

test('[P12] [P13] [C4] [CP13] [FS2] [FS6] [PO10] people buy under kill -9: all that was answered is there, nothing twice', async () => {
  await using world = await FaultWorld.start()
  const shopping = await Shopping.open(world, buyers)
  const random = seededRandom(20_261_130)
  const ended = shopping.run()
  /** Whether enough came to their end that the next kill is due; false when nothing is left to break. */
  const isDue = async (kills: number): Promise<boolean> => {
    const wanted = ((kills + 0.4) * shopping.wanted) / killsMin
    while (shopping.done < wanted) if (await Promise.race([ended.then(() => true), pause(5, false)])) return false
    return true
  }
  let kills = 0
  for (; kills < killsMin; kills++) {
    // Nobody comes so far that there is nothing left to break.
    shopping.admitted = Math.ceil(((kills + 1) * shopping.wanted) / killsMin)
    if (!(await isDue(kills))) break
    await pause(random() * 60)
    if (random() < 0.5) world.server.kill('SIGKILL')
    else world.server.killFamily()
    await world.server.ended
    await world.restart()
    const { said, bad } = await audit({ QUN_DATA: world.dataDir })
    expect(bad).toEqual([])
    expect(said).toMatch(/\d+ checks, 0 differences/)
  }
  shopping.admitted = Infinity
  await ended
  expect(kills).toBe(killsMin)
  await shopping.prove()
  console.log(`${kills} kills, ${shopping.wanted} orders: ${shopping.said}`)
})
