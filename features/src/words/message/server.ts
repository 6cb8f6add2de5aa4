/** Serves texts, pictures and system lines: glue between the contract, the rules and the store. */
import { MillisSchema, Type, UserIdSchema, type GroupId, type Static, type UserId } from '@qun/contract'
import {
  defineCursor,
  defineFeature,
  serveCard,
  serveEndpoint,
  zoneOfGroup,
  type ActionCall,
  type CardCall,
  type EndpointCall,
  type Guard,
  type PostAttempt,
} from '@qun/core'
import {
  editsOf,
  editWindowMs,
  imageMessage,
  mediaOf,
  ownReactionsMax,
  reactorsOf,
  systemLine,
  textMessage,
  textRefusals,
  uploadImage,
  type MentionSchema,
  type ReactionCount,
} from './contract.ts'
import {
  countReaction,
  distinctMentions,
  isReaction,
  mentionAllWaitMs,
  mentionFault,
  normaliseText,
  textFault,
  withMentionAll,
} from './rules.ts'
import {
  addPicture,
  addReaction,
  countUploads,
  dropPicturesOf,
  findPicture,
  keepEarlierText,
  keepPosted,
  listEarlierTexts,
  listPosts,
  listReactors,
  lockMentionAll,
  lockUploads,
  migrations,
  readBytes,
  removeReaction,
  scrubMessage,
  sweepUnposted,
  writeMentionAll,
  type Reactor,
} from './store.ts'
import { convertInTurn } from './server-convert.ts'

type Mention = Static<typeof MentionSchema>
type TextBody = Static<typeof textMessage.body>
const dayMs = 86_400_000

// ── what may be posted ──
/** [MS1]–[MS8] Refuses on the hot path; asks the store only for messages that name people or quote. */
const textGuard: Guard = {
  name: 'message.text',
  kinds: ['text'],
  refusals: textRefusals,
  post(attempt) {
    const body = attempt.body as TextBody
    const text = normaliseText(body.text)
    const fault = textFault(text)
    if (fault !== undefined) attempt.fail(fault)
    const mentions = body.mentions === undefined ? undefined : distinctMentions(body.mentions)
    const isSame = text === body.text && mentions === body.mentions
    const clean = isSame ? undefined : { ...body, text, ...(mentions === undefined ? {} : { mentions: [...mentions] }) }
    if (body.quote === undefined && (mentions === undefined || mentions.length === 0)) return clean
    return checkReferences(attempt, body.quote?.seq, mentions ?? []).then(() => clean)
  },
}
const imageGuard: Guard = {
  name: 'message.image',
  kinds: ['image'],
  post(attempt) {
    const { quote } = attempt.body as Static<typeof imageMessage.body>
    return quote === undefined ? undefined : checkReferences(attempt, quote.seq, [])
  },
}
async function checkReferences(
  attempt: PostAttempt,
  quoted: number | undefined,
  mentions: readonly Mention[],
): Promise<undefined> {
  const everybody = mentions.includes('*')
  const fault = mentionFault(mentions, everybody ? await attempt.readRole() : undefined)
  if (fault !== undefined) attempt.fail(fault)
  const quoting = quoted === undefined ? 'visible' : await attempt.sightOf(quoted)
  if (quoting === 'unseen') attempt.fail('message.quote_invalid')
  // [MS5] Nothing of it is left to be shown.
  if (quoting === 'recalled') attempt.fail('message.recalled')
  const people = mentions.filter((mention): mention is UserId => mention !== '*')
  const members = people.length === 0 ? new Set<UserId>() : await attempt.findMembers(people)
  for (const userId of people) if (!members.has(userId)) attempt.fail('mention.not_member', { detail: userId })
  if (everybody) await countEverybody(attempt)
  return undefined
}
/** [MS8] [MER8] By the local date of the group. Counted before the post: one that is lost afterwards still counts. */
async function countEverybody(attempt: PostAttempt): Promise<void> {
  const { appId, groupId, now } = attempt
  const waitMs = await attempt.decide(async (tx) => {
    const timeZone = await zoneOfGroup({ tx, appId, now }, groupId)
    const last = await lockMentionAll(tx, appId, groupId)
    const wait = mentionAllWaitMs(last, now, timeZone)
    if (wait === 0) await writeMentionAll(tx, appId, groupId, withMentionAll(last, now, timeZone))
    return wait
  })
  if (waitMs > 0) attempt.fail('mention.all_limited', { retryAfterMs: waitMs })
}

