/** Keeps the PostgreSQL programs where a user can run them who cannot enter node_modules; root's work only. */
import { randomBytes } from 'node:crypto'
import { chmod, copyFile, link, lstat, mkdir, readdir, readlink, rename, rm, symlink, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRunning } from './claim.ts'
import { EmbeddedUnableError, firstClosed, runToEnd, type ServerUser } from './server-user.ts'

export interface CopyOptions {
  readonly folder: string
  /** Names what the folder holds: the same name means the same content. */
  readonly version: string
  readonly user: ServerUser
  /** Where a copy may stand; the first that works is taken. The system's cache folder unless told. */
  readonly places?: readonly string[]
}

const standardPlaces = ['/var/cache', '/var/lib', tmpdir()]
/** Another version's copy that nobody has started from for this long is left over from an upgrade. */
const leftoverMs = 30 * 86_400_000
const draftName = /^\.draft-(\d+)-/

/**
 * A folder with the same content that the user can enter. It belongs to root, so nobody can change the programs; made
 * once per version, of hard links where it can be, beside its place and moved there when whole.
 */
export async function copyWithinReach(options: CopyOptions): Promise<string> {
  const troubles: string[] = []
  for (const place of options.places ?? standardPlaces) {
    try {
      return await copyIn(join(place, 'qun-postgres'), options)
    } catch (error) {
      troubles.push(`${place}: ${(error as Error).message.split('\n', 1)[0]}`)
    }
  }
  const { user, folder } = options
  const reason = `user ${user.uid}, as whom PostgreSQL runs for root, cannot enter ${folder}`
  throw new EmbeddedUnableError(`${reason}, and no copy works (${troubles.join('; ')})`)
}

async function copyIn(home: string, { folder, version, user }: CopyOptions): Promise<string> {
  await mkdir(home, { mode: 0o755 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  })
  await checkOwn(home)
  const copy = join(home, version)
  if (!(await isWhole(copy, folder))) {
    await sweep(home)
    await make(copy, folder)
  }
  await checkOwn(copy)
  const closed = await firstClosed(user, join(copy, 'bin'))
  if (closed !== undefined) throw new Error(`${closed} is closed`)
  // A place may refuse to run programs.
  await runToEnd({ program: join(copy, 'bin', 'postgres'), args: ['--version'], user, folder: copy })
  await markUsed(copy)
  return copy
}

/** A folder that another user made or may change is no place for programs. */
async function checkOwn(path: string): Promise<void> {
  const { uid, mode } = await lstat(path)
  if (uid !== process.getuid?.() || (mode & 0o170022) !== 0o040000) throw new Error(`${path} is not this user's alone`)
  if ((mode & 0o755) !== 0o755) await chmod(path, 0o755)
}

/** Something may have cleaned up in between: then files are missing. */
async function isWhole(copy: string, folder: string): Promise<boolean> {
  const [there, wanted] = await Promise.all(
    [copy, folder].map((path) => readdir(path, { recursive: true }).catch(() => [])),
  )
  return there!.length > 0 && there!.length === wanted!.length
}

/** Of many processes that make the same copy at once. */
const triesMax = 16
async function make(copy: string, folder: string): Promise<void> {
  const draft = join(copy, '..', `.draft-${process.pid}-${randomBytes(6).toString('hex')}`)
  const aside = `${draft}-aside`
  try {
    await fill(draft, folder)
    // What stands there half is moved aside first; another process that was quicker has made the same. Several that
    // look at once may move each other's copies aside: then one looks again.
    for (let tries = 1; !(await isWhole(copy, folder)); tries += 1) {
      await rename(copy, `${aside}-${tries}`).catch(() => {})
      const failed = await rename(draft, copy).then(
        () => undefined,
        (error: unknown) => error as Error,
      )
      if (failed === undefined) break
      if (tries === triesMax) throw failed
    }
  } finally {
    await rm(draft, { recursive: true, force: true })
    for (let tries = 1; tries <= triesMax; tries += 1) await rm(`${aside}-${tries}`, { recursive: true, force: true })
  }
}

async function fill(to: string, from: string): Promise<void> {
  await mkdir(to)
  // The process's mask may be narrower.
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) await fill(target, source)
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
    else await place(target, source)
  }
}

/** A link costs nothing, and is as good as a copy while only root can change the file and everybody can read it. */
async function place(target: string, source: string): Promise<void> {
  const { uid, mode } = await lstat(source)
  if (uid === 0 && (mode & 0o022) === 0 && (mode & 0o444) === 0o444) {
    const isLinked = await link(source, target).then(
      () => true,
      () => false,
    )
    if (isLinked) return
  }
  await copyFile(source, target)
  await chmod(target, (mode & 0o111) === 0 ? 0o644 : 0o755)
}

/** The folder's time says when somebody last started from it. */
async function markUsed(copy: string): Promise<void> {
  const now = Date.now() / 1_000
  await utimes(copy, now, now)
}

/** Removes drafts of processes that are gone, and copies of other versions out of use. */
async function sweep(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const path = join(home, name)
    const maker = Number(draftName.exec(name)?.[1] ?? 0)
    const isLeft =
      maker > 0
        ? !(await isRunning(maker))
        : Date.now() - (await lstat(path)).mtimeMs > leftoverMs && !(await isRun(path))
    if (isLeft) await rm(path, { recursive: true, force: true })
  }
}

/** Whether a process runs a program of this folder. */
async function isRun(folder: string): Promise<boolean> {
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    const program = await readlink(`/proc/${name}/exe`).catch(() => '')
    if (program.startsWith(`${folder}/`)) return true
  }
  return false
}
