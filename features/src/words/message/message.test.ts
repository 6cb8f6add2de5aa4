/** Texts, pictures and system lines as members meet them. */
import { randomBytes } from 'node:crypto'
import { getPriority } from 'node:os'
import { DAY, MINUTE, type UserId } from '@qun/contract'
import { appId, refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import membership from '../../people/membership/server.ts'
import { leaveGroup, removeMember } from '../../people/membership/contract.ts'
import {
  editsOf,
  imageMessage,
  mediaOf,
  mentionsMax,
  ownReactionsMax,
  reactionKindsMax,
  reactorsOf,
  systemLine,
  textMessage,
  uploadImage,
} from './contract.ts'
import { mentionAllCoolDownMs } from './rules.ts'
import message from './server.ts'
import { decoders } from './server-convert.ts'

const features = [message, membership]
const id = (name: string) => name as UserId
const open = () => startWorld({ features })
/** Time goes by at once: nothing of these tests falls due on the way. */
async function jump(world: World, ms: number): Promise<void> {
  world.time.moveTo(world.time.now() + ms)
  await world.settle()
}

describe('texts', () => {
  test('[MS1] a text comes out as it went in, but for white space at its end', async () => {
    await using world = await open()
    const odd = ' \u202eabc e\u0301 \u00e9 👩‍👩‍👧 𠮷\n二'
    const at = await world.as('li').post(world.groupId, textMessage, { text: `${odd} \n` })
    const { message: row } = await world.core.message(world.as('zhao').principal, at.groupId, at.seq)
    expect(row.body).toEqual({ text: odd })
    expect(row.state).toEqual({ edits: 0, reactions: [] })
  })
  test('[MS2] [MS3] [MS4] what cannot be read is refused, and leaves no message', async () => {
    await using world = await open()
    const post = (text: string) => refusalOf(world.as('li').post(world.groupId, textMessage, { text }))
    expect(await post('\u200b \n')).toBe('message.empty')
    expect(await post('长'.repeat(5_001))).toBe('message.too_long')
    expect(await post(`a${'\u0301'.repeat(300)}`)).toBe('message.abusive_unicode')
    expect(await post('长'.repeat(5_000))).toBeNull()
    const { messages } = await world.core.history(world.as('li').principal, world.groupId, {})
    expect(messages.filter((row) => row.kind === 'text')).toHaveLength(1)
  })
  test('[MS5] a quote names an earlier message the sender may see, and holds none of its words', async () => {
    await using world = await open()
    const first = await world.as('li').post(world.groupId, textMessage, { text: '可颂几点出炉？' })
    const answer = (seq: number) => world.as('zhao').post(world.groupId, textMessage, { text: '十点', quote: { seq } })
    const { seq } = await answer(first.seq)
    expect(await refusalOf(answer(seq + 1))).toBe('message.quote_invalid')
    expect(await refusalOf(answer(seq + 100))).toBe('message.quote_invalid')
    await world.as('li').recall(first)
    const { messages } = await world.core.history(world.as('sun').principal, world.groupId, {})
    expect(JSON.stringify(messages)).not.toContain('可颂')
  })
  test('[MS5] [I10] nobody quotes what was taken back; who had quoted it before and asks again is told what they were', async () => {
    await using world = await open()
    const first = await world.as('li').post(world.groupId, textMessage, { text: '可颂几点出炉？' })
    const quote = { seq: first.seq }
    const answer = (key: string) => world.as('zhao').post(world.groupId, textMessage, { text: '十点', quote }, key)
    const { seq } = await answer('before')
    await world.as('li').recall(first)
    expect(await refusalOf(answer('after'))).toBe('message.recalled')
    expect(await answer('before')).toMatchObject({ seq })
  })
  test('[MS6] [MS7] members are named, strangers are not, everybody by owner and admins alone', async () => {
    await using world = await open()
    const post = (who: string, mentions: (UserId | '*')[]) =>
      refusalOf(world.as(who).post(world.groupId, textMessage, { text: '看这里', mentions }))
    expect(await post('li', [id('zhao'), id('zhao')])).toBeNull()
    expect(await post('li', [id('zhou')])).toBe('mention.not_member')
    expect(
      await post(
        'li',
        Array.from({ length: mentionsMax + 1 }, (_, i) => id(`u${i}`)),
      ),
    ).toBe('mention.too_many')
    expect(await post('li', ['*'])).toBe('mention.all_forbidden')
    expect(await post('he', ['*'])).toBeNull()
    await world.as('sun').call(leaveGroup, { params: { groupId: world.groupId }, body: {} })
    expect(await post('li', [id('sun')])).toBe('mention.not_member')
  })
  test('[MS6] three people are looked up as one is: together', async () => {
    await using world = await open()
    let readings = 0
    const { reading } = world.store
    Object.assign(world.store, {
      reading: ((...asked) => {
        readings++
        return reading.apply(world.store, asked as never)
      }) as typeof reading,
    })
    const lookUps = async (mentions: string[]) => {
      const before = readings
      await world.as('wang').post(world.groupId, textMessage, { text: '看这里', mentions: mentions.map(id) })
      return readings - before
    }
    const one = await lookUps(['li'])
    expect(await lookUps(['he', 'li', 'zhao', 'sun'])).toBe(one)
  })
  test('[MS8] everybody is named three times a day, five minutes apart; a retry is not counted', async () => {
    await using world = await open()
    const post = (key: string) =>
      refusalOf(world.as('wang').post(world.groupId, textMessage, { text: '开团啦', mentions: ['*'] }, key))
    expect(await post('one')).toBeNull()
    expect(await post('one')).toBeNull()
    expect(await post('two')).toBe('mention.all_limited')
    await jump(world, mentionAllCoolDownMs)
    expect(await post('two')).toBeNull()
    await jump(world, mentionAllCoolDownMs)
    expect(await post('three')).toBeNull()
    await jump(world, mentionAllCoolDownMs)
    expect(await post('four')).toBe('mention.all_limited')
    await jump(world, DAY)
    expect(await post('four')).toBeNull()
  })
  test('[MS8] eight at once name everybody once', async () => {
    await using world = await open()
    const posts = Array.from({ length: 8 }, (_, i) =>
      refusalOf(world.as('wang').post(world.groupId, textMessage, { text: '到店自取', mentions: ['*'] }, `at-${i}`)),
    )
    expect((await Promise.all(posts)).filter((code) => code === null)).toHaveLength(1)
  })
})

describe('edits', () => {
  test('[MS9] [MS10] [MS11] the sender edits for a day, knowing what they edit; earlier texts stay', async () => {
    await using world = await open()
    const at = await world.as('li').post(world.groupId, textMessage, { text: '买一只可送' })
    const edit = (who: string, text: string, ifEdits: number) =>
      world.as(who).act(at, textMessage, 'edit', { text, ifEdits })
    await jump(world, MINUTE)
    await edit('li', '买一只可颂 ', 0)
    expect(await world.read(at, textMessage)).toMatchObject({ edited: { text: '买一只可颂' }, edits: 1 })
    expect(await refusalOf(edit('li', '两只', 0))).toBe('precondition.failed')
    expect(await refusalOf(edit('wang', '两只', 1))).toBe('message.not_owner')
    expect(await refusalOf(edit('li', '\u200b', 1))).toBe('message.empty')
    await edit('li', '买两只可颂', 1)
    const read = () => world.as('sun').call(editsOf, { params: at })
    expect((await read()).edits.map(({ text }) => text)).toEqual(['买一只可送', '买一只可颂'])
    await jump(world, DAY - MINUTE + 1)
    expect(await refusalOf(edit('li', '三只', 2))).toBe('message.edit_window')
    await world.as('wang').recall(at)
    expect((await read()).edits).toEqual([])
    expect(await refusalOf(edit('li', '三只', 2))).toBe('message.recalled')
  })
  test('[MS6] [MS7] an edit names members alone, and everybody by owner and admins alone', async () => {
    await using world = await open()
    const at = await world.as('li').post(world.groupId, textMessage, { text: '问一下' })
    const edit = (mentions: (UserId | '*')[]) =>
      refusalOf(world.as('li').act(at, textMessage, 'edit', { text: '问一下大家', ifEdits: 0, mentions }))
    expect(await edit([id('zhou')])).toBe('mention.not_member')
    expect(await edit(['*'])).toBe('mention.all_forbidden')
    expect(await edit([id('zhao')])).toBeNull()
    expect((await world.read(at, textMessage)).edited?.mentions).toEqual(['zhao'])
  })
  test('[MS11] edits of messages one cannot see are not told', async () => {
    await using world = await open()
    const at = await world.as('li').post(world.groupId, textMessage, { text: '早' })
    expect(await refusalOf(world.as('zhou').call(editsOf, { params: at }))).toBe('group.not_found')
    expect(await refusalOf(world.as('li').call(editsOf, { params: { ...at, seq: 999 } }))).toBe('message.not_found')
  })
})

describe('reactions', () => {
  test('[RE1] [RE3] [RE4] each person counts once per emoji, and takes back what they gave', async () => {
    await using world = await open()
    const at = await world.as('li').post(world.groupId, textMessage, { text: '新品上架' })
    const react = (who: string, emoji: string, on = true) => world.as(who).act(at, textMessage, 'react', { emoji, on })
    await Promise.all([
      react('zhao', '👍'),
      react('sun', '👍'),
      react('zhao', '👍'),
      react('li', '❤️'),
      react('he', '👍', false),
    ])
    expect((await world.read(at, textMessage)).reactions.toSorted((a, b) => b.count - a.count)).toEqual([
      { emoji: '👍', count: 2 },
      { emoji: '❤️', count: 1 },
    ])
    expect(await world.as('zhao').mine(at)).toEqual({ reactions: ['👍'] })
    await react('li', '❤️', false)
    expect((await world.read(at, textMessage)).reactions).toEqual([{ emoji: '👍', count: 2 }])
    expect(await refusalOf(react('zhao', 'ok'))).toBe('reaction.invalid')
  })
  test('[RE2] the twenty-first emoji is refused', async () => {
    await using world = await open()
    const at = await world.as('li').post(world.groupId, textMessage, { text: '投票' })
    const react = (i: number) =>
      world
        .as(i % 2 === 0 ? 'zhao' : 'sun')
        .act(at, textMessage, 'react', { emoji: String.fromCodePoint(0x1f600 + i), on: true })
    for (let i = 0; i < reactionKindsMax; i++) await react(i)
    expect(await refusalOf(react(reactionKindsMax))).toBe('reaction.limit')
  })
  test('[RE5] [I10] one person’s eleventh emoji is refused, and leaves room for others; one taken back makes room', async () => {
    await using world = await open()
    const at = await world.as('li').post(world.groupId, textMessage, { text: '投票' })
    const react = (who: string, i: number, on = true) =>
      world.as(who).act(at, textMessage, 'react', { emoji: String.fromCodePoint(0x1f600 + i), on })
    for (let i = 0; i < ownReactionsMax; i++) await react('zhao', i)
    expect(await refusalOf(react('zhao', 11))).toBe('reaction.limit')
    await react('sun', 11)
    await react('zhao', 0, false)
    await react('zhao', 11)
    expect(await refusalOf(react('zhao', 12))).toBe('reaction.limit')
  })
  test('[RE3] who reacted is listed in pages, each once, and goes with the message', async () => {
    await using world = await open()
    const at = await world.as('li').post(world.groupId, textMessage, { text: '谢谢' })
    for (const who of ['zhao', 'sun', 'he', 'wang'])
      await world.as(who).act(at, textMessage, 'react', { emoji: '👍', on: true })
    await world.as('sun').act(at, textMessage, 'react', { emoji: '🎉', on: true })
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: { limit: number; cursor?: string } = cursor === null ? { limit: 2 } : { limit: 2, cursor }
      const page: { reactors: { userId: string; name: string; emoji: string }[]; cursor: string | null } = await world
        .as('li')
        .call(reactorsOf, { params: at, query })
      seen.push(...page.reactors.map(({ userId, emoji }) => userId + emoji))
      cursor = page.cursor
    } while (cursor !== null)
    expect(seen.toSorted()).toEqual(['he👍', 'sun🎉', 'sun👍', 'wang👍', 'zhao👍'])
    const only = await world.as('li').call(reactorsOf, { params: at, query: { emoji: '🎉' } })
    expect(only.reactors).toMatchObject([{ userId: 'sun', name: '孙老师' }])
    expect(await refusalOf(world.as('li').call(reactorsOf, { params: at, query: { cursor: 'forged' } }))).toBe(
      'cursor.invalid',
    )
    await world.as('wang').recall(at)
    expect((await world.as('li').call(reactorsOf, { params: at })).reactors).toEqual([])
  })
})

