/** `qun`: starts the server, looks whether it can work here, and makes apps and keys. */
import { readConfig, startTroubleText } from '@qun/server'
import { createApp, createKey, listApps, listKeys, retireKey, revokeKey } from './admin.ts'
import { examine, mend, migrated, prove, restored } from './doctor.ts'
import { helpText } from './help.ts'
import { start } from './start.ts'
import { version } from './version.ts'

const say = (text: string) => void process.stdout.write(`${text}\n`)

/** Runs one command; returns the exit code, or undefined while a server runs. */
async function run(words: readonly string[]): Promise<number | undefined> {
  const [command = 'help', part, ...rest] = words
  if (['help', '--help', '-h'].includes(command)) return (say(helpText()), 0)
  if (['version', '--version', '-v'].includes(command)) return (say(version), 0)
  const { config, warnings } = readConfig()
  if (command === 'start') {
    await start(config, warnings)
    return undefined
  }
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  if (command === 'doctor' && part === '--check') return prove(config, say)
  if (command === 'doctor' && part === '--repair') return mend(config, say)
  if (command === 'doctor') return examine(config, say)
  if (command === 'migrate') return migrated(config, say)
  if (command === 'restored') return restored(config, say)
  if (command === 'app' && part === 'create') return createApp(config, rest, say)
  if (command === 'app' && part === 'list') return listApps(config, say)
  if (command === 'key' && part === 'create') return createKey(config, rest, say)
  if (command === 'key' && part === 'list') return listKeys(config, rest, say)
  if (command === 'key' && part === 'retire') return retireKey(config, rest, say)
  if (command === 'key' && part === 'revoke') return revokeKey(config, rest, say)
  process.stderr.write(`there is no command ${words.join(' ')}; see: qun help\n`)
  return 2
}

try {
  const code = await run(process.argv.slice(2))
  if (code !== undefined) process.exitCode = code
} catch (error) {
  process.stderr.write(`${startTroubleText(error)}\n`)
  process.exitCode = 1
}
