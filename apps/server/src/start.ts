/** Starts the server that ships: every feature, settings from the environment, until a signal. */
import { featuresWith, PROTOCOL_VERSION } from '@qun/chat/server'
import {
  checkPortFree,
  createLogger,
  createServer,
  demoCredentialsFile,
  optionsOfConfig,
  runUntilSignal,
  type Config,
} from '@qun/server'
import { listSites } from './sites.ts'
import { version } from './version.ts'

/** Resolves once it listens; the process then lives until SIGTERM or SIGINT. */
export async function start(config: Config, warnings: readonly string[]): Promise<void> {
  const log = createLogger(config.log)
  for (const warning of warnings) log.warn(warning)
  await checkPortFree(config.host, config.port)
  const server = await createServer({ ...optionsOf(config), log, static: listSites() })
  runUntilSignal(server, log)
  const url = await server.listen().catch(async (error: unknown) => {
    await server.close()
    throw error
  })
  log.info(
    { url, docs: `${url}/docs`, ...(config.demo ? { demo: demoCredentialsFile(config.dataDir) } : {}) },
    'listening',
  )
}

/** A configuration as options of the library; shared by all commands. */
export function optionsOf(config: Config) {
  const features = featuresWith({ drand: config.drand, fetch })
  return { ...optionsOfConfig(config), features, protocol: PROTOCOL_VERSION, version }
}
