/** Every limit of the engine: its unit, its reason, and (in SPEC.md) the test that reaches it. */
export interface Limits {
  /** Code points of a text message; WeChat's order of magnitude, fits a phone screen ten times over. */
  readonly textLengthMax: number
  /** UTF-8 bytes of a message body; keeps a frame of 32 merged messages below 1 MiB. */
  readonly bodyBytesMax: number
  /** UTF-8 bytes of a card's state: it is sent to every member at every change. */
  readonly cardStateBytesMax: number
  /** Members of a group unless its settings say less; twenty thousand is tested (promises P10). */
  readonly groupMembersMax: number
  /** Groups one person may be in; bounds the conversation list and the work of a rename. */
  readonly groupsPerUserMax: number
  /** Messages in a snapshot: two phone screens and a little. */
  readonly snapshotMessages: number
  /** Members in a snapshot of a small group; larger groups send those who appear in it. */
  readonly snapshotMembers: number
  /** Rows in one answer to a pull; a page of about 100 kB. */
  readonly pullRowsMax: number
  /** Bytes of rows in one frame, whatever it answers: what a phone on a slow line takes in a few seconds. */
  readonly pageBytesMax: number
  /** A client further behind than this gets a snapshot instead of rows. */
  readonly pullBehindMax: number
  /** Groups named in one subscribe frame. */
  readonly subscribeMax: number
  /** Groups one connection may hold open at once. */
  readonly openGroupsMax: number
  /** Rows of one group commit; beyond 512 latency grows and throughput does not (performance.md). */
  readonly appendBatchMax: number
  /** Bytes of bodies in one group commit: what one statement carries, and holds in memory on both sides. */
  readonly appendBatchBytes: number
  /** Actions of one card decided in one transaction. */
  readonly actBatchMax: number
  /** Milliseconds in which an author may take a message back (mechanics C-10). */
  readonly recallWindowMs: number
  /** Longest wait between two frames of a group below `slowGroupMembers` online members. */
  readonly frameDelayMaxMs: number
  /** The same above it: a flush of 10,000 sockets costs 110–250 ms (performance.md). */
  readonly slowFrameDelayMaxMs: number
  readonly slowGroupMembers: number
  /** Least time between two frames of nothing but changes to what was told: a busy card costs ten frames a second. */
  readonly updateDelayMs: number
  /** Sockets written before other groups get a turn: about 2–8 ms of work. */
  readonly fanoutSlice: number
  /** Live frames of all groups that go out in one turn, about: some milliseconds of writing. */
  readonly turnFramesMax: number
  /** Least time between two heads of a group to one listed session. */
  readonly headDelayMs: number
  /** Typing notices stop above this many members: they cost more than talk (Mattermost: 44 % of capacity). */
  readonly typingMembersMax: number
  /** A worker that holds a job or fact longer has lost it. */
  readonly leaseMs: number
  /** How often workers look for what is due when nobody told them. */
  readonly pollMs: number
  /** On a bus that may lose messages: the longest a lost one delays delivery (promises M16). */
  readonly hintPollMs: number
  /** Groups or people asked for in one statement of a look at the store: about 10 ms of it. */
  readonly lookMax: number
  /** Tries of a job or reaction before it is set aside for an operator. */
  readonly attemptsMax: number
  /** How long an Idempotency-Key of an endpoint is remembered; actions on cards are remembered for ever. */
  readonly idempotencyKeptMs: number
  /** How long facts wait for a reaction that no node knows any more: a release may be taken back for days. */
  readonly unknownKeptMs: number
}

export const defaultLimits: Limits = {
  textLengthMax: 5_000,
  bodyBytesMax: 32_768,
  cardStateBytesMax: 32_768,
  groupMembersMax: 20_000,
  groupsPerUserMax: 500,
  snapshotMessages: 50,
  snapshotMembers: 200,
  pullRowsMax: 500,
  pageBytesMax: 262_144,
  pullBehindMax: 2_000,
  subscribeMax: 100,
  openGroupsMax: 50,
  appendBatchMax: 512,
  appendBatchBytes: 2_097_152,
  actBatchMax: 250,
  recallWindowMs: 120_000,
  frameDelayMaxMs: 50,
  slowFrameDelayMaxMs: 200,
  slowGroupMembers: 2_000,
  updateDelayMs: 100,
  fanoutSlice: 1_000,
  turnFramesMax: 512,
  headDelayMs: 1_000,
  typingMembersMax: 50,
  leaseMs: 15_000,
  pollMs: 1_000,
  hintPollMs: 2_000,
  lookMax: 1_000,
  attemptsMax: 20,
  idempotencyKeptMs: 7 * 86_400_000,
  unknownKeptMs: 7 * 86_400_000,
}
