/** Posts that race a removal, a mute, a disbanding: whoever comes later in the log was allowed to. */
import {
  disbandGroup,
  muteMember,
  removeMember,
  changeGroup,
  addMembers,
} from '@qun/features/people/membership/contract'
import { textMessage } from '@qun/features/words/message/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { createLab, id, listStored, note, opened, upTo } from '../fixtures.ts'

const lab = createLab()
lab.openings.set('any', () => '开')
const open = () => startWorld({ features: lab.features, watching: ['zhao'] })

/** Three ways into the log. */
const ways = [
  [
    'by the group commit',
    (world: World, name: string, n: number) => world.as(name).post(world.groupId, note, { text: `${n}` }),
  ],
  [
    'by a decision',
    (world: World, name: string, n: number) =>
      world.as(name).post(world.groupId, textMessage, { text: `${n}`, mentions: [id('zhao')] }),
  ],
  ['by a card that opens', (world: World, name: string) => world.as(name).post(world.groupId, opened, { step: 'any' })],
] as const

/** Posts of 小李 keep coming while `change` happens; says how each ended, and where the change stands in the log. */
async function race(world: World, post: (typeof ways)[number][1], change: () => Promise<unknown>) {
  const attempts: Promise<string | null>[] = []
  let changed: Promise<unknown> | undefined
  for (let n = 0; n < 24; n++) {
    attempts.push(refusalOf(post(world, 'li', n)))
    if (n === 8) changed = change()
    if (n % 3 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  await changed
  const after = await refusalOf(post(world, 'li', 99))
  const outcomes = await Promise.all(attempts)
  const stored = await listStored(world)
  const line = stored.findLast((row) => row.sender_id === '')?.seq ?? 0
  const later = stored.filter((row) => row.sender_id === 'li' && row.seq > line)
  expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(
    stored.filter((row) => row.sender_id === 'li').length,
  )
  expect(stored.map((row) => row.seq)).toEqual(upTo(stored.length))
  // Those that came too late were refused as any later one is.
  expect(outcomes.filter((outcome) => outcome !== null && outcome !== after)).toEqual([])
  return { after, later }
}

describe.each(ways)('a post %s', (_name, post) => {
  test('[LOG13] never comes after the line that says its sender was removed', async () => {
    await using world = await open()
    const params = { groupId: world.groupId, userId: id('li') }
    const ended = await race(world, post, () => world.as('wang').call(removeMember, { params, body: {} }))
    expect(ended).toEqual({ after: 'group.not_found', later: [] })
  })
  test('[LOG13] never comes after the line that says its sender was muted', async () => {
    await using world = await open()
    const params = { groupId: world.groupId, userId: id('li') }
    const ended = await race(world, post, () =>
      world.as('wang').call(muteMember, { params, body: { durationMs: 60_000 } }),
    )
    expect(ended).toEqual({ after: 'member.muted', later: [] })
  })
  test('[LOG13] never comes after the line that muted everybody', async () => {
    await using world = await open()
    const ended = await race(world, post, () =>
      world.as('wang').call(changeGroup, { params: { groupId: world.groupId }, body: { muteAll: true } }),
    )
    expect(ended).toEqual({ after: 'member.muted', later: [] })
    expect(await refusalOf(post(world, 'he', 0))).toBeNull()
  })
  test('[LOG13] never comes after the line that disbanded the group', async () => {
    await using world = await open()
    const ended = await race(world, post, () =>
      world.as('wang').call(disbandGroup, { params: { groupId: world.groupId }, body: {} }),
    )
    expect(ended).toEqual({ after: 'group.dissolved', later: [] })
  })
})

test('[LOG13] a race over two nodes is decided by the store alone', async () => {
  await using world = await open()
  const other = await world.startNode()
  const post = (core: typeof other, n: number) =>
    core.post({
      appId: world.as('li').principal.appId,
      groupId: world.groupId,
      senderId: id('li'),
      kind: note.kind,
      body: { text: `${n}` },
      clientId: `n${n}`,
    })
  const attempts = upTo(40).map((n) => refusalOf(post(n % 2 === 0 ? world.core : other, n)))
  await world.as('wang').call(removeMember, { params: { groupId: world.groupId, userId: id('li') }, body: {} })
  await Promise.all(attempts)
  await world.as('wang').call(addMembers, { params: { groupId: world.groupId }, body: { userIds: [id('li')] } })
  const stored = await listStored(world)
  const lines = stored.filter((row) => row.sender_id === '').slice(-2)
  const [removed, back] = lines.map((row) => row.seq)
  expect(stored.filter((row) => row.sender_id === 'li' && row.seq > (removed ?? 0) && row.seq < (back ?? 0))).toEqual(
    [],
  )
  expect(await refusalOf(post(other, 41))).toBeNull()
})
