/** The hint bus against the bus contract and its own promises, on wires that lose what a test says. */
import { HintRoom, turns, WorldTime } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { createHintBus, type HintBus } from './hint-bus.ts'
import { decodeSaid, textBytesMax, wholeBytesMax } from './hint-wire.ts'
import { busSuite } from './suite.ts'

function openRoom() {
  const room = new HintRoom()
  const time = new WorldTime()
  const reported: unknown[] = []
  let nodes = 0
  const start = () => {
    const wire = room.wire()
    const bus = createHintBus({
      wire,
      nodeId: `n${++nodes}`,
      elapsed: () => time.now(),
      wait: time.wait,
      onError: (error) => reported.push(error),
    })
    return { bus, wire }
  }
  const pass = async (ms: number) => {
    const end = time.now() + ms
    await turns()
    while (time.now() < end) {
      time.moveTo(Math.min(end, time.nextAt(end) ?? end))
      await turns()
    }
  }
  return { room, time, reported, start, pass }
}
const countLooks = (bus: HintBus) => {
  const looks = { count: 0 }
  bus.onLoss?.(() => looks.count++)
  return looks
}

busSuite('hints', async () => {
  const { start, pass, reported } = openRoom()
  const [here, there] = [start().bus, start().bus]
  await pass(0)
  return { here, there, settle: () => pass(200), reported, bytesMax: wholeBytesMax - 20 }
})

describe('[NODE1] hints', () => {
  test('[NODE1] the publisher hears the message at once, the other node its version, in one text for all of a flush', async () => {
    const { room, start, pass } = openRoom()
    const [here, there] = [start().bus, start().bus]
    await pass(1_000)
    const heard: unknown[] = []
    here.subscribe('t', (message) => heard.push(message))
    there.subscribe(
      't',
      (message) => heard.push(message),
      (version) => heard.push(version),
    )
    room.said.length = 0
    here.publish('t', 'x'.repeat(1_000_000), 1)
    await turns()
    expect(heard).toEqual(['x'.repeat(1_000_000), 1])
    for (let version = 2; version <= 500; version++) here.publish('t', 'y', version)
    await pass(200)
    expect(heard.filter((one) => typeof one === 'number')).toEqual([1, 500])
    expect(room.said.filter((text) => decodeSaid(text)?.hints !== undefined)).toHaveLength(2)
  })
  test('[NODE3] a node alone says nothing but hello, and runs no timer', async () => {
    const { room, time, start, pass } = openRoom()
    const { bus } = start()
    await pass(6_000)
    for (let version = 1; version <= 1_000; version++) bus.publish('t', 'y', version)
    await pass(10_000)
    expect(room.said.map((text) => decodeSaid(text)?.mark)).toEqual(['hello'])
    expect(time.nextAt(Number.POSITIVE_INFINITY)).toBeUndefined()
    expect(bus.isReliable).toBe(true)
  })
  test('[NODE3] very many topics go out in texts below the limit, at most sixteen every 50 ms, and all arrive', async () => {
    const { room, start, pass } = openRoom()
    const [here, there] = [start().bus, start().bus]
    await pass(1_000)
    const heard = new Set<string>()
    const topics = Array.from({ length: 20_000 }, (_, n) => `t${n}`)
    for (const topic of topics)
      there.subscribe(
        topic,
        () => undefined,
        () => heard.add(topic),
      )
    room.said.length = 0
    for (const topic of topics) here.publish(topic, 'm', 1_000_000_000)
    for (let n = 0; n < 50; n++) here.publish('t0', '群'.repeat(2_000))
    await pass(49)
    expect(room.said).toHaveLength(16)
    await pass(450)
    expect(room.said.length).toBeLessThanOrEqual(16 * 10)
    expect(Math.max(...room.said.map((text) => Buffer.byteLength(text)))).toBeLessThan(textBytesMax)
    await pass(5_000)
    expect(heard.size).toBe(topics.length)
  })
})

describe('[NODE2] a loss', () => {
  test('[NODE2] of any text is noticed: by the next one, or by the beat when nothing follows', async () => {
    const { room, start, pass } = openRoom()
    const [here, there] = [start().bus, start().bus]
    await pass(1_000)
    const looks = countLooks(there)
    here.publish('t', 'm', 1)
    await pass(1_000)
    expect(looks.count).toBe(0)
    let lost = 0
    room.isLost = (text) => decodeSaid(text)?.hints !== undefined && ++lost === 1
    here.publish('t', 'm', 2)
    await pass(1_000)
    expect(looks.count).toBe(1)
    lost = 0
    here.publish('t', 'm', 3)
    await pass(50)
    here.publish('t', 'm', 4)
    await pass(1)
    expect(looks.count).toBe(2)
  })
  test('[NODE2] of a message too long to travel, of too much at once, and of a wire that breaks', async () => {
    const { start, pass } = openRoom()
    const [here, there] = [start(), start()]
    await pass(1_000)
    const looks = countLooks(there.bus)
    here.bus.publish('t', 'x'.repeat(textBytesMax))
    await pass(1_000)
    expect(looks.count).toBe(1)
    for (let n = 0; n < 60_000; n++) here.bus.publish(`t${n}`, 'm', 1)
    await pass(3_000)
    expect(looks.count).toBeGreaterThanOrEqual(2)
    const before = looks.count
    there.wire.break()
    expect(there.bus.isReliable).toBe(false)
    here.bus.publish('t', 'm', 9)
    await pass(100)
    there.wire.mend()
    await pass(100)
    expect(there.bus.isReliable).toBe(true)
    expect(looks.count).toBeGreaterThan(before)
  })
  test('[NODE2] of what was published before the other node was known, or while it was thought gone', async () => {
    const { room, start, pass } = openRoom()
    const here = start()
    await pass(0)
    here.bus.publish('t', 'm', 1)
    const there = start()
    const looks = countLooks(there.bus)
    await pass(100)
    expect(looks.count).toBeGreaterThanOrEqual(1)
    expect([here.bus.others, there.bus.others]).toEqual([1, 1])
    // A stopped process: nothing of it is heard, and it hears all once it goes on.
    room.isLost = (_, wire) => wire === 0
    await pass(12_000)
    expect(here.bus.others).toBe(0)
    here.bus.publish('t', 'm', 2)
    room.isLost = () => false
    const before = looks.count
    await pass(1_000)
    expect(looks.count).toBeGreaterThan(before)
    expect([here.bus.others, there.bus.others]).toEqual([1, 1])
  })
  test('[NODE2] a node that falls silent is looked after until it is gone; one that says bye is not', async () => {
    const { start, pass } = openRoom()
    const [here, there, third] = [start(), start(), start()]
    await pass(1_000)
    const looks = countLooks(there.bus)
    here.bus.publish('t', 'm', 1)
    await here.bus.close()
    await pass(20_000)
    expect([looks.count, there.bus.others]).toEqual([0, 1])
    third.wire.break()
    await pass(1_900)
    expect(looks.count).toBeGreaterThanOrEqual(1)
    await pass(20_000)
    expect(there.bus.others).toBe(0)
    const after = looks.count
    await pass(20_000)
    expect(looks.count).toBe(after)
  })
})
