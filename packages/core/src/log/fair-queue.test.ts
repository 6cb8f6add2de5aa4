/** Owners take turns, and nothing is lost or overtakes its own. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FairQueue } from './fair-queue.ts'

interface Item {
  readonly owner: string
  readonly n: number
}
const filled = (owners: readonly string[]) => {
  const queue = new FairQueue<Item>(({ owner }) => owner)
  for (const [n, owner] of owners.entries()) queue.add({ owner, n })
  return queue
}
const drained = (queue: FairQueue<Item>) => {
  const taken: Item[] = []
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item)
  return taken
}
const owners = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 })

test('[LOG18] whoever waits is passed once at most by each other owner, and each keeps its order', () => {
  fc.assert(
    fc.property(owners, (list) => {
      const taken = drained(filled(list))
      expect(taken.map((item) => item.n).toSorted((a, b) => a - b)).toEqual(list.map((_, n) => n))
      for (const [at, { owner, n }] of taken.entries()) {
        const before = taken.slice(0, at)
        const own = before.filter((item) => item.owner === owner).length
        expect(before.filter((item) => item.owner === owner && item.n > n)).toEqual([])
        for (const other of ['a', 'b', 'c']) {
          if (other !== owner) expect(before.filter((item) => item.owner === other).length).toBeLessThanOrEqual(own + 1)
        }
      }
    }),
  )
})
test('[LOG18] what is put back comes next again, in its order', () => {
  fc.assert(
    fc.property(owners, fc.nat(20), (list, count) => {
      const queue = filled(list)
      const taken: Item[] = []
      for (let i = 0; i < count; i++) {
        const item = queue.take()
        if (item !== undefined) taken.push(item)
      }
      queue.putBack(taken)
      expect(queue.length).toBe(list.length)
      for (const owner of ['a', 'b', 'c']) {
        const rest = list.flatMap((name, n) => (name === owner ? [n] : []))
        expect(
          drained(filled(list))
            .filter((item) => item.owner === owner)
            .map((item) => item.n),
        ).toEqual(rest)
      }
      expect(
        drained(queue)
          .map((item) => item.n)
          .toSorted((a, b) => a - b),
      ).toEqual(list.map((_, n) => n))
    }),
  )
})
test('a queue that is never empty gives back the room of what was taken', () => {
  const queue = filled(['a', 'a'])
  for (let n = 2; n < 5_000; n++) {
    queue.add({ owner: 'a', n })
    expect(queue.take()?.n).toBe(n - 2)
  }
})
