/** Exactness under load: thousands of posts whose answers get lost. */
import type { AppId, ClientFrame, GroupId, ServerFrame, UserId } from '@qun/contract'
import { features } from '@qun/chat/server'
import { addMembers } from '@qun/features/people/membership/contract'
import { textMessage } from '@qun/features/words/message/contract'
import { lengthOf, seeded, startWorld, type World } from '@qun/testing'
import { expect, test } from 'vitest'
import type { Core, Session } from '../host/host.ts'
import { id, listStored, upTo } from '../fixtures.ts'

/** Ten people post so much: once in ten commits; a tenth of it the other times. */
const postsEach = lengthOf(2_000, 3)

async function invite(world: World, names: readonly string[]): Promise<void> {
  for (const name of names) await world.core.putUser('shop' as AppId, { userId: id(name), name })
  for (let i = 0; i < names.length; i += 100) {
    const userIds = names.slice(i, i + 100).map(id)
    await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds } })
  }
}

/** Posts until every post is acknowledged; a share of the answers is lost, and now and then the whole connection. */
class Sender {
  /** The position each post was acknowledged with, by its key. */
  readonly acked = new Map<string, number>()
  readonly #nodes: readonly Core[]
  readonly #userId: UserId
  readonly #groupId: GroupId
  readonly #random: () => number
  readonly #outstanding = new Map<number, string>()
  #session: Session | undefined
  #connection = 0
  #lastId = 0
  #left: string[] = []
  #finish: () => void = () => undefined

  constructor(nodes: readonly Core[], userId: UserId, groupId: GroupId, random: () => number) {
    this.#nodes = nodes
    this.#userId = userId
    this.#groupId = groupId
    this.#random = random
  }
  run(count: number): Promise<void> {
    this.#left = upTo(count).map((n) => `${this.#userId}-${n}`)
    this.#connect()
    return new Promise((resolve) => (this.#finish = resolve))
  }
  #connect(): void {
    this.#session?.close()
    // What an earlier connection still hears is lost with it.
    const connection = ++this.#connection
    const node = this.#nodes[Math.floor(this.#random() * this.#nodes.length)] as Core
    const lost = [...this.#outstanding.values()]
    this.#outstanding.clear()
    this.#session = node.connect(
      { appId: 'shop' as AppId, userId: this.#userId, guest: false },
      {},
      {
        push: ({ text }) => {
          if (this.#connection === connection && (text.startsWith('{"op":"sent"') || text.startsWith('{"op":"error"')))
            this.#hear(JSON.parse(text) as ServerFrame)
        },
        close: () => undefined,
      },
    )
    for (const clientId of lost) this.#send(clientId)
    this.#fill()
  }
  #fill(): void {
    while (this.#outstanding.size < 40 && this.#left.length > 0) this.#send(this.#left.shift() as string)
    if (this.#outstanding.size > 0) return
    this.#session?.close()
    this.#finish()
  }
  #send(clientId: string): void {
    const frameId = ++this.#lastId
    this.#outstanding.set(frameId, clientId)
    const body = { text: `${clientId} 说` }
    this.#session?.receive({
      op: 'send',
      id: frameId,
      groupId: this.#groupId,
      kind: textMessage.kind,
      body,
      clientId,
    } as unknown as ClientFrame)
  }
  #hear(frame: ServerFrame): void {
    if (!('id' in frame) || frame.id === undefined) return
    const clientId = this.#outstanding.get(frame.id)
    if (clientId === undefined) return
    const chance = this.#random()
    if (chance < 0.002) return this.#connect()
    this.#outstanding.delete(frame.id)
    // A lost answer looks like none: the same post is sent again.
    if (frame.op !== 'sent' || chance < 0.2) return this.#send(clientId)
    expect(this.acked.has(clientId)).toBe(false)
    this.acked.set(clientId, frame.seq)
    this.#fill()
  }
}

test('[LOG1] [LOG8] twenty thousand posts whose answers are lost one time in five stand in the log once each', async () => {
  await using world = await startWorld({ features, watching: [] })
  const nodes = [world.core, await world.startNode()]
  const random = seeded(20_260_101)
  const names = upTo(10).map((n) => `sender-${n}`)
  await invite(world, names)
  const senders = names.map((name) => new Sender(nodes, id(name), world.groupId, random))
  await Promise.all(senders.map((sender) => sender.run(postsEach)))
  const acked = new Map(senders.flatMap((sender) => [...sender.acked]))
  expect(acked.size).toBe(names.length * postsEach)
  const stored = await listStored(world)
  expect(stored.map((row) => row.seq)).toEqual(upTo(stored.length))
  const said = stored.filter((row) => row.kind === textMessage.kind)
  expect(said).toHaveLength(names.length * postsEach)
  expect(said.filter((row) => acked.get(row.client_id) !== row.seq)).toEqual([])
  expect(said.map((row) => row.ordinal)).toEqual(upTo(names.length * postsEach))
})