// ── texts ──
const textServer = serveCard(textMessage, {
  mentions: (body) => body.mentions ?? [],
  actions: {
    async edit(call, input) {
      if (call.now - call.at > editWindowMs) call.fail('message.edit_window')
      if (input.ifEdits !== call.state.edits) call.fail('precondition.failed')
      const text = normaliseText(input.text)
      const fault = textFault(text)
      if (fault !== undefined) call.fail(fault)
      const mentions = [...distinctMentions(input.mentions ?? [])]
      await checkEditedMentions(call, mentions)
      const { edited, edits } = call.state
      await keepEarlierText(call.tx, call, edits, edited?.text ?? call.body.text, edited?.at ?? call.at)
      call.setState({
        ...call.state,
        edited: { text, at: call.now, ...(mentions.length === 0 ? {} : { mentions }) },
        edits: edits + 1,
      })
      call.record('text.edited', { seq: call.seq, edits: edits + 1 })
    },
    async react(call, input) {
      const reactions = await react(call, input, call.state.reactions)
      if (reactions === undefined) return
      call.setState({ ...call.state, reactions })
      call.record('text.reacted', { seq: call.seq, userId: call.actorId, ...input })
    },
  },
  recalled: (call) => scrubMessage(call.tx, call),
})
async function checkEditedMentions(call: ActionCall<typeof textMessage>, mentions: readonly Mention[]): Promise<void> {
  const fault = mentionFault(mentions, call.actor?.role)
  if (fault !== undefined) call.fail(fault)
  const people = mentions.filter((mention): mention is UserId => mention !== '*')
  const members = await call.findMembers(people)
  for (const userId of people)
    if (members.get(userId)?.active !== true) call.fail('mention.not_member', { detail: userId })
}

/** The parts of an action's call that reacting needs: the same for every kind that takes reactions. */
type ReactionCallParts = Pick<
  ActionCall<typeof textMessage> & ActionCall<typeof imageMessage>,
  'tx' | 'appId' | 'groupId' | 'seq' | 'now' | 'actorId' | 'fail' | 'mineOf' | 'setMine'
>
/** [RE1]–[RE4] The counts afterwards; undefined when nothing changes. */
async function react(
  call: ReactionCallParts,
  { emoji, on }: { readonly emoji: string; readonly on: boolean },
  counts: readonly ReactionCount[],
): Promise<ReactionCount[] | undefined> {
  if (!isReaction(emoji)) call.fail('reaction.invalid')
  const own = (await call.mineOf(call.actorId))?.reactions ?? []
  if (own.includes(emoji) === on) return undefined
  const counted = countReaction(counts, emoji, on)
  // [RE5] One person cannot use up what all may choose from.
  if (counted === undefined || (on && own.length >= ownReactionsMax)) return call.fail('reaction.limit')
  if (on) await addReaction(call.tx, call, call.actorId, emoji, call.now)
  else await removeReaction(call.tx, call, call.actorId, emoji)
  call.setMine(call.actorId, { reactions: on ? [...own, emoji] : own.filter((each) => each !== emoji) })
  return counted
}

// ── pictures ──
const imageServer = serveCard(imageMessage, {
  async open(call) {
    const { mediaId, w, h } = call.body
    const picture = await findPicture(call.tx, call.appId, call.groupId, mediaId, call.now - dayMs)
    if (picture === undefined || picture.userId !== call.senderId) return call.fail('media.not_found')
    if (picture.w !== w || picture.h !== h) call.fail('media.dimensions')
    await keepPosted(call.tx, call, mediaId)
    return { preview: picture.preview, reactions: [] }
  },
  actions: {
    async react(call, input) {
      const reactions = await react(call, input, call.state.reactions)
      if (reactions === undefined) return
      call.setState({ ...call.state, reactions })
      call.record('image.reacted', { seq: call.seq, userId: call.actorId, ...input })
    },
  },
  async recalled(call: CardCall<typeof imageMessage>) {
    await scrubMessage(call.tx, call)
    await dropPicturesOf(call.tx, call)
  },
})

