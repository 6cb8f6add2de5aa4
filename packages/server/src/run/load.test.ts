/** How much a process works, and what it gives back when nobody waits. */
import { expect, test } from 'vitest'
import { ProcessLoad } from './load.ts'

const megabytes = 1_048_576
function watched() {
  const seen = { share: 0, resident: 20 * megabytes, kept: 30 * megabytes, collected: 0 }
  const load = new ProcessLoad({
    workedShare: () => seen.share,
    residentBytes: () => seen.resident,
    collect: () => {
      seen.collected += 1
      seen.resident = seen.kept
    },
  })
  return { seen, load }
}

test('[RUN8] a process is busy while it works most of its time', () => {
  const { seen, load } = watched()
  const shares = [0, 0.5, 0.51, 0.95, 0.3].map((share) => {
    seen.share = share
    load.look()
    return load.isBusy()
  })
  expect(shares).toEqual([false, false, true, true, false])
})

test('[RUN8] what much work left is given back once it is over for two seconds, and not again for little', () => {
  const { seen, load } = watched()
  const rest = () => {
    for (let look = 0; look < 4; look++) load.look()
  }
  seen.resident = 100 * megabytes
  seen.share = 0.9
  rest()
  expect(seen.collected).toBe(0)
  seen.share = 0.09
  for (let look = 0; look < 3; look++) load.look()
  seen.share = 0.11
  load.look()
  seen.share = 0.09
  for (let look = 0; look < 3; look++) load.look()
  expect(seen.collected).toBe(0)
  load.look()
  expect(seen.collected).toBe(1)
  seen.resident = 60 * megabytes
  rest()
  expect(seen.collected).toBe(1)
  seen.resident = 80 * megabytes
  rest()
  expect(seen.collected).toBe(2)
  // What was collected goes back later than at once: the next litter is measured from there.
  seen.kept = 100 * megabytes
  seen.resident = 150 * megabytes
  rest()
  expect(seen.collected).toBe(3)
  seen.resident = 40 * megabytes
  rest()
  seen.resident = 100 * megabytes
  rest()
  expect(seen.collected).toBe(4)
  // Much is held that lives: a quarter of it is little.
  seen.kept = 400 * megabytes
  seen.resident = 500 * megabytes
  rest()
  seen.resident = 490 * megabytes
  rest()
  expect(seen.collected).toBe(5)
})

test('[RUN8] the process tells of itself, and its collector is within reach of nothing else', () => {
  const load = new ProcessLoad()
  load.look()
  expect(typeof load.isBusy()).toBe('boolean')
  expect((globalThis as { gc?: unknown }).gc).toBeUndefined()
})
