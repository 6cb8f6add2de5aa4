/** `qun doctor`: looks whether a server can work with these settings. Reads only. */
import { findTroubles, type Config } from '@qun/server'
import { features } from '@qun/chat/server'

type Say = (text: string) => void

/** Prints one line per check; returns the exit code. */
export async function examine(config: Config, say: Say): Promise<number> {
  const checks = await findTroubles(config, features)
  for (const { name, trouble } of checks)
    say(`${trouble === undefined ? 'ok  ' : 'BAD '} ${name}${trouble === undefined ? '' : `: ${trouble}`}`)
  return checks.every(({ trouble }) => trouble === undefined) ? 0 : 1
}
