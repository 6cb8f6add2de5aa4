/** The spool's folder: whose it is, and what goes of those who died. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Spool } from './spool.ts'

const children: ChildProcess[] = []
const now = Date.UTC(2026, 0, 1)
const dayMs = 86_400_000
let root: string
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'qun-spools-'))))
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(root, { recursive: true })
})

/** A process that opens a spool, lays a file there and lives on. */
async function anotherServer(): Promise<{ child: ChildProcess; dir: string }> {
  const script = `
    const { Spool } = await import(${JSON.stringify(new URL('./spool.ts', import.meta.url).href)})
    const { writeFileSync } = await import('node:fs')
    const spool = await Spool.open(${JSON.stringify(root)}, ${now})
    writeFileSync(spool.newPath(), 'half a picture')
    console.log(spool.dir)
    setInterval(() => undefined, 1_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, dir: line.toString().trim() }
}

test('[SPOOL9] what a server that was killed left there goes at the next start; what lives stays, and so do strangers', async () => {
  const [dead, alive] = await Promise.all([anotherServer(), anotherServer()])
  dead.child.kill('SIGKILL')
  await once(dead.child, 'exit')
  await mkdir(join(root, 'lost+found'))
  // A process of the same number that began at another time, as after a restart in a container.
  const before = join(root, basename(alive.dir).replace(/~\d+~(?=[^~]*$)/, '~1~'))
  await mkdir(before)
  const spool = await Spool.open(root, now)
  const expected = [basename(alive.dir), basename(spool.dir), 'lost+found']
  expect((await readdir(root)).toSorted()).toEqual(expected.toSorted())
  expect(await readdir(alive.dir)).toEqual(['1'])
  await spool.close()
  expect((await readdir(root)).length).toBe(2)
})
test('[SPOOL9] processes of one host name that number theirs each by itself are other machines to each other', async () => {
  const mine = await Spool.open(root, now)
  const [host = '', ...rest] = basename(mine.dir).split('~')
  const space = process.platform === 'linux' ? (await readlink('/proc/self/ns/pid')).replace(/\D/g, '') : ''
  expect(host).toBe(`${hostname()}+${space}`)
  // A container that has the host's name, and numbers of its own: whether this process lives is not for us to know.
  const theirs = join(root, [`${hostname()}+${space}1`, '999999999', ...rest.slice(1)].join('~'))
  const dead = join(root, [host, '999999999', ...rest.slice(1)].join('~'))
  await Promise.all([mkdir(theirs), mkdir(dead)])
  await utimes(theirs, now / 1_000, now / 1_000)
  const spool = await Spool.open(root, now)
  expect((await readdir(root)).toSorted()).toEqual(
    [mine, spool]
      .map(({ dir }) => basename(dir))
      .concat(basename(theirs))
      .toSorted(),
  )
})
test('[SPOOL9] of another machine it goes when nothing happened in it for a day', async () => {
  const [fresh, old] = [join(root, 'elsewhere~7~1~a'), join(root, 'elsewhere~8~1~b')]
  for (const [dir, at] of [
    [fresh, now - dayMs + 1_000],
    [old, now - dayMs - 1_000],
  ] as const) {
    await mkdir(dir)
    await writeFile(join(dir, '1'), 'half a picture')
    await utimes(dir, at / 1_000, at / 1_000)
  }
  const spool = await Spool.open(root, now)
  expect((await readdir(root)).toSorted()).toEqual([basename(fresh), basename(spool.dir)].toSorted())
})
test('[SPOOL9] nobody else looks into it, and two of one process do not meet', async () => {
  const spools = await Promise.all([Spool.open(root, now), Spool.open(root, now)])
  for (const { dir } of spools) expect((await stat(dir)).mode & 0o777).toBe(0o700)
  expect(spools[0].newPath()).not.toBe(spools[1].newPath())
  expect(spools[0].newPath()).not.toBe(spools[0].newPath())
})
