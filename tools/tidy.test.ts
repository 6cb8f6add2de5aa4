/** Style as a test: the repository is tidy, and each check reports what is planted for it. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkAmbient } from './tidy/ambient.ts'
import { checkDeadFiles } from './tidy/dead-files.ts'
import { checkDeclared, checkDependencyTable, dependencyTable } from './tidy/dependencies.ts'
import { checkFolders, folderExceptions, listFeatures } from './tidy/folders.ts'
import { checkLanguages } from './tidy/languages.ts'
import { checkRegistries } from './tidy/registries.ts'
import { checkRuleIds, listStated, listTested } from './tidy/rule-ids.ts'
import { checkShape } from './tidy/shape.ts'
import { printBreach, readTree, treeOf, type Breach, type Tree } from './tidy/tree.ts'
import { checkWords } from './tidy/words.ts'

const tree = readTree(join(import.meta.dirname, '..'))
const opening = '/** Stands for any file. */\n'
/** Which rules a check reports for planted files; sources get an opening sentence. */
function rulesOf(check: (tree: Tree) => Breach[], files: Readonly<Record<string, string>>): string[] {
  const texts = Object.entries(files).map(([path, text]) => [path, /\.tsx?$/.test(path) ? opening + text : text])
  return [
    ...new Set(check(treeOf(Object.fromEntries(texts) as Record<string, string>)).map((breach) => breach.rule)),
  ].toSorted()
}
const printed = (breaches: readonly Breach[]) => breaches.map(printBreach)

describe('the repository is tidy', () => {
  test('the checks look at all of it', () => {
    expect(tree.sources.length).toBeGreaterThan(100)
    expect(listFeatures(tree).length).toBeGreaterThanOrEqual(4)
    expect(listStated(tree).length).toBeGreaterThan(20)
    expect(listTested(tree).length).toBeGreaterThan(20)
  })
  test.each([
    ['columns, lines, functions, openings', checkShape],
    ['names and marks', checkWords],
    ['clock, transactions, barrels', checkAmbient],
    ['feature folders and manifests', checkFolders],
    ['rule ids and test titles', checkRuleIds],
    ['dead files', checkDeadFiles],
    ['registries', checkRegistries],
    ['texts in both languages', checkLanguages],
    ['the table of dependencies', checkDependencyTable],
    ['imports of declared packages', checkDeclared],
  ])('%s', (_name, check) => {
    expect(printed(check(tree))).toEqual([])
  })
  test('every exception still names a file', () => {
    for (const { path } of folderExceptions) expect(tree.find(`features/src/${path}`), path).toBeDefined()
  })
})

describe('each check reports what is planted for it', () => {
  const long = (lines: number) => 'x()\n'.repeat(lines)
  test.each([
    ['columns', { 'packages/core/src/a.ts': `export const a = '${'x'.repeat(150)}'\n` }],
    ['columns', { 'packages/core/src/a.ts': `export const a = [${'1, '.repeat(40)}]\n` }],
    ['columns', { 'packages/core/src/a.ts': `// ${'word '.repeat(25)}\nexport const a = 1\n` }],
    ['file-lines', { 'packages/core/src/a.ts': long(401) }],
    ['function-lines', { 'packages/core/src/a.ts': `export const a = () => {\n${long(71)}}\n` }],
    ['function-lines', { 'packages/core/src/a.test.ts': `test('a', () => {\n${long(71)}})\n` }],
  ])('%s', (rule, files) => {
    expect(rulesOf(checkShape, files)).toEqual([rule])
  })
  test('opening', () => {
    const check = (text: string) => checkShape(treeOf({ 'packages/core/src/a.ts': text })).map((breach) => breach.rule)
    expect(check('export const a = 1\n')).toEqual(['opening'])
    expect(check('/** no sentence */\nexport const a = 1\n')).toEqual(['opening'])
    expect(check('/** A sentence. */\nexport const a = 1\n')).toEqual([])
    expect(check('// A sentence.\nexport const a = 1\n')).toEqual([])
  })
  test('a text may pass the margin a little, which no formatter would break', () => {
    expect(rulesOf(checkShape, { 'packages/core/src/a.ts': `export const a = '${'x'.repeat(120)}'\n` })).toEqual([])
  })
  test('a chapter of tests may be long, a test may not', () => {
    expect(rulesOf(checkShape, { 'packages/core/src/a.test.ts': `describe('a', () => {\n${long(90)}})\n` })).toEqual([])
    expect(
      rulesOf(checkShape, { 'packages/core/src/a.test.ts': `describe.each([1])('a', () => {\n${long(90)}})\n` }),
    ).toEqual([])
  })

  test.each([
    ['file-name', { 'packages/core/src/utils.ts': '' }],
    ['file-name', { 'packages/core/src/utils.test.ts': '' }],
    ['file-name', { 'packages/core/src/BigName.ts': '' }],
    ['marks', { 'packages/core/src/a.ts': `// ${['FIX', 'ME'].join('')}: later.\n` }],
    ['marks', { 'packages/core/src/a.ts': '// TODO: later.\n' }],
    ['comment-history', { 'packages/core/src/a.ts': '// It was previously a list.\n' }],
    ['commented-out', { 'packages/core/src/a.ts': '// const a = read()\n' }],
    ['function-name', { 'packages/core/src/a.ts': 'export function getThing() {}\n' }],
    ['function-name', { 'packages/core/src/a.ts': 'const handleIt = () => 1\n' }],
  ])('%s', (rule, files) => {
    expect(rulesOf(checkWords, files)).toEqual([rule])
  })
  test('a TODO with its issue, a NOTE and a verb that only begins alike are fine', () => {
    const text =
      '// TODO(#12): More.\n// NOTE: A trap.\nexport function document() {}\nexport const processed = () => 1\n'
    expect(rulesOf(checkWords, { 'packages/core/src/a.ts': text })).toEqual([])
  })

  const manifest = { 'packages/core/package.json': '{ "name": "@qun/core", "exports": { ".": "./src/index.ts" } }' }
  test.each([
    ['clock', { 'packages/core/src/a.ts': 'export const a = new Date()\n' }],
    ['transactions', { 'features/src/plays/poll/server.ts': 'await store.transaction(run)\n' }],
    ['transactions', { 'packages/server/src/a.ts': 'await store?.transaction(run)\n' }],
    ['barrel', { 'packages/core/src/a.ts': `export * from './b.ts'\n` }],
  ])('%s', (rule, files) => {
    expect(rulesOf(checkAmbient, { ...manifest, ...files })).toEqual([rule])
  })
  test('an instant made of a number, the engine’s own transaction and a package entry are fine', () => {
    const files = {
      'packages/core/src/a.ts': 'export const a = new Date(0)\n',
      'packages/core/src/decide/decision.ts': 'await store.transaction(run)\n',
      'packages/core/src/index.ts': `export * from './a.ts'\n`,
    }
    expect(rulesOf(checkAmbient, { ...manifest, ...files })).toEqual([])
  })
})

