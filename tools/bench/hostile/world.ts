/** The shop the hostile bench runs in: a quarter of a million messages, two hundred good people, and who is hostile. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineEndpoints, type AppId, type ParamsOf, type RequestOf } from '@qun/contract'
import { openAdmin, readConfig } from '@qun/server'
import { findRunningEmbedded } from '@qun/storage'
import { Client } from 'pg'
import { big, bigTables } from '../../rows/big-tables.ts'
import type { AppCredentials } from '../group-setup.ts'
import { HostApi, inParallel } from '../host-api.ts'
import { startQun } from '../peers.ts'
import { signToken } from '../wire.ts'
import type { GoodPerson } from './plan.ts'

/**
 * 小李 is in 480 groups and in one of twenty thousand. The messages go into the groups without remainder: 50 in each of
 * 小李's, 100 in each other.
 */
const sizes = { messages: 240_000, members: 20_000, groupsOfOne: 480, groups: 2_497 }
const goodCount = 200
/** Groups of the good people of one app, and how many of them the hostile member is in. */
const goodGroups = 40
const sharedGroups = 10
const groupsEach = 5
/** The apps of good people beside a hostile app. */
const otherApps = 19

export interface World {
  /** The app with the many rows. */
  readonly shop: AppCredentials
  /** Good people of the shop, and as many of the other apps. */
  readonly neighbours: readonly GoodPerson[]
  readonly others: readonly GoodPerson[]
  /** Groups of the shop the good people talk in and 小李 is a member of. */
  readonly sharedIds: readonly string[]
  /** A poll in the first of them. */
  readonly pollSeq: number
}

/** Makes it in the folder, or finds it there. No server runs meanwhile. */
export async function makeWorld(dataDir: string): Promise<World> {
  const path = join(dataDir, 'hostile.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as World
  const names = [big.appId, ...Array.from({ length: otherApps }, (_, at) => `other-${at}`)]
  const apps = await makeApps(dataDir, names)
  const server = await startQun({ dataDir, pinning: null })
  await fill(dataDir)
  const { url } = server.ready
  const [shop, ...rest] = apps
  const here = await makeGood(url, shop!, goodCount, goodGroups)
  const others: GoodPerson[] = []
  for (const [at, app] of rest.entries()) {
    const count = Math.floor(((at + 1) * goodCount) / otherApps) - Math.floor((at * goodCount) / otherApps)
    others.push(...(await makeGood(url, app, count, 3)).people)
  }
  const sharedIds = here.groupIds.slice(0, sharedGroups)
  const host = new HostApi({ url, apiKey: shop!.apiKey })
  for (const groupId of sharedIds) await host.addMembers(groupId, [big.userId], 'good-0')
  await inDatabase(dataDir, async (database) => void (await database.query('ANALYZE')))
  await server.stop()
  const world: World = { shop: shop!, neighbours: here.people, others, sharedIds, pollSeq: here.pollSeqs[0]! }
  writeFileSync(path, JSON.stringify(world))
  return world
}

async function makeApps(dataDir: string, names: readonly string[]): Promise<AppCredentials[]> {
  const made: AppCredentials[] = []
  await using admin = await openAdmin(readConfig({ QUN_DATA: dataDir }).config)
  for (const appId of names) {
    const { kid, secret } = await admin.apps.create({ appId, name: appId })
    if (secret === undefined) throw new Error('an app of the bench has no secret')
    made.push({ apiKey: await admin.apps.addApiKey(appId as AppId, 'bench'), signing: { appId, kid, secret } })
  }
  return made
}

async function inDatabase(dataDir: string, work: (database: Client) => Promise<void>): Promise<void> {
  const database = new Client({ connectionString: await findRunningEmbedded(join(dataDir, 'database')) })
  await database.connect()
  await database.query(`SELECT set_config('qun.app_id', '*', false); SET statement_timeout = 0`)
  await work(database)
  await database.end()
}
const fill = (dataDir: string) =>
  inDatabase(dataDir, async (database) => {
    // Each in a transaction of its own; of traces only what a shop of this size has of them.
    for (const [table, statement] of bigTables(sizes)) {
      await database.query(statement.replaceAll('499999', '99999'))
      await database.query(`ANALYZE ${table}`)
    }
  })

/** People in five groups each, with a poll in every group. The first is in all of them, and their owner. */
async function makeGood(url: string, app: AppCredentials, count: number, groupCount: number) {
  const host = new HostApi({ url, apiKey: app.apiKey })
  const userIds = Array.from({ length: count }, (_, at) => `good-${at}`)
  await inParallel(userIds, 24, (userId) => host.putUser(userId, userId))
  const each = Math.min(groupsEach, groupCount)
  // Person i is in groups i, i + 1 … of the round; the two on their screen are the first two.
  const groupsOf = (at: number) => Array.from({ length: each }, (_, step) => (at + step) % groupCount)
  const groupIds: string[] = []
  const pollSeqs: number[] = []
  await inParallel([...Array(groupCount).keys()], 12, async (number) => {
    const members = userIds.filter((_, at) => at > 0 && groupsOf(at).includes(number))
    const groupId = await host.makeGroup(`Good ${number}`, ['good-0', ...members])
    groupIds[number] = groupId
    pollSeqs[number] = await postPoll(host, app, groupId)
  })
  const people = userIds.map((userId, at): GoodPerson => {
    const own = groupsOf(at)
    return {
      userId,
      signing: app.signing,
      groupIds: own.map((number) => groupIds[number]!),
      pollSeq: pollSeqs[own[0]!]!,
    }
  })
  return { people, groupIds, pollSeqs }
}
async function postPoll(host: HostApi, { signing }: AppCredentials, groupId: string): Promise<number> {
  const flags = { choicesMax: 1, anonymous: false, mayChange: true, mayAdd: false, hideResults: false }
  const body = { question: '哪一种豆子？', options: ['埃塞俄比亚', '哥伦比亚', '云南'], ...flags }
  type Post = typeof engineEndpoints.post
  const { seq } = await host.call(engineEndpoints.post, {
    params: { groupId } as ParamsOf<Post>,
    body: { clientId: 'poll-0001', kind: 'poll', body } as RequestOf<Post>,
    token: signToken(signing, 'good-0'),
  })
  return seq
}
