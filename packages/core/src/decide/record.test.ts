/** Records: synced rows that are no messages, for all of a group or for one person. */
import { refusalOf, startWorld, type World } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { countRows, createLab, id, offer, pin } from '../fixtures.ts'

const lab = createLab()
const open = () => startWorld({ features: lab.features, watching: ['wang', 'li', 'zhao'] })
const put = (world: World, key: string, text: string | null) =>
  lab.decide(world.as('wang'), async (call) =>
    (await call.group(world.groupId)).putRecord(pin, key, text === null ? null : { text }),
  )
const pinsOf = (world: World, name: string) =>
  [...(world.as(name).views()[0]?.records.values() ?? [])].map((row) => [row.key, (row.body as { text: string }).text])

describe('records of a group', () => {
  test('[REC1] all members see them, live, in a snapshot and in a pull; the last write of a key counts', async () => {
    await using world = await open()
    await put(world, 'a', '一')
    await put(world, 'b', '二')
    await put(world, 'a', '三')
    await world.settle()
    expect(pinsOf(world, 'zhao').toSorted()).toEqual([
      ['a', '三'],
      ['b', '二'],
    ])
    const snapshot = await world.core.snapshot(world.as('sun').principal, world.groupId)
    expect(snapshot.records.map((row) => row.key).toSorted()).toEqual(['a', 'b'])
    const { rows } = await world.core.changes(world.as('sun').principal, world.groupId, 0)
    expect(rows.filter((row) => row.row === 'record')).toHaveLength(2)
  })
  test('[REC2] null removes one: clients forget it, snapshots leave it out, and whoever was away is told', async () => {
    await using world = await open()
    await put(world, 'a', '一')
    await world.settle()
    const { version } = await world.core.snapshot(world.as('sun').principal, world.groupId)
    await put(world, 'a', null)
    await world.settle()
    expect(pinsOf(world, 'zhao')).toEqual([])
    expect((await world.core.snapshot(world.as('sun').principal, world.groupId)).records).toEqual([])
    const { rows } = await world.core.changes(world.as('sun').principal, world.groupId, version)
    expect(rows).toMatchObject([{ row: 'record', key: 'a', body: null }])
    await put(world, 'a', '又来')
    await world.settle()
    expect(pinsOf(world, 'zhao')).toEqual([['a', '又来']])
  })
})

describe('records of a person', () => {
  test('[REC3] only that person sees them, now or when they come back; a host’s decision may write them without any group', async () => {
    await using world = await open()
    const giveAll = (text: string | null) =>
      lab.decideAsHost(world, (call) => {
        for (const name of ['li', 'zhou', 'nobody-yet'])
          call.putUserRecord(id(name), offer, 'x', text === null ? null : { text: `${text} ${name}` })
      })
    await giveAll('给')
    await world.settle()
    const held = (name: string) => world.as(name).client?.records.get().get('lab-offer/x')?.body
    expect([held('li'), held('zhao')]).toEqual([{ text: '给 li' }, undefined])
    const late = world.listen('nobody-yet')
    await world.settle()
    expect(late.changesOf('user/nobody-yet')[0]?.rows).toMatchObject([
      { row: 'record', kind: 'lab-offer', key: 'x', body: { text: '给 nobody-yet' } },
    ])
    const version = late.changesOf('user/nobody-yet')[0]?.to ?? 0
    await giveAll(null)
    const back = world.listen('nobody-yet', { resume: { epoch: world.core.epoch, version } })
    const fresh = world.listen('nobody-yet')
    await world.settle()
    expect(back.changesOf('user/nobody-yet')[0]?.rows).toMatchObject([{ key: 'x', body: null }])
    expect(fresh.changesOf('user/nobody-yet')[0]?.rows).toEqual([])
    expect(held('li')).toBeUndefined()
  })
  test('[REC4] one that does not fit its schema, or is put on the wrong stream, is a bug and writes nothing', async () => {
    await using world = await open()
    const bad = [
      lab.decide(world.as('wang'), async (call) => (await call.group(world.groupId)).putRecord(pin, 'a', { text: 1 })),
      lab.decide(world.as('wang'), async (call) =>
        (await call.group(world.groupId)).putRecord(offer, 'a', { text: '' }),
      ),
      lab.decide(world.as('wang'), (call) => call.putUserRecord(id('li'), pin, 'a', { text: '' })),
      lab.decide(world.as('wang'), (call) => call.putUserRecord(id('li'), offer, 'a', { words: '' })),
    ]
    expect(await Promise.all(bad.map(refusalOf))).toEqual(bad.map(() => 'server.bug'))
    expect(world.takeBugs()).toHaveLength(4)
    expect(await countRows(world, 'records')).toBe(0)
  })
})
