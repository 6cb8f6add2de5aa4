/** An app to try things with: made at the first start, its keys in a file that only this user can read. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppId } from '@qun/contract'
import type { Logger } from 'pino'
import type { Apps } from './apps.ts'

export const demoAppId = 'demo' as AppId

export interface DemoCredentials {
  readonly appId: string
  readonly apiKey: string
  readonly signingKey: { readonly kid: string; readonly alg: string; readonly secret: string }
}

export function demoCredentialsFile(dataDir: string): string {
  return join(dataDir, 'demo-credentials.json')
}

/**
 * Leaves an existing app, its keys and the file as they are. Where the file is missing, it is written with the app's
 * own signing key and one more API key: another server may have made the app, and whoever it signed in stays so.
 */
export async function prepareDemoApp(options: {
  readonly apps: Apps
  readonly dataDir: string
  readonly log: Logger
}): Promise<void> {
  const { apps, dataDir, log } = options
  const file = demoCredentialsFile(dataDir)
  const app = await apps.find(demoAppId)
  if (app !== undefined && (await isReadable(file))) return
  await mkdir(dataDir, { recursive: true })
  if (app === undefined) await createUnlessThere(apps)
  const { kid, alg, verifyWith } = await apps.readMintKey(demoAppId)
  await writeCredentials(file, apps, { kid, alg, secret: verifyWith.export().toString('base64url') })
  log.info({ file }, 'the keys of the app "demo" are in this file')
}

/** Two servers may start at the same time on one database. */
async function createUnlessThere(apps: Apps): Promise<void> {
  try {
    await apps.create({ appId: demoAppId, name: '山茶咖啡 Camellia Coffee' })
  } catch (error) {
    apps.forget(demoAppId)
    if ((await apps.find(demoAppId)) === undefined) throw error
  }
}

async function writeCredentials(file: string, apps: Apps, signingKey: DemoCredentials['signingKey']): Promise<void> {
  const apiKey = await apps.addApiKey(demoAppId, 'demo')
  const credentials: DemoCredentials = { appId: demoAppId, apiKey, signingKey }
  await writeFile(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  // `mode` counts only when the file is made.
  await chmod(file, 0o600)
}

async function isReadable(file: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(file, 'utf8'))
    return true
  } catch {
    return false
  }
}
