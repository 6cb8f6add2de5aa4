/** A store that is put back under those who hear it: whoever knows what is lost starts over. */
import { Client } from 'pg'
import { sql } from 'kysely'
import { startWorld, type World } from '@qun/testing'
import { expect, inject, test } from 'vitest'
import { renewEpoch } from '../ground/epoch.ts'
import { createLab, note, upTo } from '../fixtures.ts'

const { features } = createLab()
const say = (world: World, text: string) => world.as('wang').post(world.groupId, note, { text })

/** Copies, renames and drops databases of the test run's server, whoever is in them. */
class Backups {
  readonly #admin = new Client({ connectionString: inject('pgUrl') })
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
  static async open(world: World): Promise<Backups> {
    const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(world.store.db)
    const backups = new Backups(rows[0]!.name)
    await backups.#admin.connect()
    return backups
  }
  async #empty(name: string): Promise<void> {
    await this.#admin.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`,
      [name],
    )
  }
  async take(): Promise<void> {
    await this.#empty(this.name)
    await this.#admin.query(`CREATE DATABASE ${this.name}_backup TEMPLATE ${this.name} STRATEGY file_copy`)
  }
  async putBack(): Promise<void> {
    await this.#empty(this.name)
    await this.#admin.query(`ALTER DATABASE ${this.name} RENAME TO ${this.name}_lost`)
    await this.#admin.query(`ALTER DATABASE ${this.name}_backup RENAME TO ${this.name}`)
  }
  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of ['backup', 'lost'])
      await this.#admin.query(`DROP DATABASE IF EXISTS ${this.name}_${end} WITH (FORCE)`)
    await this.#admin.end()
  }
}

test('[SYNC19] [M18] after a restore whoever knows what is lost is cut, comes back to another epoch and holds what a fresh reading gives', async () => {
  await using world = await startWorld({ features, watching: [] })
  await using backups = await Backups.open(world)
  for (const n of upTo(5)) await say(world, `从前 ${n}`)
  await backups.take()
  const line = world.listen('li')
  await world.settle()
  line.subscribe(world.groupId)
  for (const n of upTo(5)) await say(world, `丢了 ${n}`)
  await world.settle()
  const before = world.core.epoch
  const { version } = await world.core.conversations(world.as('li').principal)
  expect(line.list('hello')[0]?.epoch).toBe(before)

  await backups.putBack()
  // Another store: nothing of the former is told to who hears of it.
  while (line.closing === undefined) await say(world, '还在吗').catch(() => undefined)
  expect(line.closing).toEqual({ code: 1013, reason: 'sync.reset' })
  expect(world.core.epoch).not.toBe(before)
  for (const n of upTo(5)) await say(world, `后来 ${n}`)

  const back = world.listen('li', { resume: { epoch: before, version } })
  const fresh = world.listen('li')
  await world.settle()
  for (const one of [back, fresh]) one.subscribe(world.groupId)
  await world.settle()
  expect(back.list('hello')[0]?.epoch).toBe(world.core.epoch)
  expect(back.frames).toEqual(fresh.frames)
  const texts = JSON.stringify(back.list('snapshot')[0]?.messages)
  expect(texts).toContain('后来 5')
  expect(texts).not.toContain('丢了')
})

test('[SYNC19] after files were put back the operator’s word gives another epoch, to the next start of each node', async () => {
  await using world = await startWorld({ features, watching: [] })
  const before = world.core.epoch
  await renewEpoch(world.store, () => 'feedfeedfeedfeed')
  const nodes = [await world.startNode(), await world.startNode()]
  expect(nodes[0]?.epoch).not.toBe(before)
  expect(nodes[0]?.epoch).toBe(nodes[1]?.epoch)
})
