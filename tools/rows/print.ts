/**
 * Prints what every statement costs in a shop of promised size, the dearest first: `npm run rows`. The rows and the
 * statements are kept in `.cache/rows`; `npm run rows -- fresh` makes both anew.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promised } from './big-tables.ts'
import { openManyRows } from './many-rows.ts'
import { timePaths } from './paths.ts'

const folder = resolve(import.meta.dirname, '../../.cache/rows')
const statements = join(folder, 'statements')
const say = (line: string) => void process.stdout.write(`${line}\n`)
const shownMax = 400

if (process.argv[2] === 'fresh') rmSync(folder, { recursive: true, force: true })
if (!existsSync(statements)) {
  const collect = join(import.meta.dirname, 'collect.ts')
  execFileSync(process.execPath, [collect, statements, 'features', 'packages'], { stdio: 'inherit' })
}
await using rows = await openManyRows(join(folder, 'postgres'), promised, say)
say('| path | ms | database ms | statements | largest frame |\n| --- | --- | --- | --- | --- |')
for (const { path, ms, databaseMs, statements: sent, frameBytes } of await timePaths(rows.url, promised))
  say(`| ${path} | ${ms.toFixed(0)} | ${databaseMs.toFixed(0)} | ${sent} | ${frameBytes} |`)
const measured = await rows.measureAll(statements)
say('| rows met | ms | faults | statement | plan |\n| --- | --- | --- | --- | --- |')
for (const one of measured.toSorted((a, b) => (b.rows ?? 0) - (a.rows ?? 0))) {
  const cells = [
    one.rows === undefined ? 'writes' : Math.round(one.rows),
    one.ms?.toFixed(2) ?? '',
    one.faults.join('; '),
    one.text.slice(0, shownMax).replaceAll('|', '\\|'),
    one.plan,
  ]
  say(`| ${cells.join(' | ')} |`)
}
