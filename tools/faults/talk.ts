/**
 * What a fault run leaves must hold: people speak in several groups and listen with real clients while a test breaks
 * things; at the end nothing acknowledged is lost, each client holds a fresh reading, the auditor finds nothing, and
 * every group takes a post.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { engineEndpoints } from '@qun/contract'
import { createClient, type GroupHandle, type QunClient } from '@qun/sdk'
import { expect } from 'vitest'
import { inParallel } from '../bench/host-api.ts'
import { hashLog } from '../replay/proof.ts'
import { checkLog, type FaultWorld } from './fault-world.ts'
import { Speaker } from './speaker.ts'

/** After the last fault everybody is answered and everybody has heard all within this time. */
const calmWithinMs = 60_000

interface Listener {
  readonly userId: string
  readonly groupId: string
  readonly client: QunClient
  readonly group: GroupHandle
}

export class Talk {
  readonly speakers: Speaker[] = []
  readonly listeners: Listener[] = []
  readonly #world: FaultWorld
  readonly groups: { readonly groupId: string; readonly owner: string }[] = []
  #speaking: Promise<unknown> = Promise.resolve()

  /** Groups of two speakers and one who listens on each of the ports. */
  static async start(world: FaultWorld, groups: number, ports: readonly number[] = [world.port]): Promise<Talk> {
    const talk = new Talk(world)
    const numbers = Array.from({ length: groups }, (_, n) => n)
    await inParallel(numbers, 8, (n) => talk.#addGroup(n, ports))
    return talk
  }
  private constructor(world: FaultWorld) {
    this.#world = world
  }
  async #addGroup(n: number, ports: readonly number[]): Promise<void> {
    const [owner, other] = [`speaker-${n}-a`, `speaker-${n}-b`]
    const listening = ports.map((_, at) => `listener-${n}-${at}`)
    const groupId = await this.#world.makeGroup([owner, other, ...listening])
    this.groups.push({ groupId, owner })
    for (const [at, name] of [owner, other].entries()) {
      const socketUrl = () => this.#world.socketUrl(ports[at % ports.length])
      this.speakers.push(new Speaker({ name, groupId, socketUrl, token: () => this.#world.token(name) }))
    }
    for (const [at, userId] of listening.entries()) {
      const url = `http://127.0.0.1:${ports[at]}`
      const client = createClient({ url, token: async () => this.#world.token(userId) })
      client.connect()
      this.listeners.push({ userId, groupId, client, group: client.open(groupId) })
    }
  }
  get acknowledged(): number {
    return this.speakers.reduce((sum, speaker) => sum + speaker.acknowledged.length, 0)
  }
  speak(window: number): void {
    this.#speaking = Promise.all(this.speakers.map((speaker) => speaker.speak(window)))
  }
  /** Waits until everything under way is answered; says who is not. */
  async fallSilent(): Promise<string[]> {
    for (const speaker of this.speakers) speaker.stop(true)
    await Promise.race([this.#speaking, pause(calmWithinMs)])
    const stuck = this.speakers.filter((speaker) => speaker.underWay > 0).map((speaker) => speaker.name)
    for (const speaker of this.speakers) speaker.stop(false)
    return stuck
  }
  async #postOnce(groupId: string, owner: string): Promise<number> {
    const path = engineEndpoints.post.path.replace(':groupId', groupId)
    const answer = await fetch(`http://127.0.0.1:${this.#world.port}/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#world.token(owner)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ clientId: 'last', kind: 'text', body: { text: 'the last word' } }),
    })
    return answer.status
  }

  /** One text into every group, repeated until it is taken; returns when all who listen hold it. */
  async say(text: string): Promise<void> {
    for (const { groupId, owner } of this.groups) {
      await this.#world.host.call(engineEndpoints.post, {
        params: { groupId } as never,
        body: { clientId: text, kind: 'text', body: { text } } as never,
        token: this.#world.token(owner),
      })
    }
    const until = performance.now() + calmWithinMs
    while (!this.listeners.every((listener) => hasText(listener, text)) && performance.now() < until) await pause(50)
    const deaf = this.listeners.filter((listener) => !hasText(listener, text)).map(({ userId }) => userId)
    expect({ text, deaf }).toEqual({ text, deaf: [] })
  }
  /** Whether anybody who listens holds this text. */
  holds(text: string): boolean {
    return this.listeners.some((listener) => hasText(listener, text))
  }

  /** All that must hold. */
  async prove(environment: Record<string, string>): Promise<void> {
    const stuck = await this.fallSilent()
    const refusedPosts: string[] = []
    for (const { groupId, owner } of this.groups) {
      const status = await this.#postOnce(groupId, owner)
      if (status !== 200 && status !== 201) refusedPosts.push(`${groupId}: ${status}`)
    }
    const audited = await audit(environment)
    expect({ stuck, refusedPosts, bad: audited.bad }).toEqual({ stuck: [], refusedPosts: [], bad: [] })
    expect(audited.said).toMatch(/\d+ checks, 0 differences/)
    for (const { groupId, owner } of this.groups) {
      const log = await this.#world.host.readLog(groupId, this.#world.token(owner))
      const mine = this.speakers.filter((speaker) => speaker.groupId === groupId)
      const acknowledged = mine.flatMap((speaker) => speaker.acknowledged)
      const { lost, doubled, gaps } = checkLog(log, acknowledged)
      expect({ groupId, lost, doubled, gaps }).toEqual({ groupId, lost: [], doubled: [], gaps: [] })
      const wanted = hashLog(log)
      for (const listener of this.listeners.filter((one) => one.groupId === groupId)) {
        const isSame = await this.#hasAll(listener.group, log.length, wanted)
        expect({ who: listener.userId, isSame }).toEqual({ who: listener.userId, isSame: true })
      }
    }
    for (const { client } of this.listeners) client.close()
    expect(this.speakers.flatMap((speaker) => speaker.refused)).toEqual([])
  }
  async #hasAll(group: GroupHandle, count: number, wanted: string): Promise<boolean> {
    const until = performance.now() + calmWithinMs
    const isThere = () => group.get().ready && (group.get().messages.at(-1)?.seq ?? 0) === count
    while (!isThere() && performance.now() < until) await pause(50)
    while (!group.get().atStart && performance.now() < until) await group.loadOlder()
    return hashLog(group.get().messages) === wanted
  }
}

function hasText({ group }: Listener, text: string): boolean {
  return group.get().messages.some(({ body }) => (body as { text?: string } | null)?.text === text)
}

/** What `qun doctor --check` says. */
export async function audit(environment: Record<string, string>): Promise<{ said: string; bad: string[] }> {
  const { said } = await runQun(['doctor', '--check'], environment)
  return { said, bad: said.split('\n').filter((line) => line.startsWith('BAD')) }
}
/** Runs a command of `qun` to its end; this process goes on meanwhile, since it may hold the way to the database. */
export async function runQun(words: readonly string[], environment: Record<string, string>) {
  const cli = join(import.meta.dirname, '../../apps/server/src/cli.ts')
  const child = spawn(process.execPath, [cli, ...words], { env: { ...process.env, ...environment } })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, said }
}
