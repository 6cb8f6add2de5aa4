/** Which share of the long runs a commit does. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shareCount } from '@qun/testing/share'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { shareOfCommit } from './long-runs.ts'

let folder: string
const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=li', '-c', 'user.email=li@example.com', ...args], { cwd, stdio: 'pipe' })
const commit = (cwd: string, name: string) => git(cwd, 'commit', '--allow-empty', '--no-verify', '-m', name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qun-share-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('ten commits in a row have the ten shares, a merge among them, and a repeat has the same', () => {
  const home = join(folder, 'home')
  git(folder, 'init', '--initial-branch=main', home)
  commit(home, 'first')
  git(home, 'branch', 'side')
  const shares: (number | undefined)[] = []
  for (let n = 0; n < shareCount; n++) {
    if (n === 4) {
      git(home, 'switch', 'side')
      for (const name of ['a', 'b', 'c']) commit(home, name)
      git(home, 'switch', 'main')
      git(home, 'merge', '--no-ff', '--no-verify', '-m', 'merged', 'side')
    } else commit(home, `commit ${n}`)
    shares.push(shareOfCommit(home))
    expect(shareOfCommit(home)).toBe(shares.at(-1))
  }
  expect(shares.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  const shallow = join(folder, 'shallow')
  git(folder, 'clone', '--depth=1', `file://${home}`, shallow)
  expect(shareOfCommit(shallow)).toBeUndefined()
})

test('without a history there is no share, and all runs are whole', () => {
  expect(shareOfCommit(folder)).toBeUndefined()
})