describe('each check of folders and rules reports what is planted for it', () => {
  const feature = {
    'features/src/plays/poll/README.md': '- PL1 One ballot each.\n',
    'features/src/plays/poll/contract.ts': '',
    'features/src/plays/poll/server.ts': '',
    'features/src/plays/poll/ui/index.tsx': '',
    'features/src/plays/poll/poll.test.ts': `test('[PL1] one ballot each', () => {})\n`,
    'packages/chat/src/contract.ts': `import { poll } from '@qun/features/plays/poll/contract'\n`,
    'packages/chat/src/server.ts': `import poll from '@qun/features/plays/poll/server'\n`,
    'packages/chat/src/react.tsx': `import poll from '@qun/features/plays/poll/ui'\n`,
  }
  const without = (path: keyof typeof feature) =>
    Object.fromEntries(Object.entries(feature).filter(([key]) => key !== path))

  test('a whole feature is fine', () => {
    expect(rulesOf(checkFolders, feature)).toEqual([])
    expect(rulesOf(checkRuleIds, feature)).toEqual([])
  })
  test.each([
    ['feature-files', without('features/src/plays/poll/README.md')],
    ['feature-files', without('features/src/plays/poll/poll.test.ts')],
    ['feature-files', { ...feature, 'features/src/plays/poll/logic.ts': '' }],
    ['feature-files', { ...feature, 'features/src/stray.ts': '' }],
    ['feature-files', { ...feature, 'features/src/plays/stray.ts': '' }],
    ['manifests', without('features/src/plays/poll/ui/index.tsx')],
    ['manifests', without('packages/chat/src/server.ts')],
    ['manifests', { ...feature, 'packages/chat/src/contract.ts': '' }],
    ['manifests', { ...feature, 'packages/chat/src/server.ts': `import a from '@qun/features/plays/gone/server'\n` }],
  ])('%s', (rule, files) => {
    expect(rulesOf(checkFolders, files)).toEqual([rule])
  })
  test('shared-files', () => {
    const user = (name: string) => ({
      [`features/src/plays/${name}/server.ts`]: `import '../../shared/offer/server.ts'\n`,
    })
    const shared = { 'features/src/shared/offer/README.md': '', 'features/src/shared/offer/server.ts': '' }
    const rules = (files: Readonly<Record<string, string>>) =>
      rulesOf(checkFolders, files).filter((rule) => rule !== 'feature-files' && rule !== 'manifests')
    const whole = { ...shared, ...user('poll'), ...user('tally') }
    expect(rules(whole)).toEqual([])
    expect(rules({ ...shared, ...user('poll') })).toEqual(['shared-files'])
    expect(rules({ ...whole, 'features/src/shared/offer/contract.ts': '' })).toEqual(['shared-files'])
    const { 'features/src/shared/offer/README.md': _, ...untold } = whole
    expect(rules(untold)).toEqual(['shared-files'])
  })
  test('rule-ids', () => {
    expect(rulesOf(checkRuleIds, without('features/src/plays/poll/poll.test.ts'))).toEqual(['rule-ids'])
    expect(rulesOf(checkRuleIds, without('features/src/plays/poll/README.md'))).toEqual(['rule-ids'])
    expect(rulesOf(checkRuleIds, { ...feature, 'packages/core/SPEC.md': '| PL1 | Twice. |\n' })).toEqual(['rule-ids'])
    const several = { ...feature, 'features/src/plays/poll/README.md': '- PL1 One.  - **PL2** Two.\n' }
    expect(checkRuleIds(treeOf(several)).map((breach) => breach.message)).toEqual(['PL2 has no test titled [PL2].'])
    const parameterised = {
      ...several,
      'features/src/plays/poll/more.test.ts': 'test.each([1, 2])(`[PL1] [PL2] both`, () => {})\n',
    }
    expect(rulesOf(checkRuleIds, parameterised)).toEqual([])
  })

  test('dead-file', () => {
    const files = {
      'packages/core/package.json': '{ "name": "@qun/core", "exports": { ".": "./src/index.ts" } }',
      'packages/core/src/index.ts': `export { a } from './a.ts'\n`,
      'packages/core/src/a.ts': `new Worker(new URL('./b.ts', import.meta.url))\n`,
      'packages/core/src/b.ts': '',
      'apps/member/index.html': '<script type="module" src="/src/begin.tsx"></script>',
      'apps/member/src/begin.tsx': `import '@qun/core'\n`,
    }
    expect(rulesOf(checkDeadFiles, files)).toEqual([])
    const alone = checkDeadFiles(treeOf({ ...files, 'packages/core/src/c.ts': `import './a.ts'\n` }))
    expect(alone.map((breach) => breach.path)).toEqual(['packages/core/src/c.ts'])
  })
})

