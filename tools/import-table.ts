/** Who may import whom, as data: the linter's configuration and a table in docs come from it. It knows no linter. */

export const packageNames = [
  'contract',
  'storage',
  'bus',
  'ledger',
  'core',
  'server',
  'sdk',
  'ui',
  'testing',
  'features',
  'chat',
] as const
export type PackageName = (typeof packageNames)[number]

export interface ImportRow {
  /** The name of the rule: it opens every message about a breach of this row. */
  readonly rule: string
  /** How the row is called in the table of docs/architecture.md. */
  readonly title: string
  readonly files: readonly string[]
  /** Packages whose entries these files may import. */
  readonly may: readonly PackageName[]
  /** Which parts of features they may name: none unless said. */
  readonly features?: 'contracts' | 'faces' | 'any'
  /** For files of a feature folder: where they stand, and which of the folder's own files they may not import. */
  readonly folder?: {
    readonly depth: 1 | 2
    readonly notOwn: readonly string[]
    /** The part of `shared/` it may use; of files there, which name no feature's contract either, none. */
    readonly shared?: 'server' | 'store' | 'none'
  }
  /** When set, nothing else may be imported at all, Node and registry packages included. */
  readonly only?: readonly string[]
  readonly reason: string
}

/** Every file of a feature folder has its role as its name, or its role and a noun: `server.ts`, `server-media.ts`. */
const role = (name: string) => [`features/src/*/*/${name}.ts`, `features/src/*/*/${name}-*.ts`]
/** What servers of several features have in common: no feature, so it has no contract. */
const sharedRole = (name: string) => [`features/src/shared/*/${name}.ts`, `features/src/shared/*/${name}-*.ts`]
/** What a file of each role may not import from its own folder, as the beginning of the file's name. */
const behind = ['server', 'store', 'rules', 'ui', 'console']

