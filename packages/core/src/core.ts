/** Assembles the engine: the one object a host holds. */
import { randomBytes } from 'node:crypto'
import { engineEndpoints, refuse, Refusal, type AppId, type UserId } from '@qun/contract'
import { migrate } from '@qun/storage'
import { Appender } from './log/append.ts'
import { ActionQueue } from './decide/card-act.ts'
import { Doubts } from './log/doubts.ts'
import { callEndpoint, checkHead } from './decide/endpoint-call.ts'
import { asRefusal, type Engine, publishUser, refusalOf } from './ground/engine.ts'
import { Epoch } from './ground/epoch.ts'
import { Fanout } from './sync/fanout.ts'
import { Folds } from './later/folds.ts'
import { Admissions } from './host/admissions.ts'
import type { Core, CoreOptions, Outlet, Principal } from './host/host.ts'
import { defaultLimits } from './host/limits.ts'
import { startPost } from './log/post.ts'
import { noteReactions } from './later/reaction-queue.ts'
import { Reader } from './read/reading.ts'
import { createRegistry } from './host/registry.ts'
import { ClientSession, type SessionHost } from './sync/session.ts'
import { UnderWay } from './ground/under-way.ts'
import { migrationsOf } from './ground/store.ts'
import { Validators } from './host/validate.ts'
import { Viewing } from './decide/viewing.ts'
import { Workers } from './later/workers.ts'
import { steadyClock, systemWait, wallClock } from './ground/defaults.ts'

/** Lanes of the group commit: two keep the store busy while a commit is under way, more only split the batches. */
const laneCount = 2
/** What people do in answer to what they are told may go on for ever. */
const settleRoundsMax = 3

/** Runs the migrations of the engine and of all features, then opens for work. Call `start` for the workers. */
export async function createCore(options: CoreOptions): Promise<Core> {
  const now = options.now ?? wallClock
  const registry = createRegistry(options.features)
  const declared = new Map(registry.refusals)
  for (const endpoint of Object.values(engineEndpoints)) {
    for (const [code, kind] of Object.entries('refusals' in endpoint ? (endpoint.refusals ?? {}) : {}))
      declared.set(code, kind)
  }
  const full = { ...registry, refusals: declared }
  const randomHex = options.randomHex ?? ((bytes: number) => randomBytes(bytes).toString('hex'))
  if (options.isMigrated !== true) await migrate(options.store, migrationsOf(options.features), now)
  const epoch = new Epoch(options.store)
  await epoch.read(randomHex)
  // [REACT1] Before this node takes anything: from now on facts wait for its reactions, whichever node writes them.
  await options.store.transaction('*', (tx) => noteReactions(registry.reactions, options.apps, now()).execute(tx))
  const underWay = new UnderWay()
  const onBug = options.onBug ?? (() => undefined)
  const engine: Engine = {
    store: options.store,
    bus: options.bus,
    registry: full,
    validators: new Validators(),
    limits: { ...defaultLimits, ...options.limits },
    get epoch() {
      return epoch.value
    },
    risk: options.risk,
    apps: options.apps,
    protocol: options.protocol ?? 1,
    now,
    elapsed: options.elapsed ?? steadyClock,
    randomHex,
    wait: options.wait ?? systemWait,
    isBusy: options.isBusy ?? (() => false),
    writeMs: options.writeMs ?? (() => 0.01),
    onBug,
    // A store that is away is no bug of the workers: they look again at the next poll.
    onWorkerTrouble: (error) => {
      if (!(asRefusal(error) instanceof Refusal)) onBug(error, 'workers')
    },
    refusal: (code, more) => refusalOf(full, code, more),
    nudge: (work, appId) => workers.nudge(work, appId),
    hear: (appId, groupId) => folds.hear(appId, groupId),
    doubt: (appId, groupIds, userIds) => doubts.add(appId, groupIds, userIds),
    track: underWay.track,
  }
  const folds = new Folds(engine)
  const workers = new Workers(engine, folds)
  const doubts = new Doubts(engine)
  return assemble(engine, { workers, doubts, underWay, epoch })
}

