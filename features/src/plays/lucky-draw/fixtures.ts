/** What the tests of lucky draws begin with: a world, a draw of two prizes, entering, the proof with all entries. */
import { spawnSync } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MINUTE, type BodyOf, type UserId } from '@qun/contract'
import type { Feature } from '@qun/core'
import { startWorld, type At, type World } from '@qun/testing'
import membership from '../../people/membership/server.ts'
import message from '../../words/message/server.ts'
import { entriesOf, luckyDraw, proofOf, type EntryLine } from './contract.ts'
import type { Hashing } from './rules.ts'
import plainDraw from './server.ts'

export const id = (name: string) => name as UserId
export const hashing: Hashing = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  hmac: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
}
export const open = (draw: Feature = plainDraw, limits = {}, more: readonly Feature[] = []) =>
  startWorld({ features: [message, membership, draw, ...more], limits })
type Body = BodyOf<typeof luckyDraw>
export function bodyAt(world: World, change: Partial<Body> = {}): Body {
  const closesAt = world.time.now() + 10 * MINUTE
  return {
    title: '周三咖啡抽奖',
    closesAt,
    drawsAt: closesAt + MINUTE,
    organiser: '山茶咖啡',
    contact: '021-5555 0100',
    conditions: '本群成员，每人一次',
    method: '凭中奖页面七日内到店领取，逾期作废',
    prizes: [
      { name: '手冲一杯', quantity: 1, valueFen: 3_800 },
      { name: '可颂', quantity: 1, valueFen: 1_600 },
    ],
    ...change,
  }
}
export const post = (world: World, change: Partial<Body> = {}, who = 'wang') =>
  world.as(who).post(world.groupId, luckyDraw, bodyAt(world, change))
export const enter = (world: World, at: At, who: string, nonce?: string) =>
  world.as(who).act(at, luckyDraw, 'enter', nonce === undefined ? {} : { nonce }, `enter-${who}`)
export const enterFresh = (world: World, at: At, who: string, key: string) =>
  world.as(who).act(at, luckyDraw, 'enter', {}, key)
export async function proofIn(world: World, at: At, who = 'sun') {
  const { proof } = await world.as(who).call(proofOf, { params: at })
  const entries: EntryLine[] = []
  for (let after = 0; ;) {
    const page = await world.as(who).call(entriesOf, { params: at, query: { after, limit: 200 } })
    entries.push(...page.entries)
    const last = page.entries.at(-1)
    if (last === undefined) return { proof, entries }
    after = last.entryNo
  }
}

/** What `node verify.mjs` says of a proof and its entries. */
export function runVerifier(proof: unknown, entries: readonly EntryLine[]): { stdout: string; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'draw-'))
  try {
    const files = ['proof.json', 'entries.json'].map((name) => join(folder, name))
    writeFileSync(files[0] as string, JSON.stringify({ proof }))
    writeFileSync(files[1] as string, JSON.stringify([{ entries }]))
    const script = fileURLToPath(new URL('./verify.mjs', import.meta.url))
    const { stdout, status } = spawnSync(process.execPath, [script, ...files], { encoding: 'utf8' })
    return { stdout, status }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
