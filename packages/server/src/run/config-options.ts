/** A configuration as options of the library: each setting reaches whatever starts a server from the environment. */
import type { Config } from './config.ts'

/** Without what is no option of a server: where it logs, and what features are made of. */
export function optionsOfConfig(config: Config) {
  const { log: _log, drand: _drand, databaseUrl, secretKey, spoolDir, ...options } = config
  return {
    ...options,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(secretKey === undefined ? {} : { secretKey }),
    ...(spoolDir === undefined ? {} : { spoolDir }),
  }
}