export const importTable: readonly ImportRow[] = [
  {
    rule: 'contract-stands-alone',
    title: 'contract',
    files: ['packages/contract/src/**'],
    may: ['contract'],
    reason: 'The grammar of the wire runs anywhere, so it depends on the schema builder alone.',
  },
  {
    rule: 'storage-knows-no-engine',
    title: 'storage',
    files: ['packages/storage/src/**'],
    may: ['storage'],
    reason: 'Storage knows no table, no wire and no group.',
  },
  {
    rule: 'bus-knows-no-engine',
    title: 'bus',
    files: ['packages/bus/src/**'],
    may: ['bus'],
    reason: 'The bus carries bytes; what they mean is not its business.',
  },
  {
    rule: 'ledger-knows-no-feature',
    title: 'ledger',
    files: ['packages/ledger/src/**'],
    may: ['contract', 'storage', 'ledger'],
    reason: 'Accounts and transfers in the caller’s transaction; which play moves value is not its business.',
  },
  {
    rule: 'core-knows-no-feature',
    title: 'core',
    files: ['packages/core/src/**'],
    may: ['contract', 'storage', 'bus', 'core'],
    reason: 'The engine keeps groups, a log and cards, and knows no feature, socket or host.',
  },
  {
    rule: 'server-knows-no-feature',
    title: 'server',
    files: ['packages/server/src/**'],
    may: ['contract', 'storage', 'bus', 'core', 'server'],
    reason: 'Routes come from contracts in a loop; features are handed in.',
  },
  {
    rule: 'sdk-knows-the-contract-alone',
    title: 'sdk',
    files: ['packages/sdk/src/**'],
    may: ['contract', 'sdk'],
    reason: 'A client never imports the types of a server.',
  },
  {
    rule: 'ui-knows-no-feature',
    title: 'ui',
    files: ['packages/ui/src/**'],
    may: ['contract', 'sdk', 'ui'],
    reason: 'The kit draws any card through the faces it is handed.',
  },
  {
    rule: 'testing-knows-no-feature',
    title: 'testing',
    files: ['packages/testing/src/**'],
    may: ['contract', 'storage', 'bus', 'ledger', 'core', 'server', 'sdk', 'testing'],
    reason: 'A world is handed its features by the test.',
  },
  {
    rule: 'feature-contract-declares',
    title: 'feature `contract.ts`',
    files: role('contract'),
    may: ['contract'],
    features: 'contracts',
    folder: { depth: 1, notOwn: behind },
    reason: 'Clients bundle the contract; nothing behind it may come along.',
  },
  {
    rule: 'feature-rules-are-pure',
    title: 'feature `rules.ts`',
    files: role('rules'),
    may: [],
    folder: { depth: 1, notOwn: behind },
    only: ['./contract.ts', 'node:crypto'],
    reason: 'The domain has no clock, no storage and no chance, so properties can be proved of it.',
  },
  {
    rule: 'feature-store-keeps',
    title: 'feature `store.ts`',
    files: role('store'),
    may: ['contract', 'storage', 'ledger'],
    folder: { depth: 1, notOwn: ['server', 'rules', 'ui', 'console'], shared: 'store' },
    reason: 'Own tables and named queries; deciding happens in server.ts.',
  },
  {
    rule: 'feature-server-glues',
    title: 'feature `server.ts`',
    files: role('server'),
    may: ['contract', 'storage', 'ledger', 'core'],
    features: 'contracts',
    folder: { depth: 1, notOwn: ['ui', 'console'], shared: 'server' },
    reason: 'Glue between the contract, the rules and the store; other features only by what they declare.',
  },
  {
    // These files match the rows of features too: the later row counts.
    rule: 'shared-store-knows-no-feature',
    title: 'shared `store.ts`',
    files: sharedRole('store'),
    may: ['contract', 'storage', 'ledger'],
    folder: { depth: 1, notOwn: ['server'], shared: 'none' },
    reason: 'Queries of several features are handed their table’s name; they know none of them.',
  },
  {
    rule: 'shared-server-knows-no-feature',
    title: 'shared `server.ts`',
    files: sharedRole('server'),
    may: ['contract', 'storage', 'ledger', 'core'],
    folder: { depth: 1, notOwn: [], shared: 'none' },
    reason: 'What servers of several features do alike is handed what differs; it knows none of them.',
  },
  {
    rule: 'feature-ui-never-reaches-the-server',
    title: 'feature `ui/`, `console/`',
    files: ['features/src/*/*/ui/**', 'features/src/*/*/console/**'],
    may: ['contract', 'sdk', 'ui'],
    features: 'contracts',
    // Own rules are pure, so a face may check a proof or a draft with them.
    folder: { depth: 2, notOwn: ['server', 'store'] },
    reason: 'A bundler must see contracts, pure rules and faces only.',
  },
  {
    rule: 'chat-contract-names-contracts',
    title: 'chat `contract.ts`',
    files: ['packages/chat/src/contract.ts', 'packages/chat/src/protocol.ts'],
    may: ['contract', 'chat'],
    features: 'contracts',
    reason: 'The list of contracts is read by clients as well as by servers.',
  },
  {
    rule: 'chat-react-names-faces',
    title: 'chat `react.tsx`',
    files: ['packages/chat/src/*.tsx'],
    may: ['contract', 'sdk', 'ui', 'chat'],
    features: 'faces',
    reason: 'The list of faces is bundled for browsers.',
  },
  {
    rule: 'chat-names-features',
    title: 'chat (the rest)',
    files: ['packages/chat/src/server.ts', 'packages/chat/src/index.ts'],
    may: ['contract', 'core', 'server', 'sdk', 'ui', 'features', 'chat'],
    features: 'any',
    reason: 'The batteries are the only package that names features.',
  },
  {
    rule: 'apps-use-the-front-doors',
    title: 'apps',
    files: ['apps/**'],
    may: ['contract', 'server', 'sdk', 'ui', 'chat'],
    reason: 'Apps embed Qun the way any host does.',
  },
]

/** A room of a package: the folder of its name, or files that stand beside the folders. */
export interface Room {
  readonly name: string
  readonly holds: string
  /** Its files, when they stand beside the folders. */
  readonly files?: readonly string[]
  /** The rooms of the package it may import; each stands below it in the list. */
  readonly may: readonly string[]
}

