/** Reads the settings and runs the server. */
import { ConfigError, readConfig } from '@qun/server'
import { start } from './start.ts'

try {
  const { config, warnings } = readConfig()
  await start(config, warnings)
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String((error as Error).stack ?? error)}\n`)
  process.exit(1)
}
