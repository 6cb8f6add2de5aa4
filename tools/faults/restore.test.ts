/** The database put back to an earlier state under clients, once by recovery and once as a copy of files. */
import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startEmbedded, type Embedded } from '@qun/storage'
import { expect, test } from 'vitest'
import { makeWorkFolder } from '../bench/work-folder.ts'
import { FaultWorld } from './fault-world.ts'
import { startFlakyProxy, type FlakyProxy } from './flaky-proxy.ts'
import { runQun, Talk } from './talk.ts'

const groups = 6

/** A database behind a proxy, whose files can be copied away and back. */
class Restorable {
  readonly url: string
  readonly proxy: FlakyProxy
  readonly #folder: string
  #database: Embedded

  static async start(): Promise<Restorable> {
    const folder = makeWorkFolder('qun-faults-restore')
    const database = await startEmbedded({ dataDir: folder })
    const target = () => Number(new URL(restorable.#database.url).port)
    const restorable: Restorable = new Restorable(folder, database, await startFlakyProxy({ target }))
    return restorable
  }
  private constructor(folder: string, database: Embedded, proxy: FlakyProxy) {
    this.#folder = folder
    this.#database = database
    this.proxy = proxy
    const url = new URL(database.url)
    url.port = String(proxy.port)
    this.url = url.href
  }
  async #while(work: () => Promise<void>): Promise<void> {
    this.proxy.shut()
    await this.#database.stop()
    await work()
    this.#database = await startEmbedded({ dataDir: this.#folder, settings: { restore_command: 'false' } })
    this.proxy.open()
  }
  get #cluster(): string {
    return join(this.#folder, 'postgres')
  }
  backUp(): Promise<void> {
    return this.#while(async () => copy(this.#cluster, join(this.#folder, 'backup')))
  }
  /** `recovers`: as an archive recovery does it, which begins a timeline of its own; else the bare files. */
  putBack(recovers: boolean): Promise<void> {
    return this.#while(async () => {
      await rm(this.#cluster, { recursive: true })
      copy(join(this.#folder, 'backup'), this.#cluster)
      if (recovers) await writeFile(join(this.#cluster, 'recovery.signal'), '')
    })
  }
  async stop(): Promise<void> {
    await this.proxy.close()
    await this.#database.stop()
  }
}

/** With owners and modes, which the server insists on. */
function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to])
}

test('[M18] [SYNC19] clients of a database that was put back hold what it holds, and nothing of what is lost', async () => {
  const database = await Restorable.start()
  try {
    await using world = await FaultWorld.start(['--database', database.url])
    const epoch = async () => ((await (await fetch(`http://127.0.0.1:${world.port}/version`)).json()) as any).epoch
    const talk = await Talk.start(world, groups)
    talk.speak(1)
    await pause(3_000)
    expect(await talk.fallSilent()).toEqual([])
    await talk.say('before')
    await database.backUp()
    await talk.say('lost')
    const first = await epoch()

    await database.putBack(true)
    await talk.say('after')
    const second = await epoch()
    expect(second).not.toBe(first)
    expect(talk.holds('lost')).toBe(false)

    // A copy of files tells nothing of itself: the operator says so while the server is down.
    await talk.say('lost-too')
    world.server.kill('SIGTERM')
    await world.server.ended
    await database.putBack(false)
    const environment = { QUN_DATA: world.dataDir, QUN_DATABASE_URL: database.url }
    expect(await runQun(['restored'], environment)).toMatchObject({ status: 0 })
    await world.restart()
    expect(await epoch()).not.toBe(first)
    await talk.say('at-last')
    expect(['lost', 'after', 'lost-too'].filter((text) => talk.holds(text))).toEqual([])
    await talk.prove(environment)
  } finally {
    await database.stop()
  }
})