/** The rooms of the large packages, from top to bottom: imports go downwards only. */
export const rooms: Readonly<Record<'core' | 'server' | 'ui', readonly Room[]>> = {
  core: [
    {
      name: 'core.ts',
      holds: 'the face of the package; assembles the engine',
      files: ['core.ts', 'index.ts'],
      may: ['sync', 'log', 'later', 'decide', 'read', 'ground', 'host'],
    },
    { name: 'sync', holds: 'what a connection hears, and when', may: ['log', 'read', 'ground', 'host'] },
    {
      name: 'log',
      holds: 'posts into the log, many per transaction',
      may: ['decide', 'read', 'ground', 'host'],
    },
    {
      name: 'later',
      holds: 'what runs after the fact: jobs, reactions, timers, folds',
      may: ['decide', 'ground', 'host'],
    },
    { name: 'decide', holds: 'one decision, one transaction', may: ['read', 'ground', 'host'] },
    { name: 'read', holds: 'what is asked for and not changed', may: ['ground', 'host'] },
    { name: 'ground', holds: 'the store, the clock, rows on the wire, what nodes tell each other', may: ['host'] },
    { name: 'host', holds: 'what a feature and a host see of the engine: types first', may: [] },
  ],
  server: [
    {
      name: 'index.ts',
      holds: 'the face of the package',
      files: ['index.ts'],
      may: ['run', 'socket', 'http', 'files', 'apps', 'ground'],
    },
    {
      name: 'run',
      holds: 'the server assembled, its configuration, log, health and administration',
      may: ['socket', 'http', 'files', 'apps', 'ground'],
    },
    { name: 'socket', holds: 'connections: the gateway, frames in, the outlet out', may: ['http', 'apps', 'ground'] },
    {
      name: 'http',
      holds: 'routes from the contracts, requests, generated documents',
      may: ['files', 'apps', 'ground'],
    },
    {
      name: 'files',
      holds: 'files on their way in and out: the spool, what they may take, how slow they may be',
      may: ['ground'],
    },
    { name: 'apps', holds: 'apps, their keys and tokens, who calls, what is revoked', may: ['ground'] },
    { name: 'ground', holds: 'JSON from strangers, problems, rates, shares, addresses, what is reported', may: [] },
  ],
  ui: [
    {
      name: 'index.tsx',
      holds: 'the face of the package, the provider, the whole chat, what tests need',
      files: ['index.tsx', 'provider.tsx', 'qun-chat.tsx', 'testing.tsx'],
      may: ['chat', 'list', 'forms', 'compose', 'people', 'cards', 'parts', 'contexts'],
    },
    {
      name: 'chat',
      holds: 'the conversation: messages, rows, timeline, scrolling, pills, reactions',
      may: ['compose', 'people', 'cards', 'parts', 'contexts'],
    },
    { name: 'list', holds: 'the conversations', may: ['compose', 'parts', 'contexts'] },
    { name: 'forms', holds: 'the parts of a play’s form', may: ['compose', 'parts', 'contexts'] },
    {
      name: 'compose',
      holds: 'what is being written: field, emoji, mentions, drafts, uploads, the plus menu',
      may: ['people', 'cards', 'parts', 'contexts'],
    },
    { name: 'people', holds: 'a group’s page, its members, the marks beside names', may: ['parts', 'contexts'] },
    {
      name: 'cards',
      holds: 'the frame of a card, its parts, its details; a message’s face',
      may: ['parts', 'contexts'],
    },
    {
      name: 'parts',
      holds: 'what all are made of: overlays, pages, pictures of people, icons, buttons, toasts, times',
      may: ['contexts'],
    },
    {
      name: 'contexts',
      holds: 'what every component shares, how features show themselves, the kit’s words',
      files: ['qun-context.ts', 'chat-context.tsx', 'card-ui.ts', 'texts.ts'],
      may: [],
    },
  ],
}

/** The files of a room, as globs from the root of the repository. */
export function filesOf(packageName: string, room: Room): string[] {
  const home = `packages/${packageName}/src`
  return room.files === undefined ? [`${home}/${room.name}/**`] : room.files.map((file) => `${home}/${file}`)
}

