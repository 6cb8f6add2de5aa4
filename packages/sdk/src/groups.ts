/** The groups an app has opened: subscribes them, takes in their frames, draws their views. Knows no socket. */
import type {
  ChangesFrame,
  ErrorFrame,
  GroupId,
  MineRow,
  PartFrame,
  ResetFrame,
  SnapshotFrame,
  Static,
  Stream,
  SubscribeFrame,
  TypingFrame,
  TypingNotice,
} from '@qun/contract'
import type { Conversation, GroupView, SdkProblem } from './api.ts'
import { backoffMs } from './backoff.ts'
import type { Platform } from './defaults.ts'
import {
  emptyGroup,
  joinParts,
  lastSeqOf,
  withAnswer,
  withChanges,
  withMine,
  withMineGuess,
  withPage,
  withPageAsked,
  withSnapshot,
  type GroupState,
  type Page,
} from './group-view.ts'
import type { OpenedGroup } from './opened-group.ts'
import { isTransient, problemOf, QunError, readProblem } from './problem.ts'
import type { Pulls } from './pulls.ts'
import { Cell, type Turn } from './readable.ts'
import type { Sending } from './sending.ts'
import { SnapshotParts } from './snapshot-parts.ts'
import { isBehind } from './streams.ts'
import { TypingNotices } from './typing.ts'

export interface GroupsHost {
  readonly send: (frame: Static<typeof SubscribeFrame> | Static<typeof TypingFrame>) => boolean
  readonly nextId: () => number
  readonly userId: () => string | undefined
  readonly conversation: (groupId: string) => Conversation | undefined
  readonly history: (groupId: string, before: number, limit: number) => Promise<Page>
  /** Message rows of a group were taken in. */
  readonly messagesChanged: (groupId: string) => void
}
const answerMs = 15_000
/** Groups whose rows stay after they were closed. */
const keptMax = 30
const pageMessages = 50
/** The longest page the history route gives: a jump to a far message needs many. */
const jumpMessages = 200

export class Groups {
  readonly #platform: Platform
  readonly #turn: Turn
  readonly #host: GroupsHost
  readonly #sending: Sending
  readonly #pulls: Pulls
  readonly #opened = new Map<string, OpenedGroup>()
  readonly #parts = new SnapshotParts()

  constructor(platform: Platform, turn: Turn, sending: Sending, pulls: Pulls, host: GroupsHost) {
    this.#platform = platform
    this.#turn = turn
    this.#sending = sending
    this.#pulls = pulls
    this.#host = host
  }

