/** Decisions at once: what was read before a lock, and locks that are wanted in any order. */
import { refuse, type GroupId } from '@qun/contract'
import { addMembers, disbandGroup, leaveGroup, removeMember, setRole } from '@qun/features/people/membership/contract'
import { storeTrouble } from '@qun/storage'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { EndpointCall } from '../host/feature.ts'
import {
  addLine,
  countRows,
  counter,
  createLab,
  id,
  labEndpoints,
  listLines,
  offer,
  postCounter,
  upTo,
} from '../fixtures.ts'

const lab = createLab()
const open = () => startWorld({ features: lab.features, watching: ['wang', 'sun'] })
const inShop = (world: World) => ({ params: { groupId: world.groupId } })

/** Two sides that go on together: who comes first waits for the other, the first time it comes. */
class Gate {
  readonly #here = Promise.withResolvers<void>()
  readonly #open = Promise.withResolvers<void>()
  #runs = 0
  /** Called within a decision; its later runs pass. */
  async pass(): Promise<void> {
    if (this.#runs++ > 0) return
    this.#here.resolve()
    await this.#open.promise
  }
  get runs(): number {
    return this.#runs
  }
  open(): void {
    this.#open.resolve()
  }
  /** Does something while the decision stands at the gate, then lets it go on. */
  async meanwhile(work: () => Promise<unknown>): Promise<void> {
    await this.#here.promise
    await work()
    this.#open.resolve()
  }
}

describe('what was read before the lock', () => {
  test('[ATOM1] [MEM1] twelve people leave, each three times at once, one of them removed meanwhile', async () => {
    await using world = await open()
    const names = upTo(12).map((n) => `guest-${n}`)
    await world.as('wang').call(addMembers, { ...inShop(world), body: { userIds: await known(world, names) } })
    const leave = (name: string) => refusalOf(world.as(name).call(leaveGroup, { ...inShop(world), body: {} }))
    const remove = refusalOf(
      world.as('he').call(removeMember, { params: { groupId: world.groupId, userId: id('guest-7') }, body: {} }),
    )
    const answers = await Promise.all([...names, ...names, ...names].map(leave))
    await remove
    expect(answers.filter((code) => code !== null && code !== 'group.not_found')).toEqual([])
    const { group } = await world.core.snapshot(world.as('wang').principal, world.groupId)
    expect(group.memberCount).toBe(5)
    const gone = sql<boolean>`name IN ('membership.left', 'membership.removed')`
    expect(await countRows(world, 'facts', gone)).toBe(12)
  })
  test('[ATOM1] who was an admin when the call came and is none when it decides is refused', async () => {
    await using world = await open()
    const gate = new Gate()
    lab.name('slow', async (call: EndpointCall<any>) => {
      await gate.pass()
      await call.group(world.groupId)
      await addLine(call.tx, call.appId, 'decided')
    })
    const asked = refusalOf(world.as('he').call(labEndpoints.admin, { ...inShop(world), body: { step: 'slow' } }))
    const params = { groupId: world.groupId, userId: id('he') }
    await gate.meanwhile(() => world.as('wang').call(setRole, { params, body: { role: 'member' } }))
    expect(await asked).toBe('group.permission')
    expect(await listLines(world)).toEqual([])
  })
  test('[ATOM1] a call that locks nothing of the group is overtaken, too', async () => {
    await using world = await open()
    const gate = new Gate()
    lab.name('own rows', async (call: EndpointCall<any>) => {
      await addLine(call.tx, call.appId, `run ${gate.runs}`)
      await gate.pass()
    })
    const asked = refusalOf(world.as('li').call(labEndpoints.member, { ...inShop(world), body: { step: 'own rows' } }))
    await gate.meanwhile(() => world.as('li').call(leaveGroup, { ...inShop(world), body: {} }))
    expect(await asked).toBe('group.not_found')
    expect(await listLines(world)).toEqual([])
  })
  test.each([
    ['its actor leaves', 'message.not_found', (world: World) => world.as('li').call(leaveGroup, leaving(world))],
    [
      'its actor is removed',
      'message.not_found',
      (world: World) => world.as('wang').call(removeMember, removing(world)),
    ],
    [
      'its group is disbanded',
      'group.dissolved',
      (world: World) => world.as('wang').call(disbandGroup, leaving(world)),
    ],
  ] as const)('[ATOM1] an action during which %s has no effect', async (_what, code, undo) => {
    await using world = await open()
    const gate = new Gate()
    const at = await postCounter(world)
    lab.steps.set('slow', async (call) => {
      await gate.pass()
      call.setState({ total: call.state.total + 1 })
    })
    const asked = refusalOf(world.as('li').act(at, counter, 'do', { step: 'slow' }))
    await gate.meanwhile(() => undo(world))
    expect(await asked).toBe(code)
    expect(await world.read(at, counter)).toEqual({ total: 0 })
  })
  test('[ATOM1] what does not decide is no reason to begin again: a nickname, a word', async () => {
    await using world = await open()
    const gate = new Gate()
    lab.name('slow', async (call: EndpointCall<any>) => {
      await gate.pass()
      await call.group(world.groupId)
    })
    const asked = world.as('li').call(labEndpoints.member, { ...inShop(world), body: { step: 'slow' } })
    await gate.meanwhile(async () => {
      await world.core.putUser(world.as('li').principal.appId, { userId: id('li'), name: '李四' })
      await postCounter(world)
    })
    await asked
    expect(gate.runs).toBe(1)
  })
})
const leaving = (world: World) => ({ ...inShop(world), body: {} })
const removing = (world: World) => ({ params: { groupId: world.groupId, userId: id('li') }, body: {} })
async function known(world: World, names: readonly string[]) {
  for (const name of names) await world.core.putUser(world.as('li').principal.appId, { userId: id(name), name })
  return names.map(id)
}

/** Each has come to its gate with what it took first, or waits for what the other took. */
async function untilBothHold(world: World, gates: readonly Gate[]): Promise<void> {
  for (let looks = 0; looks < 1_000; looks++) {
    const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(world.store.db)
    if ((rows[0]?.n ?? 0) + gates.filter(({ runs }) => runs > 0).length >= gates.length) return
  }
  throw new Error('a decision did not come to its gate')
}
describe('locks wanted in any order', () => {
  /** The things a decision can hold, each by what takes it. */
  async function things(world: World) {
    const second = await world.makeGroup(['wang', 'li'])
    const cards = [await postCounter(world), await postCounter(world)]
    const lockGroup = (groupId: GroupId) => async (call: EndpointCall<any>) => void (await call.group(groupId))
    const addTo = (groupId: GroupId, name: string) => async (call: EndpointCall<any>) =>
      void (await (await call.group(groupId)).addMember(id(name), { source: 'test' }))
    return {
      'card 1': async (call: EndpointCall<any>) => void (await call.card(counter, cards[0]!)),
      'card 2': async (call: EndpointCall<any>) => void (await call.card(counter, cards[1]!)),
      'group 1': lockGroup(world.groupId),
      'group 2': lockGroup(second),
      // Who joins is locked with the group; nobody mentioned them before.
      'person 1': addTo(world.groupId, 'fresh-1'),
      'person 2': addTo(second, 'fresh-2'),
    }
  }
  test('[ATOM3] each two of them in both orders at once: both go through, and the store never had to choose', async () => {
    await using world = await open()
    let conflicts = 0
    const { transaction } = world.store
    Object.assign(world.store, {
      transaction: ((appId, run) =>
        transaction.call(world.store, appId, async (tx) => {
          try {
            return await run(tx)
          } catch (error) {
            if (storeTrouble(error) === 'conflict') conflicts++
            throw error
          }
        })) as typeof transaction,
    })
    const all = Object.entries(await things(world))
    let pairs = 0
    for (const [i, [, first]] of all.entries()) {
      for (const [, second] of all.slice(i + 1)) {
        pairs++
        const gates = [new Gate(), new Gate()] as const
        const both = (gate: Gate, one: typeof first, other: typeof first) =>
          lab.decide(world.as('li'), async (call) => {
            await one(call)
            await gate.pass()
            await other(call)
            call.putUserRecord(id(`mentioned-${pairs}`), offer, 'k', { text: 'x' })
          })
        const made = [both(gates[0], first, second), both(gates[1], second, first)]
        await untilBothHold(world, gates)
        for (const gate of gates) gate.open()
        await Promise.all(made)
      }
    }
    expect(pairs).toBe(15)
    expect(conflicts).toBe(0)
  })
  test('[ATOM3] a decision that is overtaken again and again is refused, to be tried later', async () => {
    await using world = await open()
    let runs = 0
    const role = () => (runs % 2 === 1 ? 'admin' : 'member')
    lab.name('hunted', async (call: EndpointCall<any>) => {
      runs++
      const params = { groupId: world.groupId, userId: id('li') }
      await world.as('wang').call(setRole, { params, body: { role: role() } })
      await call.group(world.groupId)
    })
    const asked = world.as('li').call(labEndpoints.member, { ...inShop(world), body: { step: 'hunted' } })
    expect(await refusalOf(asked)).toBe(refuse('store.unavailable').code)
    expect(runs).toBe(8)
  })
})