/** Doors that stand open for tests alone, by import specifier. */
export const testDoors = ['@qun/storage/testing', '@qun/storage/lending', '@qun/bus/suite', '@qun/testing']

/** Files in which tests and what serves only tests live; they may import anything but another test. */
export const testFiles = [
  '**/*.test.ts',
  '**/*.test.tsx',
  '**/test-setup.ts',
  '**/suite.ts',
  '**/{fixture,fixtures,fixtures-*,scene,plants}.ts',
  'packages/*/src/testing/**',
  'packages/*/test/**',
  '**/journeys/**',
  '**/faults/**',
]

/** What no file may import: a pattern of the specifier, as a Rust regular expression without look-around, and why. */
export const nobody: readonly { readonly rule: string; readonly pattern: string; readonly reason: string }[] = [
  {
    rule: 'nobody-imports-a-test',
    pattern: '(\\.test(\\.tsx?)?$)|((^|/)test-setup(\\.ts)?$)|(/(journeys|faults)/)',
    reason: 'A test may be deleted without breaking anything else.',
  },
  {
    rule: 'packages-meet-at-their-entries',
    pattern: '(^(\\.\\./)+[a-z-]+/([a-z-]+/)*src/)|(^@qun/[a-z-]+/src/)|(^(\\.\\./)+packages/)|(^(\\.\\./){2,}apps/)',
    reason: 'A package is used through what its package.json exports, never by a path into it.',
  },
]

/** Instants, chance and timers are handed in; these files are where the real ones are taken from. */
export const clockExceptions: readonly { readonly file: string; readonly reason: string }[] = [
  {
    file: 'packages/core/src/ground/defaults.ts',
    reason: 'The wall clock, chance and timers of a host that hands in none.',
  },
  { file: 'packages/sdk/src/defaults.ts', reason: 'The same for a client.' },
  {
    file: 'features/src/words/message/server-picture-process.ts',
    reason: 'A process of its own, to which nothing can be handed; it ends when idle.',
  },
  {
    file: 'features/src/words/message/server-decoders.ts',
    reason: 'What another process takes too long for is measured by the machine’s own clock.',
  },
]
/** Where time and chance are handed in. */
export const clocklessFiles = [
  'packages/contract/src/**',
  'packages/core/src/**',
  'packages/ledger/src/**',
  'packages/sdk/src/**',
  ...role('contract'),
  ...role('rules'),
  ...role('store'),
  ...role('server'),
]
/** Files outside of tools that read process.env: a server's configuration, and the share of the long tests. */
export const environmentReaders = ['packages/server/src/run/config.ts', 'packages/testing/src/share.ts']
/** Files that talk to a person at a terminal. */
export const consoleFiles = ['tools/**', 'apps/**', 'vitest*.config.ts']
/** Files that may open a transaction; everything else, every feature included, is handed one. */
export const transactionOpeners = [
  'packages/storage/src/**',
  'packages/core/src/log/append-care.ts',
  'packages/core/src/decide/decision.ts',
  'packages/core/src/decide/card-act.ts',
  'packages/core/src/log/post.ts',
  'packages/core/src/later/folds.ts',
  'packages/core/src/later/spreads.ts',
  'packages/core/src/later/timers.ts',
  'packages/core/src/later/jobs.ts',
  'packages/core/src/later/reactions.ts',
  'packages/core/src/later/sweep.ts',
  // Tells the store which reactions this node knows, before anything else runs.
  'packages/core/src/core.ts',
  // Reads or makes the epoch before anything else runs.
  'packages/core/src/ground/epoch.ts',
  // Mends rows by an operator's word, each group in a transaction of its own.
  'packages/core/src/decide/repair.ts',
  // Worlds look at rows with their own eyes.
  'packages/testing/src/rehearsal.ts',
  'packages/testing/src/statements.ts',
  // The shop of a world is there before any feature that could be asked for one.
  'packages/testing/src/world.ts',
  // The server's own tables (apps, keys, revocations) are no part of any group's log.
  'packages/server/src/apps/apps.ts',
  'packages/server/src/apps/revocations.ts',
]
