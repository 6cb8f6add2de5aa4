/** An app to try things with: made at the first start, its keys in a file that only this user can read. */
import { chmod, readFile, writeFile } from 'node:fs/promises'
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

/** Leaves an existing app and file as they are; a lost file is replaced, with fresh keys in place of the lost ones. */
export async function prepareDemoApp(options: {
  readonly apps: Apps
  readonly dataDir: string
  readonly log: Logger
}): Promise<void> {
  const { apps, dataDir, log } = options
  const file = demoCredentialsFile(dataDir)
  const app = await apps.find(demoAppId)
  if (app !== undefined && (await isReadable(file))) return
  if (app === undefined) {
    const key = await apps.create({ appId: demoAppId, name: '山茶咖啡 Camellia Coffee' })
    await writeCredentials(file, apps, { kid: key.kid, alg: key.alg, secret: key.secret ?? '' })
  } else {
    for (const key of app.signingKeys.values())
      if (key.status === 'active') await apps.retireSigningKey(demoAppId, key.kid)
    const key = await apps.addSigningKey(demoAppId)
    await writeCredentials(file, apps, { kid: key.kid, alg: key.alg, secret: key.secret ?? '' })
  }
  log.info({ file }, 'the keys of the app "demo" are in this file')
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
