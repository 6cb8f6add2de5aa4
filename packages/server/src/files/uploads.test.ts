/** Uploads on their way: where they lie, what they may take, how slow they may be, and that nothing of them stays. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { mib } from '../ground/shares.ts'
import { startFilesServer, type FilesServer, type FilesServerOptions } from '../testing/files-server.ts'
import { until, type HalfRequest } from '../testing/half-request.ts'
import { holdUploads, uploadCount } from '../testing/held-uploads.ts'
import { call, makeShopGroup, verdictOf } from '../testing/test-server.ts'
import { paceLimits } from './pace.ts'

const pgUrl = inject('pgUrl')
const start = (options: Omit<FilesServerOptions, 'pgUrl'> = {}) => startFilesServer({ pgUrl, ...options })
const wide = { max: 1_000, perAppMax: 1_000, perPersonMax: 1_000 }
const wideBytes = { max: 4_096 * mib, perAppMax: 4_096 * mib, perPersonMax: 4_096 * mib }
const ofLength = (bytes: number) => ({ 'content-length': String(bytes) })
const chunked = { 'transfer-encoding': 'chunked' }
const chunkOf = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const onDisk = (dir: string) => readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
const put = (world: FilesServer, userId: string, body: Uint8Array) =>
  call(world, 'POST', '/files', { token: world.token(userId), body, headers: { 'content-type': 'image/png' } })
const nothing = { files: 0, open: 0 }
/** Nothing lies there, and nothing is counted. */
async function untilClean({ server: { uploads }, left }: FilesServer): Promise<void> {
  await until(() => uploads.atOnce.held === 0 && uploads.pace.count === 0)
  expect([left(), uploads.bytes.held]).toEqual([nothing, 0])
}

/** The server knows of no line any more. */
async function untilAlone({ server }: FilesServer): Promise<void> {
  let lines = 1
  await until(() => {
    server.app.server.getConnections((_, count) => (lines = count))
    return lines === 0
  })
}

describe('where they lie', () => {
  test('[SPOOL1] sixty uploads of 20 MiB held open lie on disk; memory does not grow with them', async () => {
    const held = await holdUploads(pgUrl, 4 * mib)
    expect(held).toMatchObject({ onSpool: uploadCount * 4 * mib, reserved: uploadCount * 8 * mib, filesLeft: 0 })
    expect(held.arrayBuffers).toBeLessThan(64 * mib)
  })
  test('[SPOOL2] two uploads of one person at once are two files that hold what was sent, for this user alone', async () => {
    const seen: unknown[] = []
    const gate = Promise.withResolvers<void>()
    await using world = await start({
      async work({ path }) {
        seen.push([sha256(readFileSync(path)), statSync(path).mode & 0o777])
        await gate.promise
      },
    })
    const bodies = [randomBytes(3 * mib), randomBytes(200_000)]
    const answers = bodies.map((body) => put(world, 'li', body))
    await until(() => seen.length === 2)
    expect(new Set(world.served.map(({ path }) => path)).size).toBe(2)
    expect(world.left()).toEqual({ files: 2, open: 0 })
    gate.resolve()
    const told = (await Promise.all(answers)).map(({ json }) => json)
    expect(told).toEqual(bodies.map((body) => ({ size: body.length, contentType: 'image/png', sha256: sha256(body) })))
    expect(new Set(seen.map(String))).toEqual(new Set(bodies.map((body) => String([sha256(body), 0o600]))))
    await untilClean(world)
  })
  test('[SPOOL2] a retry is known by what was sent, wherever it lies', async () => {
    await using world = await start()
    const ask = (body: Buffer) =>
      call(world, 'POST', '/files', {
        token: world.token('li'),
        body,
        headers: { 'content-type': 'image/png', 'idempotency-key': 'one-file' },
      })
    const body = randomBytes(1_000)
    const first = await ask(body)
    expect((await ask(body)).json).toEqual(first.json)
    expect(world.served.length).toBe(1)
    expect(verdictOf(await ask(randomBytes(1_000)))).toBe('422 idempotency.key_reused')
  })
})