interface Parts {
  readonly workers: Workers
  readonly doubts: Doubts
  readonly underWay: UnderWay
  readonly epoch: Epoch
}
function assemble(engine: Engine, { workers, doubts, underWay, epoch }: Parts): Core {
  const appender = new Appender(engine, laneCount)
  const actions = new ActionQueue(engine)
  const fanout = new Fanout(engine)
  const reader = new Reader(engine)
  const viewing = new Viewing(engine)
  const host: SessionHost = {
    engine,
    fanout,
    post: (request, whenClear) =>
      isDraining
        ? { result: Promise.reject(draining()), isQueued: true }
        : startPost(engine, appender, request, whenClear),
    read: (principal, groupId, seq) => open(() => viewing.read(principal, groupId, seq)),
  }
  let isDraining = false
  const admitted = new Admissions()
  const idle = () => underWay.idle()
  const open = <T>(run: () => Promise<T>): Promise<T> => (isDraining ? Promise.reject(draining()) : run())

  const forget = cutWhenOther(engine, epoch, fanout)

  return {
    get epoch() {
      return engine.epoch
    },
    registry: engine.registry,
    limits: engine.limits,
    now: () => engine.now(),
    post: (request) => open(() => host.post(request).result),
    act: (request) => open(() => actions.act(request)),
    recall: (principal, groupId, seq) => open(() => viewing.recall(principal, groupId, seq)),
    hide: (principal, groupId, seq, hidden) => open(() => viewing.hide(principal, groupId, seq, hidden)),
    snapshot: (principal, groupId) => engine.track(reader.snapshot(principal, groupId)),
    changes: (principal, groupId, from) => engine.track(reader.changes(principal, groupId, from)),
    history: (principal, groupId, page) => engine.track(reader.history(principal, groupId, page)),
    message: (principal, groupId, seq) => engine.track(reader.message(principal, groupId, seq)),
    members: (principal, groupId, page) => engine.track(reader.members(principal, groupId, page)),
    read: (principal, groupId, seq) => open(() => viewing.read(principal, groupId, seq)),
    conversations: (principal) => engine.track(viewing.conversations(principal)),
    setConversation: (principal, groupId, patch) => open(() => viewing.setConversation(principal, groupId, patch)),
    me: (principal) => engine.track(viewing.me(principal)),
    putUser: (appId, user) => open(() => viewing.putUser(appId, user)),
    ...calling(engine, admitted, open),
    connect: (principal: Principal, resume, outlet: Outlet) => new ClientSession(host, principal, resume, outlet),
    disconnect: (appId: AppId, userId: UserId, code, reason) =>
      publishUser(engine, appId, userId, { from: 0, to: 0, cut: { code, reason } }, []),
    start() {
      workers.start()
      fanout.start()
    },
    async stop() {
      isDraining = true
      forget()
      fanout.stop()
      await workers.stop()
      await admitted.idle()
      await idle()
      await appender.close()
    },
    settle: () => settle(engine, { workers, doubts, fanout, underWay }),
    isSettled: () => underWay.isSettled && fanout.isSent,
  }
}

/** Endpoints: what was let in goes on when nothing else does. */
function calling(
  engine: Engine,
  admitted: Admissions,
  open: <T>(run: () => Promise<T>) => Promise<T>,
): Pick<Core, 'call' | 'admit'> {
  return {
    call(server, request, admission) {
      const run = () => engine.track(callEndpoint(engine, server, request))
      return admitted.isOpen(admission) ? run() : open(run)
    },
    admit: (server, head) =>
      open(async () => {
        await engine.track(checkHead(engine, server, head))
        // It may have begun to stop meanwhile.
        return open(() => Promise.resolve(admitted.begin()))
      }),
  }
}

async function settle(
  engine: Engine,
  { workers, doubts, fanout, underWay }: Omit<Parts, 'epoch'> & { readonly fanout: Fanout },
): Promise<void> {
  for (let round = 0; round < settleRoundsMax; round++) {
    const before = underWay.begun
    await underWay.idle()
    const ran = await workers.settle()
    await underWay.idle()
    await doubts.settle()
    if (engine.bus.isReliable !== true) await fanout.poll()
    await fanout.settle()
    await underWay.idle()
    if (ran === 0 && underWay.begun === before) break
  }
  underWay.noteSettled()
}

/** What was heard of a former store is of no use, on this side neither. Returns the end of it. */
function cutWhenOther(engine: Engine, epoch: Epoch, fanout: Fanout): () => void {
  return engine.store.onOtherIdentity(() => {
    fanout.cutAll()
    void engine.track(epoch.read(engine.randomHex)).then(
      (isOther) => (isOther ? fanout.cutAll() : undefined),
      (error: unknown) => engine.onWorkerTrouble(error),
    )
  })
}

const draining = () => refuse('server.draining', { retryAfterMs: 2_000 })