  open(groupId: string): OpenedGroup {
    const group = this.#opened.get(groupId) ?? this.#create(groupId)
    group.handles++
    if (group.handles === 1 && group.state.gone !== undefined) group.state = emptyGroup
    this.#syncSoon(group)
    return group
  }
  close(group: OpenedGroup): void {
    group.handles--
    if (group.handles > 0) return
    // Last in, last out: the order of the map is the order of leaving.
    this.#opened.delete(group.groupId)
    this.#opened.set(group.groupId, group)
    this.#sending.prune(group.groupId)
    this.#syncSoon(group)
    const left = [...this.#opened.values()].filter((one) => one.handles === 0)
    for (const one of left.slice(0, Math.max(0, left.length - keptMax))) {
      if (one.level === 'listed') this.#opened.delete(one.groupId)
    }
  }
  find(groupId: string): OpenedGroup | undefined {
    return this.#opened.get(groupId)
  }
  /** Acknowledged words stay pending until the view that will show them does. */
  isAwaited(groupId: string, seq: number): boolean {
    const group = this.#opened.get(groupId)
    if (group === undefined || group.handles === 0 || !group.state.ready || group.state.gone) return false
    return lastSeqOf(group.state) < seq
  }
  /** Where a followed group stands if it lacks changes it has heard of. */
  lacking(groupId: string): number | undefined {
    const group = this.#opened.get(groupId)
    if (group === undefined || group.level !== 'open' || !group.state.ready) return undefined
    return isBehind(group.state.cursor) ? group.state.cursor.version : undefined
  }
  redraw(groupId: string): void {
    this.#opened.get(groupId)?.view.mark()
  }

  // ── the connection ──
  /** `isFresh`: the server is another one than before (epoch) or the person is; nothing held is of use. */
  welcomed(isFresh: boolean): void {
    for (const group of this.#opened.values()) {
      if (isFresh) {
        group.state = emptyGroup
        group.view.mark()
        if (group.handles === 0) this.#opened.delete(group.groupId)
      }
      this.#sync(group)
    }
  }
  paused(): void {
    for (const group of this.#opened.values()) {
      this.#endAsk(group)
      group.level = 'listed'
    }
    this.#parts.clear()
  }

  /** The connection was cut because its frames were not taken in time. */
  overwhelmed(): void {
    for (const group of this.#opened.values()) group.wantsSnapshot = true
  }

  // ── frames ──
  changes(groupId: string, frame: Static<typeof ChangesFrame>): void {
    const group = this.#opened.get(groupId)
    if (group === undefined) return
    const before = group.state.cursor.version
    const step = withChanges(group.state, frame)
    // A long answer on a slow line comes page by page: each is a sign that the next will come.
    if (group.asked?.id === frame.id && frame.id !== undefined) this.#await(group, frame.id, frame.more === true)
    this.#take(group, step.state)
    this.#pulls.taken(streamOf(groupId), frame, step.state.cursor.version > before)
  }
  snapshot(frame: Static<typeof SnapshotFrame>): void {
    const group = this.#opened.get(frame.group.groupId)
    if (group === undefined || group.level !== 'open') return
    const before = group.state.cursor.version
    const whole = joinParts(frame, this.#parts.of(frame.id, frame.stream))
    this.#take(group, withSnapshot(group.state, whole).state)
    group.wantsSnapshot = false
    this.#pulls.taken(streamOf(group.groupId), withId(frame.id), group.state.cursor.version > before)
  }
  part(frame: Static<typeof PartFrame>): void {
    this.#parts.add(frame)
    // Each is a sign that the snapshot will come.
    const group = [...this.#opened.values()].find((one) => one.asked?.id === frame.id)
    if (group !== undefined) this.#await(group, frame.id)
  }
  /** True if it was the end of a subscription's catch-up. */
  finished(id: number): boolean {
    this.#parts.forget(id)
    for (const group of this.#opened.values()) {
      if (group.asked?.id !== id) continue
      const { more } = group.asked
      this.#endAsk(group)
      group.tries = 0
      if (more) this.#pulls.askFrom(streamOf(group.groupId), group.state.cursor.version)
      else this.#pulls.ask(streamOf(group.groupId))
      return true
    }
    return false
  }
  reset(groupId: string, frame: Static<typeof ResetFrame>): void {
    const group = this.#opened.get(groupId)
    if (group === undefined) return
    if (frame.reason === 'gone') return this.#gone(group, problemOf('group.not_found', this.#platform.locale))
    if (group.asked === undefined || group.asked.id !== frame.id) return this.#restart(group)
    // The subscription that met it goes on with a snapshot.
    group.state = emptyGroup
    group.view.mark()
  }
  /** True if the refusal answered a subscription. */
  refused(frame: Static<typeof ErrorFrame>): boolean {
    const problem = readProblem(frame)
    if (problem === undefined || frame.id === undefined) return false
    this.#parts.forget(frame.id)
    for (const group of this.#opened.values()) {
      if (group.asked?.id !== frame.id) continue
      this.#endAsk(group)
      if (isTransient(problem)) this.#retry(group, problem)
      else this.#refusedFor(group, problem)
      return true
    }
    return false
  }
  pullRefused(groupId: string, problem: SdkProblem): void {
    const group = this.#opened.get(groupId)
    if (group !== undefined) this.#refusedFor(group, problem)
  }
  typing(frame: Static<typeof TypingNotice>): void {
    const group = this.#opened.get(frame.groupId)
    if (group !== undefined && frame.userId !== this.#host.userId()) group.typing.add(frame.userId)
  }
  mine(rows: readonly MineRow[]): void {
    for (const [groupId, own] of Map.groupBy(rows, (row): string => row.groupId)) {
      const group = this.#opened.get(groupId)
      if (group !== undefined) this.#take(group, withMine(group.state, own))
    }
  }
  /** The viewer's row of a group changed: they may have left it, or be back. */
  conversationChanged(groupId: string): void {
    const group = this.#opened.get(groupId)
    if (group === undefined) return
    const conversation = this.#host.conversation(groupId)
    const isActive = conversation?.active
    // They may have left and come back unheard: what came before is not theirs any more, and a hole would follow it.
    const isBack =
      group.state.gone !== undefined || (group.state.held[0]?.seq ?? Infinity) <= (conversation?.joinSeq ?? 0)
    if (isActive === false && group.state.gone === undefined) {
      this.#gone(group, problemOf('group.not_found', this.#platform.locale))
    } else if (isActive === true && isBack) this.#restart(group)
    group.view.mark()
  }

  // ── what a handle asks for ──
  async loadOlder(group: OpenedGroup, limit = pageMessages): Promise<boolean> {
    group.loading ??= this.#load(group, limit).finally(() => (group.loading = undefined))
    return group.loading
  }
  async loadUntil(group: OpenedGroup, seq: number): Promise<boolean> {
    while (seq < group.state.lowSeq || !group.state.ready) {
      if (!(await this.loadOlder(group, jumpMessages))) break
    }
    return group.state.messages.some((message) => message.seq === seq)
  }
  say(group: OpenedGroup): void {
    const { groupId } = group
    group.typing.say(() => this.#host.send({ op: 'typing', groupId: groupId as GroupId }))
  }
  /** Shows what an action answered; the frame with the same version follows. `before`: the viewer's part when asked. */
  answered(
    group: OpenedGroup,
    answer: { readonly seq: number; readonly version: number; readonly state: unknown },
    mine: { readonly before: MineRow | undefined; readonly after: MineRow } | undefined,
  ): void {
    let state = withAnswer(group.state, answer.seq, answer.version, answer.state)
    // A part that came on the viewer's stream meanwhile is later than the answer.
    if (mine !== undefined && state.mine.get(answer.seq) === mine.before) state = withMineGuess(state, mine.after)
    this.#take(group, state)
  }

  async #load(group: OpenedGroup, limit: number): Promise<boolean> {
    for (;;) {
      const { state } = group
      if (state.gone !== undefined) throw new QunError(state.gone)
      if (!state.ready) throw new QunError(problemOf('client.offline', this.#platform.locale))
      if (this.#isAtStart(group)) return false
      const before = state.lowSeq
      group.state = withPageAsked(state)
      let page: Page
      try {
        page = await this.#host.history(group.groupId, before, limit)
      } catch (error) {
        group.state = { ...group.state, beside: undefined }
        throw error
      }
      const isFitting = group.state.beside !== undefined && group.state.lowSeq === before
      this.#take(group, withPage(group.state, before, page))
      if (isFitting) return page.messages.length > 0
    }
  }
  #isAtStart({ state, groupId }: OpenedGroup): boolean {
    const joinSeq = this.#host.conversation(groupId)?.joinSeq ?? 0
    return state.ready && (state.atStart || state.lowSeq <= joinSeq + 1)
  }
  #take(group: OpenedGroup, state: GroupState): void {
    const before = group.state
    if (state === before) return
    group.state = state
    group.view.mark()
    if (state.held === before.held) return
    const known = new Set(before.held)
    const arrived = state.held.filter((message) => !known.has(message))
    for (const message of arrived) if (message.seq > lastSeqOf(before)) group.typing.end(message.senderId)
    this.#sending.arrived(group.groupId, arrived)
    this.#host.messagesChanged(group.groupId)
  }
  #restart(group: OpenedGroup): void {
    group.state = emptyGroup
    group.level = 'listed'
    this.#endAsk(group)
    group.view.mark()
    this.#sync(group)
  }
  #refusedFor(group: OpenedGroup, problem: SdkProblem): void {
    if (problem.code === 'sync.reset') this.#restart(group)
    else this.#gone(group, problem)
  }
  #gone(group: OpenedGroup, problem: SdkProblem): void {
    this.#endAsk(group)
    group.state = { ...group.state, gone: problem }
    group.level = 'listed'
    this.#sending.prune(group.groupId)
    group.view.mark()
  }
  #syncSoon(group: OpenedGroup): void {
    // A component that closes and opens within one turn is one interest.
    this.#turn.add(() => this.#sync(group))
  }
  #sync(group: OpenedGroup): void {
    if (this.#opened.get(group.groupId) !== group) return
    const level = group.handles > 0 && group.state.gone === undefined ? 'open' : 'listed'
    if (level === group.level) return
    this.#endAsk(group)
    const { state } = group
    const from = level === 'open' && state.ready && !group.wantsSnapshot ? { from: state.cursor.version } : {}
    const id = this.#host.nextId()
    const frame = { op: 'subscribe', id, groups: [{ groupId: group.groupId as GroupId, level, ...from }] } as const
    if (!this.#host.send({ ...frame, groups: [...frame.groups] })) return
    group.level = level
    if (level === 'listed') return
    this.#await(group, id)
  }
  /** Waits for the rest of an answer. */
  #await(group: OpenedGroup, id: number, more = false): void {
    this.#endAsk(group)
    const cancel = this.#platform.wait(answerMs, () => this.#retry(group, undefined))
    group.asked = { id, cancel, more }
  }
  #retry(group: OpenedGroup, problem: SdkProblem | undefined): void {
    this.#endAsk(group)
    group.level = 'listed'
    group.tries++
    const delayMs = (problem?.retry_after ?? 0) * 1_000 + backoffMs(group.tries, this.#platform.random())
    const cancel = this.#platform.wait(delayMs, () => this.#sync(group))
    group.asked = { id: 0, cancel, more: false }
  }
  #endAsk(group: OpenedGroup): void {
    group.asked?.cancel()
    group.asked = undefined
  }
  #create(groupId: string): OpenedGroup {
    let last: GroupView | undefined
    const group: OpenedGroup = {
      groupId,
      state: emptyGroup,
      handles: 0,
      level: 'listed',
      asked: undefined,
      tries: 0,
      wantsSnapshot: false,
      typing: new TypingNotices(this.#platform, () => group.view.mark()),
      loading: undefined,
      view: new Cell(this.#turn, () => (last = sameOr(last, this.#draw(groupId)))),
    }
    this.#opened.set(groupId, group)
    group.view.mark()
    return group
  }
  #draw(groupId: string): GroupView {
    const group = this.#opened.get(groupId)
    const state = group?.state ?? emptyGroup
    const conversation = this.#host.conversation(groupId)
    return {
      groupId,
      ready: state.ready,
      version: Math.max(0, state.cursor.version),
      group: state.group,
      messages: state.messages,
      pending: this.#sending.pending(groupId),
      atStart: group !== undefined && this.#isAtStart(group),
      members: state.members,
      records: state.records,
      typing: group?.typing.userIds ?? none,
      readSeq: conversation?.readSeq ?? 0,
      unread: conversation?.unread ?? 0,
      ...(state.gone === undefined ? {} : { gone: state.gone }),
    }
  }
}

const none: readonly string[] = []
const streamOf = (groupId: string): Stream => `group/${groupId}`
const withId = (id: number | undefined): { id?: number } => (id === undefined ? {} : { id })

/** The earlier view if nothing in it changed. */
function sameOr(last: GroupView | undefined, next: GroupView): GroupView {
  if (last === undefined) return next
  const keys = Object.keys({ ...last, ...next }) as (keyof GroupView)[]
  return keys.every((key) => Object.is(last[key], next[key])) ? last : next
}
