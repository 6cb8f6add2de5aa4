/** `qun doctor`, `restored`, `migrate`: says what is wrong, proves what rows promise, and puts the store in order. */
import { auditStore, findTroubles, migrateStore, noteRestored, repairStore, type Config } from '@qun/server'
import { features } from '@qun/chat/server'

type Say = (text: string) => void

/** Prints one line per check; returns the exit code. */
export async function examine(config: Config, say: Say): Promise<number> {
  const checks = await findTroubles(config, features)
  for (const { name, trouble } of checks)
    say(`${trouble === undefined ? 'ok  ' : 'BAD '} ${name}${trouble === undefined ? '' : `: ${trouble}`}`)
  return checks.every(({ trouble }) => trouble === undefined) ? 0 : 1
}

/** `qun doctor --check`: proves the invariants, beside a running server, and prints differences. */
export async function prove(config: Config, say: Say): Promise<number> {
  const results = await auditStore(config, features)
  for (const { id, doc, differences } of results) {
    say(`${differences.length === 0 ? 'ok  ' : 'BAD '} ${id}  ${doc}`)
    for (const difference of differences) say(`       ${difference}`)
  }
  const bad = results.reduce((sum, { differences }) => sum + differences.length, 0)
  say(`${results.length} checks, ${bad} differences`)
  return bad === 0 ? 0 : 1
}

/** `qun doctor --repair`: mends counters that disagree with rows, prints what it changed, then proves the rest. */
export async function mend(config: Config, say: Say): Promise<number> {
  let count = 0
  await repairStore(config, ({ appId, stream, changes }) => {
    count += 1
    say(`mended ${appId} ${stream}: ${changes.join('; ')}`)
  })
  say(count === 0 ? 'nothing to mend' : `${count} mended; who has them open sees it with the next message there`)
  return prove(config, say)
}

/** `qun restored`: after files of the store were put back, so that clients drop what was lost. */
export async function restored(config: Config, say: Say): Promise<number> {
  await noteRestored(config)
  say('every client starts over; restart servers that run on this store')
  return 0
}

/** `qun migrate`: applies what the database lacks, each told as it is done. */
export async function migrated(config: Config, say: Say): Promise<number> {
  let count = 0
  await migrateStore(config, features, (id) => {
    count += 1
    say(`applied ${id}`)
  })
  say(count === 0 ? 'nothing to apply' : `${count} applied`)
  return 0
}
