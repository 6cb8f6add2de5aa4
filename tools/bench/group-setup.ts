/** Makes a workload's apps, people and groups: apps in the store, all else on a running server by the host's API. */
import type { AppId } from '@qun/contract'
import { openAdmin, readConfig } from '@qun/server'
import { HostApi, inParallel } from './host-api.ts'
import type { Signing } from './plan.ts'
import type { Workload } from './workloads.ts'

export interface MadeGroups {
  readonly userPrefix: string
  readonly groupIds: readonly string[]
  readonly signings: readonly Signing[]
}
export interface AppCredentials {
  readonly apiKey: string
  readonly signing: Signing
}

/** Requests under way at once: enough to keep two cores busy. */
const atOnce = 24

/** Apps of their own for a workload that is spread over several; none for others. No server may run meanwhile. */
export async function makeApps(dataDir: string, workload: Workload): Promise<AppCredentials[]> {
  if (workload.apps === undefined) return []
  const made: AppCredentials[] = []
  await using admin = await openAdmin(readConfig({ QUN_DATA: dataDir }).config)
  for (let at = 0; at < workload.apps; at++) {
    const appId = `bench-${workload.name.toLowerCase()}-${at}`
    const { kid, secret } = await admin.apps.create({ appId, name: appId })
    if (secret === undefined) throw new Error('an app of the bench has no secret')
    made.push({ apiKey: await admin.apps.addApiKey(appId as AppId, 'bench'), signing: { appId, kid, secret } })
  }
  return made
}

/**
 * Connection i is user `<prefix><i>` of app i mod their number, and a member of group i mod groups; with
 * `listedGroups` also of the following ones, so that each has that many.
 */
export async function makeGroups(
  url: string,
  apps: readonly AppCredentials[],
  workload: Workload,
): Promise<MadeGroups> {
  const hosts = apps.map(({ apiKey }) => new HostApi({ url, apiKey }))
  const hostOf = (at: number) => hosts[at % hosts.length] as HostApi
  const userPrefix = `${workload.name.toLowerCase()}-`
  const users = Array.from({ length: workload.connections }, (_, at) => ({ userId: `${userPrefix}${at}`, at }))
  await inParallel(users, atOnce, ({ userId, at }) => hostOf(at).putUser(userId, userId))
  const memberships = Math.max(1, workload.listedGroups)
  const groupIds: string[] = []
  const numbers = Array.from({ length: workload.groups }, (_, at) => at)
  await inParallel(numbers, atOnce, async (number) => {
    const members = users
      .filter(({ at }) => (number - (at % workload.groups) + workload.groups) % workload.groups < memberships)
      .map(({ userId }) => userId)
    groupIds[number] = await hostOf(number).makeGroup(`Bench ${workload.name} ${number + 1}`, members)
  })
  return { userPrefix, groupIds, signings: apps.map(({ signing }) => signing) }
}