test('[SPOOL2] a picture is decoded from where it lies; what is none is said to be none', async () => {
  await using world = await start()
  const path = `/groups/${await makeShopGroup(world)}/media`
  const upload = (body: Buffer) =>
    call(world, 'POST', path, { token: world.token('li'), body, headers: { 'content-type': 'image/png' } })
  const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const made = await upload(Buffer.from(dot, 'base64'))
  expect([made.status, made.json.w, made.json.h]).toEqual([201, 1, 1])
  const shown = await call(world, 'GET', `${path}/${made.json.mediaId}`, { token: world.token('li') })
  expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/webp'])
  expect(verdictOf(await upload(Buffer.from('no picture')))).toBe('415 media.type_mismatch')
  await untilClean(world)
})

describe('what they may take', () => {
  test('[SPOOL3] bytes: a person, an app and the server have their share, and the neighbour keeps theirs', async () => {
    const bytes = { max: 10 * mib, perAppMax: 6 * mib, perPersonMax: 4 * mib }
    await using world = await start({ uploads: { bytes, atOnce: wide } })
    const { uploads } = world.server
    const open: HalfRequest[] = []
    /** Half of it comes: then room is held for all. */
    const begin = (userId: string, size: number, app = world.app) => {
      const half = world.begin(userId, ofLength(size * mib), app)
      if (size > 1) half.write(Buffer.alloc((size * mib) / 2))
      open.push(half)
      return half
    }
    begin('li', 4)
    await until(() => uploads.bytes.held === 4 * mib)
    expect(await begin('li', 1).verdict()).toBe('429 rate.limited')
    begin('zhao', 2)
    await until(() => uploads.bytes.held === 6 * mib)
    expect(await begin('sun', 1).verdict()).toBe('503 server.overloaded')
    const other = begin('li', 4, world.otherApp)
    await until(() => uploads.bytes.held === 10 * mib)
    expect(await begin('zhao', 1, world.otherApp).verdict()).toBe('503 server.overloaded')
    expect(world.served).toEqual([])
    other.break()
    await until(() => uploads.bytes.held === 6 * mib)
    begin('zhao', 1, world.otherApp)
    await until(() => uploads.bytes.held === 7 * mib)
    for (const half of open) half.break()
    await untilClean(world)
  })
  test('[SPOOL4] uploads at once: the same, and a handler at work counts', async () => {
    const gate = Promise.withResolvers<void>()
    const atOnce = { max: 4, perAppMax: 3, perPersonMax: 2 }
    await using world = await start({ uploads: { bytes: wideBytes, atOnce }, work: () => gate.promise })
    const { uploads } = world.server
    const working = put(world, 'li', randomBytes(10))
    await until(() => world.served.length === 1)
    const open: HalfRequest[] = []
    const begin = (userId: string, app = world.app) => {
      const half = world.begin(userId, ofLength(10), app)
      open.push(half)
      return half
    }
    begin('li')
    await until(() => uploads.atOnce.held === 2)
    const refused = await put(world, 'li', randomBytes(10))
    expect([verdictOf(refused), refused.json.retry, refused.headers.get('retry-after')]).toEqual([
      '429 rate.limited',
      'later',
      '2',
    ])
    begin('zhao')
    await until(() => uploads.atOnce.held === 3)
    expect(await begin('sun').verdict()).toBe('503 server.overloaded')
    begin('sun', world.otherApp)
    await until(() => uploads.atOnce.held === 4)
    expect(await begin('zhao', world.otherApp).verdict()).toBe('503 server.overloaded')
    gate.resolve()
    expect(verdictOf(await working)).toBe('200')
    begin('li')
    await until(() => uploads.atOnce.held === 4)
    for (const half of open) half.break()
    await untilClean(world)
  })
  test('[SPOOL5] who may not is told before a byte is read, can read it while still sending, and is then cut', async () => {
    await using world = await start({ rateLimits: { upload: 5 } })
    const long = ofLength(20 * mib)
    const cases = [
      ['401 auth.missing', { ...long, authorization: '' }],
      ['415 request.media_type', { ...long, 'content-type': 'text/html' }],
      ['415 request.media_type', { ...long, 'content-type': 'application/json' }],
      ['413 request.too_large', ofLength(20 * mib + 1)],
    ] as const
    for (const [verdict, headers] of cases) {
      const half = world.begin('li', headers)
      expect(await half.verdict()).toBe(verdict)
      // What is on its way still finds a reader, so that the answer is not lost with it.
      half.write(Buffer.alloc(mib))
      await until(() => half.socket.writableLength === 0)
      expect(half.socket.errored).toBeNull()
      expect(half.answer.toLowerCase()).toContain('connection: close')
    }
    for (let n = 0; n < 5; n++) await put(world, 'zhao', randomBytes(10))
    expect(await world.begin('zhao', long).verdict()).toBe('429 rate.limited')
    await untilClean(world)
  })
  test('[SPOOL6] a body without a length is counted as it comes, up to the largest file and to what there is', async () => {
    const bytes = { ...wideBytes, perPersonMax: 2 * mib }
    await using world = await start({ uploads: { bytes, atOnce: wide } })
    const { uploads } = world.server
    const half = world.begin('li', chunked)
    half.write(chunkOf(Buffer.alloc(mib)))
    await until(() => uploads.bytes.held === 2 * mib)
    half.write(Buffer.concat([chunkOf(Buffer.alloc(10)), Buffer.from('0\r\n\r\n')]))
    expect(await half.verdict()).toBe('200')
    expect(world.served.map(({ size }) => size)).toEqual([mib + 10])
    const beyond = world.begin('li', chunked)
    beyond.write(chunkOf(Buffer.alloc(3 * mib)))
    expect(await beyond.verdict()).toBe('429 rate.limited')
    await untilClean(world)
    await using roomy = await start({ uploads: { bytes: wideBytes, atOnce: wide } })
    const endless = roomy.begin('li', chunked)
    for (let n = 0; n < 21; n++) endless.write(chunkOf(Buffer.alloc(mib)))
    expect(await endless.verdict()).toBe('413 request.too_large')
    await untilClean(roomy)
  })
  test('[SPOOL6] a length that is not true is refused, and no handler sees the file', async () => {
    await using world = await start()
    const half = world.begin('li', ofLength(mib))
    half.write(Buffer.alloc(1_000))
    half.socket.end()
    await until(() => half.isClosed)
    const more = world.begin('li', ofLength(10))
    more.write(Buffer.alloc(2_000, 'x'))
    await until(() => more.isClosed)
    // Ten bytes were a whole body; what follows them is no request.
    expect(more.answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 405'])
    expect(world.served.map((file) => file.size)).toEqual([10])
    await untilClean(world)
  })
})

describe('how they end', () => {
  test('[SPOOL7] who sends less than 64 KiB in fifteen seconds is told so and cut; who sends more is not', async () => {
    let written = 0
    await using world = await start({
      async openSpoolFile(path) {
        const file = await open(path, 'wx')
        // Time in which the disk keeps a sender waiting does not count.
        const write = async (bytes: Uint8Array) => {
          await file.writeFile(bytes)
          written += bytes.length
        }
        return { writeFile: write, close: () => file.close() }
      },
    })
    const { pace, bytes } = world.server.uploads
    const { windowBytesMin, windowMs, graceMs } = paceLimits
    const [slow, fast] = [world.begin('li', ofLength(mib)), world.begin('zhao', chunked)]
    slow.write(Buffer.alloc(windowBytesMin))
    fast.write(chunkOf(Buffer.alloc(windowBytesMin)))
    await until(() => written === 2 * windowBytesMin)
    world.clock.pass(graceMs + windowMs)
    pace.look()
    slow.write(Buffer.alloc(windowBytesMin - 1))
    fast.write(chunkOf(Buffer.alloc(windowBytesMin)))
    await until(() => written === 4 * windowBytesMin - 1)
    expect(pace.count).toBe(2)
    world.clock.pass(windowMs)
    pace.look()
    expect(await slow.verdict()).toBe('408 request.timeout')
    await until(() => bytes.held === mib + 2 * windowBytesMin)
    fast.write('0\r\n\r\n')
    expect(await fast.verdict()).toBe('200')
    await untilClean(world)
  })
  test('[SPOOL8] nothing stays of an upload whose line breaks, in the middle or while its handler works', async () => {
    const gate = Promise.withResolvers<void>()
    await using world = await start({ work: () => gate.promise })
    const half = world.begin('li', ofLength(mib))
    half.write(Buffer.alloc(100_000))
    await until(() => world.left().files === 1 && onDisk(world.dir) === 100_000)
    expect(world.left()).toEqual({ files: 1, open: 1 })
    half.break()
    await untilClean(world)
    const whole = world.begin('li', ofLength(10))
    whole.write(Buffer.alloc(10))
    await until(() => world.served.length === 1)
    whole.break()
    await until(() => whole.isClosed)
    // Its handler works on, and has the file as long.
    expect(existsSync(world.served[0]!.path)).toBe(true)
    gate.resolve()
    await untilClean(world)
  })
  test('[SPOOL8] nothing stays when the line breaks before the file is open, or after its last byte', async () => {
    for (const slow of ['open', 'close'] as const) {
      const gate = Promise.withResolvers<void>()
      let isWaiting = false
      const wait = async (step: string) => {
        if (step !== slow) return
        isWaiting = true
        await gate.promise
      }
      await using world = await start({
        async openSpoolFile(path) {
          await wait('open')
          const file = await open(path, 'wx')
          return { writeFile: (bytes) => file.writeFile(bytes), close: () => wait('close').then(() => file.close()) }
        },
      })
      const half = world.begin('li', ofLength(10))
      half.write(Buffer.alloc(10))
      await until(() => isWaiting)
      half.break()
      await untilAlone(world)
      gate.resolve()
      await untilClean(world)
      expect(world.served).toEqual([])
    }
  })
  test('[SPOOL8] nothing stays when the handler refuses or breaks, nor when the server stops', async () => {
    let dir: string
    {
      await using world = await start({ work: () => Promise.reject(new Error('broken')) })
      ;({ dir } = world)
      expect(verdictOf(await put(world, 'li', randomBytes(10)))).toBe('500 server.bug')
      await untilClean(world)
      const half = world.begin('li', ofLength(mib))
      half.write(Buffer.alloc(10))
      await until(() => world.left().files === 1)
      half.break()
    }
    expect(existsSync(dir)).toBe(false)
  })
  test('[SPOOL12] a folder that the machine cleared away is made again', async () => {
    await using world = await start()
    await rm(world.dir, { recursive: true })
    expect(verdictOf(await put(world, 'li', randomBytes(10)))).toBe('200')
    expect(statSync(world.dir).mode & 0o777).toBe(0o700)
    await untilClean(world)
  })
  test('[SPOOL10] a full disk is 507 storage.full, leaves nothing, and is over when it is over', async () => {
    let isFull = true
    await using world = await start({ openSpoolFile: (path) => open(isFull ? '/dev/full' : path, 'w') })
    expect(verdictOf(await put(world, 'li', randomBytes(mib)))).toBe('507 storage.full')
    const half = world.begin('li', ofLength(2 * mib))
    half.write(Buffer.alloc(mib))
    expect(await half.verdict()).toBe('507 storage.full')
    await untilClean(world)
    isFull = false
    expect(verdictOf(await put(world, 'li', randomBytes(mib)))).toBe('200')
  })
})
