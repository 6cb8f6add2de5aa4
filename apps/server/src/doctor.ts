/** `qun doctor`: looks whether a server can work with these settings, and proves what its rows promise. Reads only. */
import { auditStore, findTroubles, type Config } from '@qun/server'
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