/** Uploads of one person in a day: pictures, and bytes as kept. */
const uploadsPerDayMax = 500
const uploadedBytesPerDayMax = 512 * 1_024 * 1_024
const isSpent = (used: { readonly count: number; readonly bytes: number }) =>
  used.count >= uploadsPerDayMax || used.bytes >= uploadedBytesPerDayMax

const upload = serveEndpoint(uploadImage, {
  // [PI8] Who may upload no more is told before they send, and what takes seconds holds nothing of the store.
  async check(call) {
    const { appId, actorId, now } = call
    const used = await call.read((tx) => countUploads(tx, appId, actorId, now - dayMs))
    if (isSpent(used)) call.fail('media.quota', { retryAfterMs: dayMs })
  },
  prepare: convertInTurn,
  async handle(call, picture) {
    const { groupId } = call.params
    await lockUploads(call.tx, call.appId, call.actorId)
    const used = await countUploads(call.tx, call.appId, call.actorId, call.now - dayMs)
    if (isSpent(used)) call.fail('media.quota', { retryAfterMs: dayMs })
    const mediaId = `med_${call.randomHex(16)}`
    await sweepUnposted(call.tx, call.appId, call.now - dayMs)
    await addPicture(call.tx, call.appId, groupId, { ...picture, mediaId, userId: call.actorId }, call.now)
    return { mediaId, w: picture.w, h: picture.h, preview: picture.preview }
  },
})

/** [PI4] [PI5] Members who can see a message with the picture get it; before it is posted, its uploader alone. */
const media = serveEndpoint(mediaOf, async (call) => {
  const { groupId, mediaId } = call.params
  const picture = await findPicture(call.tx, call.appId, groupId, mediaId, call.now - dayMs)
  if (picture === undefined) return call.fail('media.not_found')
  if (!picture.posted && (call.caller.kind !== 'user' || call.actorId !== picture.userId)) call.fail('media.not_found')
  // The latest message with it is the one most people may see; if that is before one joined, so are the others.
  const [seq] = picture.posted ? await listPosts(call.tx, call.appId, groupId, mediaId) : []
  if (seq !== undefined) await call.readMessage(groupId, seq)
  const size = call.query.size ?? 'full'
  return { bytes: await readBytes(call.tx, call.appId, groupId, mediaId, size), contentType: picture.contentType }
})

// ── reading ──
const edits = serveEndpoint(editsOf, async (call) => {
  const { groupId, seq } = call.params
  await call.readMessage(groupId, seq)
  return { edits: await listEarlierTexts(call.tx, { appId: call.appId, groupId, seq }) }
})
const reactorsCursor = defineCursor(MillisSchema, UserIdSchema, Type.String({ maxLength: 40 }))
const reactors = serveEndpoint(reactorsOf, async (call) => {
  const { groupId, seq } = call.params
  const { emoji, cursor } = call.query
  const limit = call.query.limit ?? 50
  await call.readMessage(groupId, seq)
  const place = reactorsCursor.readIf(cursor)
  const after = place === undefined ? undefined : { at: place[0], userId: place[1], emoji: place[2] }
  const rows = await listReactors(call.tx, { appId: call.appId, groupId, seq }, { emoji, after, limit })
  const named = await nameAll(call, groupId, rows)
  const last = rows.length === limit ? rows.at(-1) : undefined
  return {
    reactors: named,
    cursor: last === undefined ? null : reactorsCursor.write([last.at, last.userId, last.emoji]),
  }
})
async function nameAll(call: EndpointCall<typeof reactorsOf>, groupId: GroupId, rows: readonly Reactor[]) {
  const group = await call.group(groupId)
  const members = await group.findMembers(new Set(rows.map(({ userId }) => userId)))
  return rows.map((row) => ({ ...row, name: members.get(row.userId)?.name ?? row.userId }))
}
const systemServer = serveCard(systemLine, { recallable: () => 'message.system' })

export { cardPictures } from './server-pictures.ts'
export default defineFeature({
  name: 'message',
  migrations,
  cards: [textServer, imageServer, systemServer],
  guards: [textGuard, imageGuard],
  endpoints: [edits, reactors, upload, media],
})
