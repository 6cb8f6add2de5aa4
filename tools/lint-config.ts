/** Makes the linter's configuration from the import table; run it after changing the table (`npm run lint:config`). */
import { writeFileSync } from 'node:fs'
import {
  clockExceptions,
  clocklessFiles,
  consoleFiles,
  environmentReaders,
  importTable,
  nobody,
  packageNames,
  filesOf,
  rooms,
  testDoors,
  testFiles,
  type ImportRow,
  type Room,
} from './import-table.ts'

interface Pattern {
  readonly group?: readonly string[]
  readonly regex?: string
  readonly message: string
}

/**
 * Patterns of one row. NOTE: oxlint's regular expressions are Rust's; one with a look-ahead is dropped in silence and
 * catches nothing, so exceptions are written as negated groups.
 */
export function patternsOf(row: ImportRow): Pattern[] {
  const message = `${row.rule}: ${row.reason}`
  const patterns: Pattern[] = nobodyPatterns()
  if (row.only !== undefined) {
    patterns.push({ group: ['**', ...row.only.map((name) => `!${name}`)], message })
    return patterns
  }
  const closed = packageNames.filter((name) => name !== 'features' && !row.may.includes(name))
  patterns.push({ group: closed.flatMap((name) => [`@qun/${name}`, `@qun/${name}/**`]), message })
  if (row.features === undefined && !row.may.includes('features'))
    patterns.push({
      group: ['@qun/features', '@qun/features/**'],
      message: `only-batteries-name-features: ${row.reason}`,
    })
  if (row.features === 'contracts' || row.features === 'faces') {
    const parts = row.features === 'contracts' ? 'server|store|rules|ui|console' : 'server|store|rules'
    const rule = row.folder === undefined ? row.rule : 'features-meet-only-at-contracts'
    patterns.push({
      regex: `^@qun/features(/[^/]+){0,2}(/(${parts})(/.*)?)?$|^@qun/features/?$`,
      message: `${rule}: ${row.reason}`,
    })
  }
  if (row.folder !== undefined) {
    const up = '../'.repeat(row.folder.depth)
    const own = row.folder.depth === 1 ? '\\./' : '\\.\\./'
    patterns.push(elsewhere(row, up))
    if (row.folder.notOwn.length > 0)
      patterns.push({ regex: `^${own}(${row.folder.notOwn.join('|')})(-[a-z-]+)?(\\.tsx?$|/)`, message })
  }
  if (row.title !== 'testing')
    patterns.push({
      group: testDoors.filter((door) => !closed.some((name) => door === `@qun/${name}`)),
      message: 'test-doors-stay-shut: Only tests import what serves tests.',
    })
  return patterns
}

/** What a file of a folder of features may not import of the others, `up` being the way to its domain. */
function elsewhere({ rule, reason, folder }: ImportRow, up: string): Pattern {
  if (folder?.shared === 'none') return { group: [`${up}**`], message: `${rule}: ${reason}` }
  const contracts = [`!${up}*/contract.ts`, `!${up}../*/*/contract.ts`]
  const shared = folder?.shared === undefined ? [] : [`!${up}../shared/*/${folder.shared}*.ts`]
  return {
    group: [`${up}**`, ...contracts, ...shared],
    message: 'features-meet-only-at-contracts: Another feature is named by its contract.ts alone.',
  }
}

/** What a room may not import of its own package: the rooms above it, and those beside it that it does not name. */
function roomPatterns(all: readonly Room[], room: Room): Pattern[] {
  const up = room.files === undefined ? '\\.\\./' : '\\./'
  const closed = all.filter((other) => other !== room && !room.may.includes(other.name))
  const alternatives = closed.flatMap(({ name, files }) =>
    files === undefined ? [`${name}/`] : files.map((file) => `${file.replaceAll('.', '\\.')}$`),
  )
  if (alternatives.length === 0) return []
  const below = room.may.length === 0 ? 'none' : room.may.join(', ')
  return [
    {
      regex: `^${up}(${alternatives.join('|')})`,
      message: `rooms-import-downwards: ${room.name} may import of its package: ${below}.`,
    },
  ]
}
/** A later entry of the configuration replaces an earlier one, so a room has its package's patterns and its own. */
function roomOverrides() {
  return Object.entries(rooms).flatMap(([packageName, all]) => {
    const row = importTable.find(({ files }) => files.includes(`packages/${packageName}/src/**`))!
    return all.map((room) => ({
      files: filesOf(packageName, room),
      excludeFiles: testFiles,
      rules: restrict([...patternsOf(row), ...roomPatterns(all, room)]),
    }))
  })
}

function nobodyPatterns(): Pattern[] {
  return nobody.map(({ rule, pattern, reason }) => ({ regex: pattern, message: `${rule}: ${reason}` }))
}

