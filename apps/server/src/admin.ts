/** The commands that make and retire apps and keys. They work on the store, beside a running server or without one. */
import { openAdmin, type Config } from '@qun/server'

type Say = (text: string) => void

export async function createApp(config: Config, [appId, ...name]: readonly string[], say: Say): Promise<number> {
  if (appId === undefined) return usage(say, 'qun app create <id> [name]')
  await using admin = await openAdmin(config)
  const key = await admin.apps.create({ appId, name: name.join(' ') || appId })
  say(`app: ${appId}`)
  say(`signing key: ${key.kid} (${key.alg})`)
  say(`signing secret, base64url: ${key.secret}`)
  say(`API key: ${await admin.apps.addApiKey(admin.appId(appId), 'first')}`)
  say('Neither secret can be shown again.')
  return 0
}

export async function listApps(config: Config, say: Say): Promise<number> {
  await using admin = await openAdmin(config)
  for (const app of await admin.apps.list()) {
    const keys = [...((await admin.apps.find(app.appId))?.signingKeys.values() ?? [])]
    say(`${app.appId}  ${app.name}  keys: ${keys.map((key) => `${key.kid} ${key.alg} ${key.status}`).join(', ')}`)
  }
  return 0
}

export async function createKey(config: Config, [appId, kind, ...label]: readonly string[], say: Say): Promise<number> {
  if (appId === undefined || (kind !== 'api' && kind !== 'signing'))
    return usage(say, 'qun key create <app> api|signing [label]')
  await using admin = await openAdmin(config)
  if ((await admin.apps.find(appId)) === undefined) return usage(say, `there is no app ${appId}; see: qun app list`)
  if (kind === 'api') {
    say(`API key: ${await admin.apps.addApiKey(admin.appId(appId), label.join(' ') || 'made by qun key create')}`)
  } else {
    const key = await admin.apps.addSigningKey(admin.appId(appId))
    say(`signing key: ${key.kid} (${key.alg})`)
    say(`signing secret, base64url: ${key.secret}`)
  }
  say('It cannot be shown again.')
  return 0
}

export async function retireKey(config: Config, [appId, kid]: readonly string[], say: Say): Promise<number> {
  if (appId === undefined || kid === undefined) return usage(say, 'qun key retire <app> <kid>')
  await using admin = await openAdmin(config)
  const done = await admin.apps.retireSigningKey(admin.appId(appId), kid)
  say(done ? `retired ${kid}: running servers refuse it within five seconds` : `there is no active key ${kid}`)
  return done ? 0 : 1
}

export async function listKeys(config: Config, [appId]: readonly string[], say: Say): Promise<number> {
  if (appId === undefined) return usage(say, 'qun key list <app>')
  await using admin = await openAdmin(config)
  if ((await admin.apps.find(appId)) === undefined) return usage(say, `there is no app ${appId}; see: qun app list`)
  const { api, signing } = await admin.apps.showKeys(admin.appId(appId))
  const on = (at: number | null) => (at === null ? 'never' : new Date(at).toISOString().slice(0, 16).replace('T', ' '))
  const state = (revokedAt: number | null) => (revokedAt === null ? 'active' : `revoked ${on(revokedAt)}`)
  for (const { keyId, label, createdAt, lastUsedAt, revokedAt } of api)
    say(`${keyId}  api  ${state(revokedAt)}  made ${on(createdAt)}  last used ${on(lastUsedAt)}  ${label}`)
  for (const { keyId, alg, createdAt, revokedAt } of signing)
    say(`${keyId}  signing ${alg}  ${state(revokedAt)}  made ${on(createdAt)}`)
  return 0
}

/** Takes back a key of either kind: a leaked one, say. */
export async function revokeKey(config: Config, [appId, keyId]: readonly string[], say: Say): Promise<number> {
  if (appId === undefined || keyId === undefined) return usage(say, 'qun key revoke <app> <key>')
  await using admin = await openAdmin(config)
  const { apps } = admin
  const app = admin.appId(appId)
  const done = (await apps.revokeApiKey(app, keyId)) || (await apps.retireSigningKey(app, keyId))
  say(done ? `revoked ${keyId}: running servers refuse it within five seconds` : `there is no active key ${keyId}`)
  return done ? 0 : 1
}

function usage(say: Say, text: string): number {
  say(text)
  return 2
}
