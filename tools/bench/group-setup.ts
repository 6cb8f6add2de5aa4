/** Makes a workload's people and groups on a running server, through the host's API alone. */
import { HostApi, inParallel, type HostCredentials } from './host-api.ts'
import type { Workload } from './workloads.ts'

export interface MadeGroups {
  readonly userPrefix: string
  readonly groupIds: readonly string[]
}

/** Requests under way at once: enough to keep two cores busy. */
const atOnce = 24

/**
 * Connection i is user `<prefix><i>` and a member of group i mod groups; with `listedGroups` also of the following
 * ones, so that each has that many.
 */
export async function makeGroups(credentials: HostCredentials, workload: Workload): Promise<MadeGroups> {
  const host = new HostApi(credentials)
  const userPrefix = `${workload.name.toLowerCase()}-`
  const users = Array.from({ length: workload.connections }, (_, at) => `${userPrefix}${at}`)
  await inParallel(users, atOnce, (userId) => host.putUser(userId, userId))
  const memberships = Math.max(1, workload.listedGroups)
  const groupIds: string[] = []
  const numbers = Array.from({ length: workload.groups }, (_, at) => at)
  await inParallel(numbers, atOnce, async (number) => {
    const members = users.filter(
      (_, at) => (number - (at % workload.groups) + workload.groups) % workload.groups < memberships,
    )
    groupIds[number] = await host.makeGroup(`Bench ${workload.name} ${number + 1}`, members)
  })
  return { userPrefix, groupIds }
}