const restrict = (patterns: readonly Pattern[]) => ({ 'no-restricted-imports': ['error', { patterns }] })
const clock = 'clock-is-handed-in: Take `now`, `randomHex` or `wait` from the options.'

/** The rules that hold everywhere, beyond the categories. */
const everywhere = {
  // Types too: files that take each other's types are read, moved and left only together.
  'import/no-cycle': ['error', { ignoreTypes: false }],
  'no-console': 'error',
  'node/no-process-env': 'error',
  'typescript/no-floating-promises': 'error',
  'typescript/no-misused-promises': ['error', { checksVoidReturn: false }],
  'typescript/await-thenable': 'error',
  'typescript/consistent-type-imports': 'error',
  'typescript/no-explicit-any': 'off',
  eqeqeq: 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
  // One turn after another is how an ordered log is written, and how tests tell their story.
  'no-await-in-loop': 'off',
  // A local named like an outer thing is common in tests; the type checker catches the harm.
  'no-shadow': 'off',
  // The type checker knows when a switch is exhaustive; this rule does not.
  'typescript/consistent-return': 'off',
  // The new JSX runtime needs no React in scope.
  'react/react-in-jsx-scope': 'off',
  // Type parameters used once carry inference through contracts.
  'typescript/no-unnecessary-type-parameters': 'off',
  // Rows from the store and the wire are narrowed at the edge by their schema, and asserted after it.
  'typescript/no-unsafe-type-assertion': 'off',
  // Objects handed around are records of functions; classes keep their state in #private fields.
  'typescript/unbound-method': 'off',
  // Code points are what lengths and columns are counted in here.
  'typescript/no-misused-spread': 'off',
  // `Record<never, never>` is how Kysely is told of no table.
  'typescript/no-generated-empty-object-type': 'off',
  // `fc.integer()` reads as the library's own documents do.
  'import/no-named-as-default-member': 'off',
  'unicorn/no-array-sort': 'error',
  'unicorn/consistent-function-scoping': 'off',
  // A copy is made on purpose where the collection changes while it is walked.
  'unicorn/no-useless-spread': 'off',
  'unicorn/no-new-array': 'off',
  // Sockets, pictures and readers are written through their `on…` fields, which mini-programs have too.
  'unicorn/prefer-add-event-listener': 'off',
  // It takes a variable `method` for GET.
  'unicorn/no-invalid-fetch-options': 'off',
  // Fastify awaits its handlers.
  'oxc/no-async-endpoint-handlers': 'off',
  // Rules of the React compiler, which is not used; react-hooks/exhaustive-deps says what matters of them.
  'react/exhaustive-effect-dependencies': 'off',
  'react/memo-dependencies': 'off',
  'react/set-state-in-effect': 'off',
  'react/refs': 'off',
  'react/immutability': 'off',
  'react/hooks': 'off',
  // A void import of a style sheet or a polyfill says what it does.
  'import/no-unassigned-import': 'off',
}

/** The whole configuration, as it stands in .oxlintrc.json. */
export function lintConfig(): object {
  return {
    $schema: './node_modules/oxlint/configuration_schema.json',
    plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'node', 'react'],
    categories: { correctness: 'error', suspicious: 'error' },
    env: { builtin: true, es2024: true },
    rules: { ...everywhere, ...restrict(nobodyPatterns()) },
    ignorePatterns: ['**/dist/**', '**/.cache/**', '**/.tmp/**', '**/data/**', 'docs/**'],
    overrides: [
      ...importTable.map((row) => ({ files: row.files, excludeFiles: testFiles, rules: restrict(patternsOf(row)) })),
      ...roomOverrides(),
      {
        files: clocklessFiles,
        excludeFiles: [...testFiles, ...clockExceptions.map((exception) => exception.file)],
        rules: {
          'no-restricted-globals': [
            'error',
            ...['setTimeout', 'setInterval'].map((name) => ({ name, message: clock })),
          ],
          'no-restricted-properties': [
            'error',
            { object: 'Date', property: 'now', message: clock },
            { object: 'Math', property: 'random', message: clock },
            { object: 'globalThis', property: 'setTimeout', message: clock },
            { object: 'globalThis', property: 'setInterval', message: clock },
          ],
        },
      },
      { files: environmentReaders, rules: { 'node/no-process-env': 'off' } },
      { files: [...testFiles, ...consoleFiles], rules: { 'node/no-process-env': 'off' } },
      { files: consoleFiles, rules: { 'no-console': 'off' } },
      {
        files: [...testFiles, 'packages/testing/src/**'],
        // A stand-in prints what it is given, and sorts names.
        rules: { 'typescript/no-base-to-string': 'off', 'typescript/require-array-sort-compare': 'off' },
      },
    ],
  }
}

export function lintConfigText(): string {
  return `${JSON.stringify(lintConfig(), null, 2)}\n`
}

if (import.meta.main) writeFileSync(new URL('../.oxlintrc.json', import.meta.url), lintConfigText())
