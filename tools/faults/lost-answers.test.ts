/** Loses a fifth of the answers and repeats every send until it is answered: there is still one row for each. */
import { engineEndpoints } from '@qun/contract'
import { lengthOf } from '@qun/testing/share'
import { expect, test } from 'vitest'
import { HostApi, inParallel } from '../bench/host-api.ts'
import { seededRandom } from '../replay/own-server.ts'
import { FaultWorld, checkLog } from './fault-world.ts'
import { startFlakyProxy } from './flaky-proxy.ts'
import { Speaker, type Acknowledgement } from './speaker.ts'

const lostShare = 0.2
/** Once in ten commits; a tenth of them the other times. */
const sendCount = lengthOf(20_000, 6)
const sendsEach = lengthOf(1_000, 8)

test('[P3] [M4] 20,000 sends over HTTP with every fifth answer lost give 20,000 rows', async () => {
  await using world = await FaultWorld.start()
  const groupId = await world.makeGroup(['li', 'zhao'])
  const random = seededRandom(3)
  const proxy = await startFlakyProxy({ target: () => world.port, isLost: () => random() < lostShare })
  const flaky = new HostApi({ url: `http://127.0.0.1:${proxy.port}`, apiKey: world.server.ready.apiKey })
  const token = world.token('li')
  const acknowledged: Acknowledgement[] = []
  const numbers = Array.from({ length: sendCount }, (_, at) => at)
  await inParallel(numbers, 48, async (number) => {
    const clientId = `http-${number}`
    const text = `number ${number}`
    const posted = await flaky.call(engineEndpoints.post, {
      params: { groupId } as never,
      body: { clientId, kind: 'text', body: { text } } as never,
      token,
    })
    acknowledged.push({ clientId, text, seq: posted.seq })
  })
  expect(proxy.lost).toBeGreaterThan(sendCount * lostShare * 0.8)
  await proxy.close()
  const check = checkLog(await world.host.readLog(groupId, token), acknowledged)
  expect(check).toEqual({ texts: sendCount, lost: [], doubled: [], gaps: [] })
})

test('[P3] [M6] sends on a socket whose answers are lost are repeated on the next one and stand once', async () => {
  await using world = await FaultWorld.start()
  const people = ['li', 'zhao', 'sun', 'he']
  const groupId = await world.makeGroup(people)
  const random = seededRandom(4)
  const proxy = await startFlakyProxy({ target: () => world.port, isLost: () => random() < 0.03 })
  const speakers = people.map((name) => {
    return new Speaker({ name, groupId, socketUrl: () => world.socketUrl(proxy.port), token: () => world.token(name) })
  })
  await Promise.all(speakers.map((speaker) => speaker.speak(8, sendsEach)))
  await proxy.close()
  const acknowledged = speakers.flatMap((speaker) => speaker.acknowledged)
  const check = checkLog(await world.host.readLog(groupId, world.token('li')), acknowledged)
  expect(check).toEqual({ texts: people.length * sendsEach, lost: [], doubled: [], gaps: [] })
  expect(speakers.flatMap((speaker) => speaker.refused)).toEqual([])
})

test('[M4] 64 identical sends at once make one row, and all learn the same position', async () => {
  await using world = await FaultWorld.start()
  const groupId = await world.makeGroup(['li'])
  const token = world.token('li')
  const posts = Array.from({ length: 64 }, () =>
    world.host.call(engineEndpoints.post, {
      params: { groupId } as never,
      body: { clientId: 'one', kind: 'text', body: { text: 'once' } } as never,
      token,
    }),
  )
  const seqs = new Set((await Promise.all(posts)).map((posted) => posted.seq))
  const log = await world.host.readLog(groupId, token)
  expect(seqs.size).toBe(1)
  expect(log.filter((message) => message.clientId === 'one')).toHaveLength(1)
  // A repeat after a restart still finds it.
  world.server.kill('SIGKILL')
  await world.server.ended
  await world.restart()
  const again = await world.host.call(engineEndpoints.post, {
    params: { groupId } as never,
    body: { clientId: 'one', kind: 'text', body: { text: 'once' } } as never,
    token,
  })
  expect(again).toMatchObject({ seq: [...seqs][0], replayed: true })
})
