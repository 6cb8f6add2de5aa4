/** Least rates: of what is sent to us in each window, of what is read from us over the whole of it. */
import { expect, test } from 'vitest'
import { Pace, paceLimits } from './pace.ts'
import { Reading } from './reading.ts'
import { Sending, sendingLimits } from './sending.ts'

const { windowBytesMin, windowMs, graceMs } = paceLimits
const floor = windowBytesMin / windowMs

function start() {
  const time = { now: 0 }
  const pace = new Pace(() => time.now)
  pace.stop()
  const ends: string[] = []
  const pass = (ms: number) => {
    for (const end = time.now + ms; time.now < end;) {
      time.now = Math.min(end, time.now + 1_000)
      pace.look()
    }
  }
  const send = () => {
    const told = { tooSlow: () => void ends.push('too slow'), stalled: () => void ends.push('stalled') }
    return pace.begin(new Sending(pace.elapsed, told))
  }
  return { pace, ends, pass, send, time }
}

test('[SPOOL7] a first byte that does not follow the head within five seconds is too late', () => {
  const { pace, ends, pass, send } = start()
  const prompt = send()
  send()
  pass(sendingLimits.firstByteMs - 1)
  prompt.arrived(1)
  expect(ends).toEqual([])
  pass(1)
  expect([ends, pace.count]).toEqual([['too slow'], 1])
  pass(graceMs + windowMs - 2)
  expect(ends.length).toBe(1)
  pass(1)
  expect([ends, pace.count]).toEqual([['too slow', 'too slow'], 0])
})
test('[SPOOL7] while the disk keeps a sender waiting, their time stands still; a disk that stands still is told as such', async () => {
  const { ends, pass, send } = start()
  const sending = send()
  for (let n = 0; n < 10; n++) {
    const gate = Promise.withResolvers<void>()
    const kept = sending.keeping(gate.promise)
    pass(sendingLimits.stallMs - 1)
    gate.resolve()
    await kept
    pass(400)
    if (n === 0) sending.arrived(1)
  }
  expect(ends).toEqual([])
  void sending.keeping(Promise.withResolvers<void>().promise)
  pass(sendingLimits.stallMs)
  expect(ends).toEqual(['stalled'])
})
test('[SPOOL7] a rest that a sender’s share of the machine asks for is neither their slowness nor the disk’s', async () => {
  const { ends, pass, send } = start()
  const sending = send()
  sending.arrived(1)
  const rest = Promise.withResolvers<void>()
  const rested = sending.resting(rest.promise)
  pass(20 * windowMs)
  rest.resolve()
  await rested
  expect(ends).toEqual([])
  pass(graceMs + windowMs)
  expect(ends).toEqual(['too slow'])
})
test('[SPOOL11] who reads at the least rate is never cut, in whatever bursts the line takes it; who reads less is', () => {
  // A kernel takes megabytes at once, and asks again when a third of them was read.
  for (const burst of [windowBytesMin, 1_400_000, 2_500_000]) {
    const { pace, ends, pass, time } = start()
    const readAt = (share: number) => {
      const startedAt = time.now
      const taken = () =>
        (time.now > startedAt ? 2 * burst : 0) + Math.floor(((time.now - startedAt) * floor * share) / burst) * burst
      return pace.begin(new Reading(time.now, taken, () => void ends.push(`cut at ${share}`)))
    }
    const slow = readAt(1)
    pass((18 * burst) / floor)
    expect([ends, pace.count]).toEqual([[], 1])
    pace.end(slow)
    readAt(0)
    pass(graceMs + windowMs + (2 * burst) / floor)
    expect(ends).toEqual(['cut at 0'])
  }
})
