/** Processes that decode pictures: what happens when one dies in the middle, or stands still. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refusalOf, startWorld, turns } from '@qun/testing'
import sharp from 'sharp'
import { afterEach, expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import { uploadImage } from './contract.ts'
import message from './server.ts'
import { decoders } from './server-convert.ts'
import { Decoders } from './server-decoders.ts'

const dirs: string[] = []
afterEach(async () => {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true })
})
async function onDisk(bytes: Uint8Array): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'qun-picture-'))
  dirs.push(dir)
  await writeFile(join(dir, 'sent'), bytes)
  return join(dir, 'sent')
}
const picture = () =>
  sharp({ create: { width: 900, height: 900, channels: 3, background: '#7a3' } })
    .png()
    .toBuffer()

test('[PI8] a decoder that dies, or stands still, says nothing of the picture, and holds nobody up', async () => {
  const path = await onDisk(await picture())
  const own = new Decoders(1_000)
  const dying = own.convert(path)
  process.kill(own.busy[0]!, 'SIGKILL')
  expect(await dying).toBeUndefined()
  const standing = own.convert(path)
  process.kill(own.busy[0]!, 'SIGSTOP')
  expect(await standing).toBeUndefined()
  expect([own.busy, own.idle]).toEqual([[], []])
  expect(await new Decoders(60_000).convert(path)).toMatchObject({ picture: { w: 900 } })
})

test('[PI8] whose decoders die is told to come again, not that the picture is bad', async () => {
  await using world = await startWorld({ features: [message, membership], watching: [] })
  const ask = {
    params: { groupId: world.groupId },
    body: { bytes: await picture(), contentType: 'image/jpeg' as const },
  }
  const state = { isAnswered: false }
  const asked = refusalOf(world.as('li').call(uploadImage, ask)).finally(() => (state.isAnswered = true))
  const killed = new Set<number>()
  while (!state.isAnswered) {
    for (const pid of decoders.busy) if (!killed.has(pid) && killed.add(pid)) process.kill(pid, 'SIGKILL')
    await turns(1)
  }
  expect(await asked).toBe('server.overloaded')
  expect((await world.as('li').call(uploadImage, ask)).w).toBe(900)
})
