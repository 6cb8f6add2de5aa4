/** What a disk in trouble does to uploads, and that its trouble is nobody else's. */
import { open, rm, writeFile } from 'node:fs/promises'
import { expect, inject, test } from 'vitest'
import { mib } from '../ground/shares.ts'
import { startFilesServer, type FilesServer } from '../testing/files-server.ts'
import { until } from '../testing/half-request.ts'
import { call, verdictOf } from '../testing/test-server.ts'
import { sendingLimits } from './sending.ts'
import type { SpoolFile } from './uploads.ts'

const pgUrl = inject('pgUrl')
const put = async (world: FilesServer) => {
  const wish = { token: world.token('li'), body: Buffer.alloc(10), headers: { 'content-type': 'image/png' } }
  return verdictOf(await call(world, 'POST', '/files', wish))
}
const systemError = (code: string) => Object.assign(new Error(`${code}: not today`), { code, syscall: 'open' })
async function untilClean({ server: { uploads }, left }: FilesServer): Promise<void> {
  await until(() => uploads.atOnce.held === 0 && uploads.pace.count === 0)
  expect([left(), uploads.bytes.held]).toEqual([{ files: 0, open: 0 }, 0])
}
/** Files of which one step fails or waits. */
async function openWith(path: string, own: Partial<SpoolFile>): Promise<SpoolFile> {
  const file = await open(path, 'wx')
  return { writeFile: (bytes) => file.writeFile(bytes), close: () => file.close(), ...own }
}

test('[SPOOL14] a disk that fails is the machine’s trouble: told as such, logged once a minute for each kind, no bug', async () => {
  for (const step of ['open', 'write'] as const) {
    let code = ''
    await using world = await startFilesServer({
      pgUrl,
      async openSpoolFile(path) {
        if (step === 'open') throw systemError(code)
        return openWith(path, { writeFile: () => Promise.reject(systemError(code)) })
      },
    })
    const logged = () => world.logLines.filter((line) => line.includes('"trouble"')).length
    const [full, away] = ['507 storage.full', '503 store.unavailable']
    const codes = { ENOSPC: full, EDQUOT: full, EMFILE: away, ENFILE: away, EROFS: away, EACCES: away, EIO: away }
    for (const [n, [each, verdict]] of Object.entries(codes).entries()) {
      code = each
      expect([await put(world), await put(world)], code).toEqual([verdict, verdict])
      expect(logged(), code).toBe(n + 1)
    }
    world.clock.pass(60_000)
    await put(world)
    expect(logged()).toBe(Object.keys(codes).length + 1)
    expect(world.logLines.filter((line) => line.includes('"bug"'))).toEqual([])
    await untilClean(world)
  }
})
test('[SPOOL14] a disk that stands still is told as the machine’s trouble, not as the sender’s, and all goes once it moves', async () => {
  for (const step of ['open', 'write'] as const) {
    const gate = Promise.withResolvers<void>()
    let isWaiting = false
    const wait = async (at: string) => {
      if (at !== step) return
      isWaiting = true
      await gate.promise
    }
    await using world = await startFilesServer({
      pgUrl,
      async openSpoolFile(path) {
        await wait('open')
        return openWith(path, { writeFile: () => wait('write') })
      },
    })
    const half = world.begin('li', { 'content-length': String(mib) })
    half.write(Buffer.alloc(mib))
    await until(() => isWaiting)
    world.clock.pass(sendingLimits.stallMs)
    world.server.uploads.pace.look()
    expect(await half.verdict()).toBe('503 store.unavailable')
    expect(world.server.uploads.atOnce.held).toBe(1)
    gate.resolve()
    await untilClean(world)
    expect(world.served).toEqual([])
  }
})
test('[SPOOL14] a file that cannot be removed costs nobody the answer', async () => {
  let dir = ''
  const work = async () => {
    await rm(dir, { recursive: true })
    await writeFile(dir, 'no folder')
  }
  await using world = await startFilesServer({ pgUrl, work })
  ;({ dir } = world)
  expect(await put(world)).toBe('200')
  await until(() => world.server.uploads.atOnce.held === 0)
  expect(world.logLines.filter((line) => line.includes('"where":"spool"')).length).toBe(1)
})
test('[SPOOL7] whoever sets the clock cuts nobody', async () => {
  await using world = await startFilesServer({ pgUrl })
  const half = world.begin('li', { 'content-length': '10' })
  await until(() => world.left().open === 1)
  world.clock.jump(3_600_000)
  world.server.uploads.pace.look()
  world.clock.jump(-7_200_000)
  half.write(Buffer.alloc(10))
  expect(await half.verdict()).toBe('200')
})