const blank = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#b5651d' } })
const asJpeg = { contentType: 'image/jpeg' }
describe('pictures', () => {
  async function uploaded() {
    const world = await open()
    const bytes = await blank(3_000, 1_500)
      .withMetadata({ orientation: 6 })
      .withExifMerge({ IFD0: { Make: 'Camera' }, IFD3: { GPSLatitude: '31/1 13/1 0/1' } })
      .jpeg()
      .toBuffer()
    const made = await world
      .as('li')
      .call(uploadImage, { params: { groupId: world.groupId }, body: { bytes, ...asJpeg } })
    return { world, made, body: { mediaId: made.mediaId, w: made.w, h: made.h, alt: '一只可颂' } }
  }
  const read = async (
    world: Awaited<ReturnType<typeof open>>,
    who: string,
    mediaId: string,
    size: 'thumb' | 'full' = 'full',
  ) => await world.as(who).call(mediaOf, { params: { groupId: world.groupId, mediaId }, query: { size } })

  test('[PI3] a picture is written anew: upright, bounded, without place or camera', async () => {
    const { world, made } = await uploaded()
    await using _ = world
    expect(made).toMatchObject({ w: 1_280, h: 2_560 })
    expect(made.preview.length).toBeLessThan(2_000)
    const { bytes, contentType } = await read(world, 'li', made.mediaId)
    expect(contentType).toBe('image/webp')
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 1_280, height: 2_560 })
    expect((await sharp(bytes).metadata()).exif).toBeUndefined()
    const thumb = await sharp((await read(world, 'li', made.mediaId, 'thumb')).bytes).metadata()
    expect(Math.max(thumb.width, thumb.height)).toBe(480)
  })
  test('[PI3] bytes appended to a picture are gone', async () => {
    await using world = await open()
    const hidden = Buffer.concat([
      await blank(40, 40).png().toBuffer(),
      Buffer.from('PK\u0003\u0004<script>alert(1)</script>'),
    ])
    const { mediaId } = await world
      .as('li')
      .call(uploadImage, { params: { groupId: world.groupId }, body: { bytes: hidden, ...asJpeg } })
    expect(Buffer.from((await read(world, 'li', mediaId)).bytes).includes('script')).toBe(false)
  })
  test('[PI4] [PI6] only its uploader posts it and sees it before; then members do', async () => {
    const { world, made, body } = await uploaded()
    await using _ = world
    expect(await refusalOf(read(world, 'zhao', made.mediaId))).toBe('media.not_found')
    expect(await refusalOf(world.as('zhao').post(world.groupId, imageMessage, body))).toBe('media.not_found')
    expect(await refusalOf(world.as('li').post(world.groupId, imageMessage, { ...body, w: 9 }))).toBe(
      'media.dimensions',
    )
    const at = await world.as('li').post(world.groupId, imageMessage, body)
    expect(await world.read(at, imageMessage)).toEqual({ preview: made.preview, reactions: [] })
    expect((await read(world, 'zhao', made.mediaId)).bytes.byteLength).toBeGreaterThan(100)
    expect(await refusalOf(read(world, 'zhou', made.mediaId))).toBe('group.not_found')
    const { groupId } = world
    await world.as('wang').call(removeMember, { params: { groupId, userId: id('zhao') }, body: {} })
    expect(await refusalOf(read(world, 'zhao', made.mediaId))).toBe('group.not_found')
    await world.as('sun').act(at, imageMessage, 'react', { emoji: '😋', on: true })
    expect((await world.read(at, imageMessage)).reactions).toEqual([{ emoji: '😋', count: 1 }])
    const quote = { ...body, quote: { seq: at.seq + 9 } }
    expect(await refusalOf(world.as('li').post(world.groupId, imageMessage, quote))).toBe('message.quote_invalid')
  })
  test('[PI4] a recalled picture is gone, unless another message shows it', async () => {
    const { world, made, body } = await uploaded()
    await using _ = world
    const first = await world.as('li').post(world.groupId, imageMessage, body)
    const second = await world.as('li').post(world.groupId, imageMessage, body)
    await world.as('li').recall(first)
    expect((await read(world, 'zhao', made.mediaId)).contentType).toBe('image/webp')
    await world.as('li').recall(second)
    expect(await refusalOf(read(world, 'li', made.mediaId))).toBe('media.not_found')
  })
  test('[PI5] a picture nobody posted is gone after a day', async () => {
    const { world, made, body } = await uploaded()
    await using _ = world
    await jump(world, DAY)
    expect(await refusalOf(read(world, 'li', made.mediaId))).toBe('media.not_found')
    expect(await refusalOf(world.as('li').post(world.groupId, imageMessage, body))).toBe('media.not_found')
  })
  test('[PI2] a person keeps five hundred pictures a day', async () => {
    await using world = await open()
    await world.store.transaction(appId, (tx) =>
      sql`INSERT INTO message_media
          (app_id, group_id, media_id, user_id, w, h, preview, content_type, full_bytes, thumb_bytes, size, at)
        SELECT ${appId}, ${world.groupId}, 'med_' || n, 'li', 1, 1, '', 'image/webp', '', '', 0, ${world.time.now()}
        FROM generate_series(1, 500) n`.execute(tx),
    )
    const bytes = await blank(9, 9).png().toBuffer()
    const upload = () =>
      refusalOf(world.as('li').call(uploadImage, { params: { groupId: world.groupId }, body: { bytes, ...asJpeg } }))
    expect(await upload()).toBe('media.quota')
    await jump(world, DAY)
    expect(await upload()).toBeNull()
  })
  test('[PI8] what is refused of a picture is refused before a transaction begins', async () => {
    await using world = await open()
    let begun = 0
    const { transaction } = world.store
    Object.assign(world.store, {
      transaction: ((...asked) => {
        begun++
        return transaction.apply(world.store, asked as never)
      }) as typeof transaction,
    })
    const bytes = Buffer.from('<html>no picture</html>')
    const asked = world.as('li').call(uploadImage, { params: { groupId: world.groupId }, body: { bytes, ...asJpeg } })
    expect(await refusalOf(asked)).toBe('media.type_mismatch')
    expect(begun).toBe(0)
  })
  test('[PI8] a picture is decoded beside the server, not in it, by who yields', async () => {
    await using world = await open()
    const bytes = await blank(900, 900).png().toBuffer()
    const ask = { params: { groupId: world.groupId }, body: { bytes, ...asJpeg } }
    await Promise.all(['li', 'wang', 'li', 'wang'].map((who) => world.as(who).call(uploadImage, ask)))
    // As a picture is asked for once, its process waits for the next.
    const [pid] = decoders.idle
    expect(getPriority(pid)).toBeGreaterThan(getPriority())
    process.kill(pid!, 'SIGKILL')
    const { w } = await world.as('li').call(uploadImage, ask)
    expect(w).toBe(900)
    expect(decoders.idle).not.toContain(pid)
  })
  test('[PI1] [PI2] what is no picture, or too much of one, is refused', async () => {
    await using world = await open()
    const upload = (bytes: Uint8Array) =>
      refusalOf(world.as('li').call(uploadImage, { params: { groupId: world.groupId }, body: { bytes, ...asJpeg } }))
    expect(await upload(Buffer.from('<html><script>alert(1)</script>'))).toBe('media.type_mismatch')
    expect(await upload(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toMatch(/^media\.type_/)
    expect(await upload(Buffer.from('%PDF-1.7\n%%EOF'))).toBe('media.type_forbidden')
    const noise = sharp(randomBytes(300 * 300 * 3), { raw: { width: 300, height: 300, channels: 3 } })
    expect(await upload((await noise.jpeg().toBuffer()).subarray(0, 20_000))).toBe('media.corrupt')
    expect(await upload(await blank(7_000, 6_000).png({ compressionLevel: 1 }).toBuffer())).toBe('media.pixels')
    expect(await upload(new Uint8Array(20 * 1_024 * 1_024 + 1))).toBe('media.too_large')
    const frames = (count: number) =>
      sharp(randomBytes(8 * 8 * 3 * count), { raw: { width: 8, height: 8 * count, channels: 3, pageHeight: 8 } })
        .gif({ interFrameMaxError: 0, keepDuplicateFrames: true })
        .toBuffer()
    expect(await upload(await frames(301))).toBe('media.frames')
    expect(await upload(await frames(3))).toBeNull()
  })
})

test('[SY1] system lines are not counted, not posted by people and not recalled', async () => {
  await using world = await open()
  const { messages } = await world.core.history(world.as('li').principal, world.groupId, {})
  expect(messages.every((row) => row.kind === 'system' && row.ordinal === 0)).toBe(true)
  expect(messages.length).toBeGreaterThan(0)
  const note = { what: 'note', text: '冒充系统' } as const
  expect(await refusalOf(world.as('wang').post(world.groupId, systemLine, note))).toBe('message.type_forbidden')
  const at = { groupId: world.groupId, seq: messages[0]?.seq ?? 0 }
  expect(await refusalOf(world.as('wang').recall(at))).toMatch(/^message\.(system|not_owner)$/)
})