describe('each check of texts and packages reports what is planted for it', () => {
  test('registries', () => {
    const host = ['https://registry', 'npmjs', 'org/a.tgz'].join('.')
    expect(rulesOf(checkRegistries, { 'package-lock.json': '"resolved": "https://a/b.tgz"' })).toEqual([
      'lock-addresses',
    ])
    expect(rulesOf(checkRegistries, { 'README.md': host })).toEqual(['registry-host'])
    expect(rulesOf(checkRegistries, { 'package-lock.json': '"resolved": "packages/core"' })).toEqual([])
  })
  test.each([
    [`export const a = { 'zh-CN': '群' }\n`, 'packages/core/src/a.ts'],
    [`export const a = [{ 'zh-CN': '群', en: 'group' }, { en: 'member' }]\n`, 'packages/core/src/a.ts'],
    ['export const A = () => <p>Hello there</p>\n', 'packages/ui/src/a.tsx'],
    ['export const A = () => <p>群</p>\n', 'packages/ui/src/a.tsx'],
    ['export const A = () => <button aria-label="Close" />\n', 'features/src/plays/poll/ui/index.tsx'],
  ])('languages: %s', (text, path) => {
    expect(rulesOf(checkLanguages, { [path]: text })).toEqual(['languages'])
  })
  test('texts in both languages, signs and tests are fine', () => {
    const face = `export const A = () => <p title={t('a')}>· {t({ 'zh-CN': '群', en: 'group' })} ×</p>\n`
    expect(rulesOf(checkLanguages, { 'packages/ui/src/a.tsx': face })).toEqual([])
    expect(rulesOf(checkLanguages, { 'packages/ui/src/a.test.tsx': 'const a = <p>Hello</p>\n' })).toEqual([])
  })

  test('dependencies', () => {
    const asked = { 'packages/core/package.json': '{ "name": "@qun/core", "dependencies": { "kysely": "0.29.9" } }' }
    const table = (row: string) => ({ ...asked, [dependencyTable]: `${row}\n` })
    expect(rulesOf(checkDependencyTable, asked)).toEqual(['dependencies'])
    expect(rulesOf(checkDependencyTable, table('| `kysely` | 0.29.8 | MIT | Types SQL without an ORM. |'))).toEqual([
      'dependencies',
    ])
    expect(
      rulesOf(checkDependencyTable, table('| `kysely` | 0.29.9 | AGPL-3.0 | Types SQL without an ORM. |')),
    ).toEqual(['dependencies'])
    expect(rulesOf(checkDependencyTable, table('| `kysely` | 0.29.9 | MIT | Types SQL without an ORM. |'))).toEqual([])
  })
  test('undeclared', () => {
    const files = {
      'package.json': '{ "name": "qun", "devDependencies": { "vitest": "5.1.1" } }',
      'packages/core/package.json': '{ "name": "@qun/core", "dependencies": { "kysely": "0.29.9" } }',
    }
    expect(rulesOf(checkDeclared, { ...files, 'packages/core/src/a.ts': `import 'pg'\n` })).toEqual(['undeclared'])
    expect(rulesOf(checkDeclared, { ...files, 'packages/core/src/a.ts': `import 'vitest'\n` })).toEqual(['undeclared'])
    expect(
      rulesOf(checkDeclared, { ...files, 'packages/core/src/a.ts': `import 'kysely'\nimport 'node:fs'\n` }),
    ).toEqual([])
    expect(rulesOf(checkDeclared, { ...files, 'packages/core/src/a.test.ts': `import 'vitest'\n` })).toEqual([])
  })
})
