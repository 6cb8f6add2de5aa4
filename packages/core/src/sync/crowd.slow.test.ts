/** A whole group of five hundred acts on one card: what each of them is sent of it. */
import { appId, startWorld, turns } from '@qun/testing'
import { expect, test } from 'vitest'
import { counter, createLab, id, upTo } from '../fixtures.ts'

const memberCount = 500
const spanMs = 2_000
const stepMs = 20
/** The promise: a card's changes reach a viewer this far apart. */
const apartMs = 100

test('[LIMIT7] five hundred act on one card in two seconds: each is sent a change in 100 ms at most, and one end', async () => {
  await using world = await startWorld({ features: createLab().features, watching: [] })
  const names = upTo(memberCount).map((n) => `m${n}`)
  for (const name of names) await world.core.putUser(appId, { userId: id(name), name })
  const groupId = await world.makeGroup(names)
  const at = await world.as(names[0]!).post(groupId, counter, { title: '众人' })
  const lines = names.map((name) => world.listen(name))
  await world.settle()
  for (const line of lines) line.subscribe(groupId)
  await world.settle()
  const group = `group/${groupId}` as const
  /** When each viewer was sent the card, by the world's clock. */
  const sentAt = lines.map((): number[] => [])
  const seen = lines.map((line) => line.changesOf(group).length)
  const look = () => {
    for (const [i, line] of lines.entries()) {
      const frames = line.changesOf(group)
      for (const frame of frames.slice(seen[i]))
        if (frame.rows.some((row) => row.row === 'message' && row.seq === at.seq)) sentAt[i]!.push(world.time.now())
      seen[i] = frames.length
    }
  }
  const perStep = memberCount / (spanMs / stepMs)
  for (let first = 0; first < memberCount; first += perStep) {
    const acting = names.slice(first, first + perStep)
    await Promise.all(acting.map((name) => world.as(name).act(at, counter, 'add', { by: 1 })))
    await turns(20)
    look()
    world.time.moveTo(world.time.now() + stepMs)
    await turns(20)
    look()
  }
  await world.settle()
  look()
  for (const [i, line] of lines.entries()) {
    const times = sentAt[i]!
    const gaps = times.slice(1).map((time, n) => time - times[n]!)
    expect(Math.min(...gaps), names[i]).toBeGreaterThanOrEqual(apartMs)
    expect(times.length, names[i]).toBeGreaterThan(10)
    const rows = line.changesOf(group).flatMap((frame) => frame.rows)
    const last = rows.findLast((row) => row.row === 'message' && row.seq === at.seq)
    expect(last, names[i]).toMatchObject({ state: { total: memberCount } })
  }
})
