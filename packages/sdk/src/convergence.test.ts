/** A whole client against every disorder a network can make, while its person and others act at random. */
import * as fc from 'fast-check'
import type { GroupHandle, QunClient } from './api.ts'
import { expect, test } from 'vitest'
import { chance } from '../test/clock.ts'
import type { Peer } from '../test/peer.ts'
import { groupId, startOnline, text, type World } from '../test/world.ts'

type Deed =
  | { readonly deed: 'say' | 'send' | 'open' | 'close' | 'older' | 'cut' | 'restore' | 'settle' }
  | { readonly deed: 'state' | 'mine' | 'hide' | 'member' | 'record' | 'deliver'; readonly which: number }
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ deed: fc.constantFrom('say' as const, 'send' as const) }) },
  { weight: 3, arbitrary: fc.record({ deed: fc.constantFrom('settle' as const, 'older' as const) }) },
  { weight: 2, arbitrary: fc.record({ deed: fc.constantFrom('open' as const, 'close' as const, 'cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ deed: fc.constant('restore' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      deed: fc.constantFrom(...(['state', 'mine', 'hide', 'member', 'record', 'deliver'] as const)),
      which: fc.nat(12),
    }),
  },
)

class Run {
  readonly world: World
  readonly sent: string[] = []
  readonly #random: () => number
  readonly #delayed: (() => void)[] = []
  #group: GroupHandle
  #count = 0
  #epoch = 1

  constructor(world: World, random: () => number) {
    this.world = world
    this.#random = random
    this.#group = world.client.open(groupId)
    // Live frames are lost, repeated and held back; answers arrive, as on a real connection.
    world.peer.network = (one, deliver) => {
      if (one.op !== 'changes' || one.id !== undefined) return deliver(one)
      const luck = random()
      if (luck < 0.15) return
      if (luck < 0.3) this.#delayed.push(() => deliver(one))
      else deliver(one)
      if (luck > 0.85) deliver(one)
    }
  }
  async make(one: Deed): Promise<void> {
    const { peer, client, clock } = this.world
    const last = peer.messages(groupId).length
    // Recent ones: some in the view, some just before it, where a page of history may be under way.
    const seq = 'which' in one && last > 0 ? last - (one.which % last) : 0
    const count = ++this.#count
    if (one.deed === 'say') peer.post(groupId, 'wang', `w${count}`, `w${count}`)
    else if (one.deed === 'send') {
      this.sent.push(`s${count}`)
      void this.#group.send(text, `s${count}`)
    } else if (one.deed === 'open') this.#group = client.open(groupId)
    else if (one.deed === 'close') this.#group.close()
    else if (one.deed === 'older') void this.#group.loadOlder().catch(() => {})
    else if (one.deed === 'cut') peer.cut()
    else if (one.deed === 'restore') peer.restore(`e${++this.#epoch}`)
    else if (one.deed === 'settle') await clock.pass(1_000)
    else if (one.deed === 'member') peer.putMember(groupId, `m${one.which}`, `name ${count}`)
    else if (one.deed === 'record') peer.putRecord(groupId, `k${one.which}`, this.#random() < 0.3 ? null : count)
    else if (one.deed === 'deliver') this.#delayed.splice(one.which % (this.#delayed.length + 1), 1)[0]?.()
    else if (seq > 0 && one.deed === 'state') peer.setState(groupId, seq, count)
    else if (seq > 0) peer.setMine(groupId, seq, count, one.deed === 'hide')
  }
  /** The network is whole again; a frame lost as the very last of a stream shows with the next one. */
  async finish(): Promise<void> {
    const { peer, clock } = this.world
    for (const run of this.#delayed) run()
    await clock.pass(60_000)
    peer.network = (one, deliver) => deliver(one)
    peer.putRecord(groupId, 'end', 1)
    peer.setMine(groupId, 1_000, null)
    await clock.pass(120_000)
  }
}

function compare(client: QunClient, peer: Peer, sent: readonly string[]): void {
  const view = client.open(groupId).get()
  const low = view.messages[0]?.seq ?? Number.MAX_SAFE_INTEGER
  const hidden = new Set(peer.mineOf(groupId).flatMap((row) => (row.hidden ? [row.seq] : [])))
  const truth = peer.messages(groupId).filter((row) => !hidden.has(row.seq))
  expect(view.ready).toBe(true)
  expect(view.pending).toEqual([])
  expect(view.version).toBe(peer.groups.get(groupId)?.version)
  expect(view.messages.map(({ mine: _, ...row }) => row)).toEqual(truth.filter((row) => row.seq >= low))
  for (const message of view.messages) {
    expect(message.mine).toEqual(peer.mineOf(groupId).find((row) => row.seq === message.seq))
  }
  if (truth.length > 0 && hidden.size === 0) expect(view.messages.length).toBeGreaterThan(0)
  expect([...view.members.values()]).toEqual(expect.arrayContaining(peer.listRows(groupId, 'member')))
  const records = peer.listRows(groupId, 'record').filter((row) => row.row === 'record' && row.body !== null)
  expect(new Set(view.records.values())).toEqual(new Set(records))
  // Every word of one's own once, in the order it was said.
  const own = peer.messages(groupId).filter((row) => row.senderId === 'li')
  expect(own.map((row) => row.body)).toEqual(sent)
}

test('[M8] [P3] whatever happens in whatever order, the view becomes what the server holds', async () => {
  const deeds = fc.array(deed, { minLength: 20, maxLength: 120, size: 'max' })
  await fc.assert(
    fc.asyncProperty(deeds, fc.nat(1_000_000), async (made, seed) => {
      const world = await startOnline({
        fetch: async (url) => {
          const query = new URL(String(url)).searchParams
          const page = world.peer.history(groupId, Number(query.get('before')), 2)
          // The answer is late: what changes meanwhile arrives before it.
          await new Promise<void>((resolve) => void world.clock.wait(1_500, resolve))
          return Response.json(page)
        },
      })
      const run = new Run(world, chance(seed))
      for (const one of made) await run.make(one)
      world.client.open(groupId)
      await run.finish()
      compare(world.client, world.peer, run.sent)
      world.client.close()
    }),
    { numRuns: 250 },
  )
}, 60_000)
