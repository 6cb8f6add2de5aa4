/** The flags of the server process stand where nothing can read a constant: each place says the same. */
import { readFile } from 'node:fs/promises'
import { constants, getPriority } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { heapFlags, helperThreads, letHelpersYield } from './heap.ts'

const root = join(import.meta.dirname, '../../../..')

test('[RUN7] every script that runs a server has the flags, and so has what operators are told', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const serving = Object.entries(scripts).filter(([, text]) => /tools\/start\.ts|apps\/server\/src\//.test(text))
  expect(serving.map(([name]) => name).toSorted()).toEqual(['dev', 'qun', 'start'])
  for (const [, text] of serving) expect(text).toMatch(new RegExp(`^node ${heapFlags.join(' ')} `))
  const told = await readFile(join(root, 'docs/configuration.md'), 'utf8')
  expect([...told.matchAll(/--max-semi-space-size=\d+/g)].map(([flag]) => flag)).toEqual([...heapFlags])
})

const isLinux = process.platform === 'linux'
test('[RUN9] threads that collect yield to ours, which keeps its place', { skip: !isLinux }, () => {
  const before = getPriority(process.pid)
  letHelpersYield()
  const helpers = helperThreads()
  expect(helpers.length).toBeGreaterThan(0)
  expect(helpers.map((id) => getPriority(id))).toEqual(helpers.map(() => constants.priority.PRIORITY_BELOW_NORMAL))
  expect(getPriority(process.pid)).toBe(before)
})
