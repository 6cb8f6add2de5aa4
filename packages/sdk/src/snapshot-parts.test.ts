/** Parts of a snapshot whose group is asked for again before the first answer is in. */
import type { ServerFrame } from '@qun/contract'
import { expect, test } from 'vitest'
import { settle } from '../test/clock.ts'
import { groupId, startOnline } from '../test/world.ts'

/** A server whose records come as a part, on a line that takes its time until it is let go. */
async function slowLine() {
  const { peer, client, clock } = await startOnline()
  for (let n = 0; n < 10; n++) peer.putRecord(groupId, `${n}`, { text: 'x' })
  const waiting: (() => void)[] = []
  let isSlow = true
  peer.network = (frame, deliver) => {
    const frames: ServerFrame[] =
      frame.op === 'snapshot'
        ? [
            { op: 'part', stream: frame.stream, rows: frame.records, id: frame.id! },
            { ...frame, records: [] },
          ]
        : [frame]
    for (const one of frames)
      if (isSlow) waiting.push(() => deliver(one))
      else deliver(one)
  }
  const letGo = async () => {
    isSlow = false
    for (const deliver of waiting.splice(0)) deliver()
    await settle()
  }
  return { client, clock, letGo }
}

test('[SYNC21] a group closed and opened again meanwhile shows all of it', async () => {
  const { client, letGo } = await slowLine()
  const first = client.open(groupId)
  await settle()
  first.close()
  await settle()
  const second = client.open(groupId)
  await settle()
  await letGo()
  expect(second.get().records.size).toBe(10)
})

test('[SYNC21] a group asked for again because the line was slow shows all of it', async () => {
  const { client, clock, letGo } = await slowLine()
  const group = client.open(groupId)
  await settle()
  await clock.pass(19_000)
  await letGo()
  expect(group.get().records.size).toBe(10)
  await clock.pass(60_000)
  expect(group.get().records.size).toBe(10)
})
