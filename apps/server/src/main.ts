/** Reads the settings and runs the server. */
import { readConfig, startTroubleText } from '@qun/server'
import { start } from './start.ts'

try {
  const { config, warnings } = readConfig()
  await start(config, warnings)
} catch (error) {
  process.stderr.write(`${startTroubleText(error)}\n`)
  process.exit(1)
}
