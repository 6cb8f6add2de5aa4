/** Proves that the import rules fire: a check that sees nothing is green too, so each rule is broken on purpose. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, matchesGlob } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesOf, importTable, packageNames, rooms, testFiles } from './import-table.ts'
import { lintConfig, lintConfigText } from './lint-config.ts'

const root = join(import.meta.dirname, '..')
const linter = join(root, 'node_modules/oxlint/bin/oxlint')

interface Report {
  readonly number_of_files: number
  readonly diagnostics: readonly {
    readonly code: string
    readonly help?: string
    readonly filename: string
    readonly message: string
  }[]
}

/** Runs the linter; exit status 1 means it found something. */
async function lint(folder: string): Promise<Report> {
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [linter, '-f', 'json'], { cwd: folder, maxBuffer: 64 * 2 ** 20 }, (error, stdout) => {
      if (stdout.trimStart().startsWith('{')) resolve(JSON.parse(stdout) as Report)
      else reject(error ?? new Error(stdout))
    })
  })
}

async function withPlanted<T>(
  files: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'qun-boundaries-'))
  try {
    await writeFile(join(folder, '.oxlintrc.json'), lintConfigText())
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    return await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Each a file with one breach, and what its report says: the rule of ours in the help, or the linter's own code. */
const breaches: readonly (readonly [path: string, code: string, rule: string])[] = [
  ['packages/contract/src/a.ts', `import '@qun/core'`, 'contract-stands-alone'],
  ['packages/storage/src/a.ts', `import '@qun/contract'`, 'storage-knows-no-engine'],
  ['packages/bus/src/a.ts', `import '@qun/core'`, 'bus-knows-no-engine'],
  ['packages/core/src/a.ts', `import '@qun/server'`, 'core-knows-no-feature'],
  ['packages/core/src/b.ts', `import '@qun/features/plays/poll/contract'`, 'only-batteries-name-features'],
  ['packages/core/src/c.ts', `await import('@qun/chat')`, 'core-knows-no-feature'],
  ['packages/server/src/a.ts', `import type { A } from '@qun/sdk'\nexport type B = A`, 'server-knows-no-feature'],
  ['packages/server/src/b.ts', `import '@qun/features/plays/poll/server'`, 'only-batteries-name-features'],
  ['packages/sdk/src/a.ts', `import '@qun/core'`, 'sdk-knows-the-contract-alone'],
  ['packages/ui/src/a.tsx', `export * from '@qun/server'`, 'ui-knows-no-feature'],
  ['packages/ui/src/b.tsx', `import '@qun/features/plays/poll/ui'`, 'only-batteries-name-features'],
  ['packages/testing/src/a.ts', `import '@qun/chat'`, 'testing-knows-no-feature'],
  ['apps/member/src/a.ts', `import '@qun/storage'`, 'apps-use-the-front-doors'],
  ['apps/member/src/b.ts', `import '@qun/features/plays/poll/contract'`, 'only-batteries-name-features'],
  ['packages/chat/src/contract.ts', `import '@qun/features/plays/poll/server'`, 'chat-contract-names-contracts'],
  ['packages/chat/src/react.tsx', `import '@qun/features/plays/poll/server'`, 'chat-react-names-faces'],
  ['packages/chat/src/server.ts', `import '@qun/storage'`, 'chat-names-features'],
  ['features/src/plays/poll/contract.ts', `import '@qun/core'`, 'feature-contract-declares'],
  ['features/src/plays/poll/contract-more.ts', `import './store.ts'`, 'feature-contract-declares'],
  ['features/src/plays/poll/rules.ts', `import 'node:fs'`, 'feature-rules-are-pure'],
  ['features/src/plays/tally/rules.ts', `import './store.ts'`, 'feature-rules-are-pure'],
  ['features/src/plays/chain/rules.ts', `import '@qun/core'`, 'feature-rules-are-pure'],
  ['features/src/plays/poll/store.ts', `import '@qun/core'`, 'feature-store-keeps'],
  ['features/src/plays/poll/server.ts', `import '@qun/server'`, 'feature-server-glues'],
  ['features/src/plays/tally/server.ts', `import '@qun/features/plays/poll/store'`, 'features-meet-only-at-contracts'],
  ['features/src/plays/chain/server.ts', `import '@qun/features/plays/poll/server'`, 'features-meet-only-at-contracts'],
  ['features/src/plays/offer/server.ts', `import '../poll/store.ts'`, 'features-meet-only-at-contracts'],
  ['features/src/trade/offer/server.ts', `import '../../plays/poll/store.ts'`, 'features-meet-only-at-contracts'],
  ['features/src/plays/relay/server.ts', `import '../poll/deep/contract.ts'`, 'features-meet-only-at-contracts'],
  ['features/src/plays/relay/ui/index.tsx', `import '../../poll/rules.ts'`, 'features-meet-only-at-contracts'],
  ['features/src/plays/poll/ui/index.tsx', `import '../server.ts'`, 'feature-ui-never-reaches-the-server'],
  ['features/src/plays/poll/ui/list.tsx', `import '../store-lines.ts'`, 'feature-ui-never-reaches-the-server'],
  ['features/src/plays/poll/ui/form.tsx', `import '@qun/core'`, 'feature-ui-never-reaches-the-server'],
  ['features/src/plays/poll/ui/chart.tsx', `import '../../tally/ui/index.tsx'`, 'features-meet-only-at-contracts'],
  [
    'features/src/trade/offer/ui/index.tsx',
    `import '../../../plays/poll/ui/index.tsx'`,
    'features-meet-only-at-contracts',
  ],
  ['features/src/plays/shares/ui/index.tsx', `import '../../../shared/a/server.ts'`, 'features-meet-only-at-contracts'],
  ['features/src/plays/shares/contract.ts', `import '../../shared/a/server.ts'`, 'features-meet-only-at-contracts'],
  ['features/src/plays/shares/rules.ts', `import '../../shared/a/store.ts'`, 'feature-rules-are-pure'],
  ['features/src/plays/shares/store.ts', `import '../../shared/a/server.ts'`, 'features-meet-only-at-contracts'],
  ['features/src/plays/shares/server.ts', `import '../../shared/a/store.ts'`, 'features-meet-only-at-contracts'],
  ['features/src/shared/a/server.ts', `import '../../plays/poll/contract.ts'`, 'shared-server-knows-no-feature'],
  ['features/src/shared/b/server.ts', `import '@qun/features/plays/poll/contract'`, 'only-batteries-name-features'],
  ['features/src/shared/a/store.ts', `import '../../plays/poll/store.ts'`, 'shared-store-knows-no-feature'],
  ['features/src/shared/b/store.ts', `import '@qun/core'`, 'shared-store-knows-no-feature'],
  ['features/src/shared/c/store.ts', `import './server.ts'`, 'shared-store-knows-no-feature'],
  ['features/src/shared/c/server.ts', `import '../a/server.ts'`, 'shared-server-knows-no-feature'],
  ['features/src/shared/d/server.ts', `import '@qun/server'`, 'shared-server-knows-no-feature'],
  ['features/src/shared/e/server.ts', `export const at = Date.now()`, 'no-restricted-properties'],
  ['features/src/plays/poll/console/index.tsx', `import '@qun/storage'`, 'feature-ui-never-reaches-the-server'],
  ['packages/core/src/d.ts', `import './d.test.ts'`, 'nobody-imports-a-test'],
  ['packages/core/src/e.test.ts', `import './d.test.ts'`, 'nobody-imports-a-test'],
  ['tools/a.ts', `import '../packages/core/src/d.ts'`, 'packages-meet-at-their-entries'],
  ['packages/core/src/f.ts', `import '../../bus/src/bus.ts'`, 'packages-meet-at-their-entries'],
  ['packages/core/src/g.ts', `import '@qun/bus/src/bus.ts'`, 'packages-meet-at-their-entries'],
  ['packages/core/src/h.ts', `import '@qun/storage/testing'`, 'test-doors-stay-shut'],
  ['packages/core/src/read/up.ts', `import '../decide/decision.ts'`, 'rooms-import-downwards'],
  [
    'packages/core/src/later/beside.ts',
    `import type { A } from '../log/post.ts'\nexport type B = A`,
    'rooms-import-downwards',
  ],
  ['packages/core/src/host/up.ts', `import '../core.ts'`, 'rooms-import-downwards'],
  ['packages/core/src/ground/far.ts', `import '@qun/server'`, 'core-knows-no-feature'],
  ['packages/server/src/http/up.ts', `await import('../socket/gateway.ts')`, 'rooms-import-downwards'],
  ['packages/ui/src/parts/up.tsx', `export { a } from '../chat/a.tsx'`, 'rooms-import-downwards'],
  ['packages/ui/src/texts.ts', `import './parts/a.ts'`, 'rooms-import-downwards'],
  ['packages/ui/src/card-ui.ts', `import './provider.tsx'`, 'rooms-import-downwards'],
  ['packages/core/src/i.ts', `export const at = Date.now()`, 'no-restricted-properties'],
  ['packages/core/src/j.ts', `export const at = Math.random()`, 'no-restricted-properties'],
  ['packages/core/src/k.ts', `setTimeout(() => 1, 1)`, 'no-restricted-globals'],
  ['packages/sdk/src/k.ts', `setInterval(() => 1, 1)`, 'no-restricted-globals'],
  ['features/src/plays/poll/server-late.ts', `export const at = Date.now()`, 'no-restricted-properties'],
  ['packages/core/src/l.ts', `export const url = process.env.URL`, 'no-process-env'],
  ['packages/server/src/l.ts', `export const url = process.env['URL']`, 'no-process-env'],
  ['packages/server/src/m.ts', `console.log(1)`, 'no-console'],
  ['packages/ui/src/m.ts', `console.warn(1)`, 'no-console'],
  ['packages/bus/src/one.ts', `import { two } from './two.ts'\nexport const one = () => two`, 'no-cycle'],
  ['packages/bus/src/two.ts', `import { one } from './one.ts'\nexport const two = () => one`, 'no-cycle'],
  ['packages/bus/src/left.ts', `import type { Right } from './right.ts'\nexport type Left = Right[]`, 'no-cycle'],
  ['packages/bus/src/right.ts', `import type { Left } from './left.ts'\nexport type Right = Left | 1`, 'no-cycle'],
]

const imports = (...names: string[]) => names.map((name) => `import '${name}'\n`).join('')
/** What must stay allowed, so that the rules are not merely refusing everything. */
const lawful: Readonly<Record<string, string>> = {
  'packages/core/src/ok.ts': `import '@qun/contract'\nimport '@qun/storage'\nimport 'kysely'\nimport './near.ts'`,
  'packages/core/src/ok.test.ts': `import '@qun/storage/testing'\nimport '@qun/testing'\nsetTimeout(() => 1, 1)`,
  'packages/core/src/log/ok.ts': imports('../decide/decision.ts', '../host/assert.ts', './post.ts', 'kysely'),
  'packages/core/src/core.ts': imports('./sync/session.ts', './host/host.ts', '@qun/bus'),
  'packages/ui/src/parts/ok.tsx': imports('../texts.ts', './icons.tsx', '@qun/sdk'),
  'packages/server/src/run/config.ts': `export const url = process.env['URL']`,
  'packages/chat/src/index.ts': `import '@qun/features/plays/poll/server'`,
  'packages/chat/src/plain.tsx': `import '@qun/features/plays/poll/ui'`,
  'features/src/plays/lawful/rules.ts': `import 'node:crypto'\nimport './contract.ts'`,
  'features/src/plays/lawful/store.ts': imports('kysely', '@qun/storage', './contract.ts', '../../shared/a/store.ts'),
  'features/src/plays/lawful/store-audits.ts': imports('../../shared/a/store-audits.ts', './store.ts'),
  'features/src/shared/a/server.ts': imports('@qun/core', '@qun/ledger', './store.ts', './server-more.ts', 'kysely'),
  'features/src/shared/a/store.ts': imports('@qun/storage', '@qun/ledger', '@qun/contract', './store-audits.ts'),
  'features/src/plays/lawful/server.ts': imports(
    './store.ts',
    './rules.ts',
    '@qun/features/plays/poll/contract',
    '../poll/contract.ts',
    '../../words/message/contract.ts',
    '../../shared/a/server.ts',
  ),
  'features/src/plays/lawful/ui/index.tsx': imports('../contract.ts', './parts.tsx', '../rules.ts', '@qun/ui'),
  'features/src/plays/lawful/ui/parts.tsx': imports(
    '../../poll/contract.ts',
    '../../../words/message/contract.ts',
    '@qun/features/plays/poll/contract',
  ),
  'features/src/plays/lawful/lawful.test.ts': `import './server.ts'\nimport '@qun/features/plays/poll/server'\nimport '@qun/testing'`,
  'packages/ui/gallery/main.tsx': `import '../src/plain.ts'`,
  'tools/lawful.ts': `console.log(process.env['HOME'])`,
}

describe('import boundaries', () => {
  test('the committed configuration is the one the table makes', async () => {
    expect(await readFile(join(root, '.oxlintrc.json'), 'utf8')).toBe(lintConfigText())
  })

  test('no pattern uses a look-around, which the linter would drop in silence', () => {
    expect(JSON.stringify(lintConfig())).not.toMatch(/\(\?[=!<]/)
  })

  test('every package has a row', async () => {
    const present = await readdir(join(root, 'packages'))
    expect(present.filter((name) => !(packageNames as readonly string[]).includes(name))).toEqual([])
    const globs = importTable.flatMap((row) => row.files).join(' ')
    for (const name of packageNames)
      expect(globs).toContain(name === 'features' ? 'features/src/' : `packages/${name}/`)
  })

  test('every source of a package with rooms stands in one, and rooms name only rooms below them', async () => {
    for (const [packageName, all] of Object.entries(rooms)) {
      const names = all.map((room) => room.name)
      for (const [at, { name, may }] of all.entries())
        expect(
          may.filter((below) => names.indexOf(below) <= at),
          `${packageName} ${name}`,
        ).toEqual([])
      const home = `packages/${packageName}/src`
      const sources = await readdir(join(root, home), { recursive: true })
      const globs = all.flatMap((room) => filesOf(packageName, room))
      const matches = (path: string, patterns: readonly string[]) => patterns.some((glob) => matchesGlob(path, glob))
      const homeless = sources
        .map((path) => `${home}/${path.replaceAll('\\', '/')}`)
        .filter((path) => /\.tsx?$/.test(path) && !matches(path, testFiles) && !matches(path, globs))
      expect(homeless).toEqual([])
    }
  })

  test('each planted breach is reported, and in its own file', async () => {
    const report = await withPlanted(Object.fromEntries(breaches.map(([path, code]) => [path, `${code}\n`])), lint)
    const missed = breaches.filter(
      ([path, , rule]) =>
        !report.diagnostics.some(({ filename, code, help }) => filename === path && `${code} ${help}`.includes(rule)),
    )
    expect(missed).toEqual([])
    expect(report.number_of_files).toBe(new Set(breaches.map(([path]) => path)).size)
  })

  test('what the table allows is not reported', async () => {
    const report = await withPlanted(lawful, lint)
    expect(report.diagnostics.map(({ filename, code, message }) => `${filename} ${code} ${message}`)).toEqual([])
    expect(report.number_of_files).toBe(Object.keys(lawful).length)
  })

  test('the repository obeys, and the linter looked at all of it', async () => {
    const report = await lint(root)
    const ours = report.diagnostics.filter(({ code }) => /restricted|no-cycle|no-process-env|no-console/.test(code))
    expect(ours.map(({ filename, code, message, help }) => `${filename} ${code} ${message} ${help}`)).toEqual([])
    // NOTE: A floor, not a count: a linter that sees a handful of files is configured wrongly, not satisfied.
    expect(report.number_of_files).toBeGreaterThan(100)
  }, 60_000)
})
