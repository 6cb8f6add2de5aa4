/** Keeps the PostgreSQL programs where a user can run them who cannot enter node_modules; root's work only. */
import { randomBytes } from 'node:crypto'
import { chmod, copyFile, link, lstat, mkdir, readdir, readlink, rename, rm, symlink, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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
/** Copies of one version that lost files, before somebody has to look. */
const brokenMax = 8
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
  const copy = await findOrMake(join(home, version), folder)
  await checkOwn(copy)
  const closed = await firstClosed(user, join(copy, 'bin'))
  if (closed !== undefined) throw new Error(`${closed} is closed`)
  // A place may refuse to run programs.
  await runToEnd({ program: join(copy, 'bin', 'postgres'), args: ['--version'], user, folder: copy })
  await markUsed(copy)
  return copy
}

/**
 * A copy that lacks files is left where it is, because a server may run from it, and another is made beside it. So what
 * is whole stays in its place, and a process that was quicker has made the same.
 */
async function findOrMake(name: string, folder: string): Promise<string> {
  for (let at = 0; at < brokenMax; at += 1) {
    const copy = at === 0 ? name : `${name}-${at}`
    // What is there at all came there in one step: only one that lost files since is not whole.
    const isThere = (await lstat(copy).catch(() => undefined)) !== undefined
    if (isThere ? await isWhole(copy, folder) : await make(copy, folder)) return copy
  }
  throw new Error(`${name} and ${brokenMax - 1} beside it lack files`)
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

/** False when something else than a whole copy came to stand there meanwhile. */
async function make(copy: string, folder: string): Promise<boolean> {
  const home = dirname(copy)
  await sweep(home)
  const draft = join(home, `.draft-${process.pid}-${randomBytes(6).toString('hex')}`)
  try {
    await fill(draft, folder)
    // NOTE: a folder is never moved over one that holds something, so a whole copy is not replaced.
    return await rename(draft, copy).then(
      () => true,
      () => isWhole(copy, folder),
    )
  } finally {
    await rm(draft, { recursive: true, force: true })
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
