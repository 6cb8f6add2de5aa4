/** Documents agree with the code: made parts are up to date, links lead somewhere, features form no cycle. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { featureEdges, fillPage, madePages, roomArrows, roomPicture } from './docs.ts'
import { readTree, treeOf } from './tidy/tree.ts'

const root = join(import.meta.dirname, '..')
const tree = readTree(root)
const pages = tree.files.filter((file) => /^(README\.md|docs\/.*\.md|(packages|features)\/.*\.md)$/.test(file.path))

/** Links of a page that lead to files that are not there. */
function brokenLinks(path: string, text: string, exists: (path: string) => boolean): string[] {
  const prose = text.replaceAll(/```[\s\S]*?```/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target) && !exists(join(dirname(path), target)))
}
/** Features on a way from themselves to themselves. */
function cyclesOf(edges: readonly (readonly [string, string])[]): string[] {
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    edges.some(([one, other]) => {
      if (one !== from || seen.has(other)) return false
      seen.add(other)
      return other === to || reaches(other, to, seen)
    })
  return [...new Set(edges.map(([from]) => from))].filter((name) => reaches(name, name, new Set()))
}

describe('documents', () => {
  test('made parts are what `npm run docs` writes', () => {
    for (const { path, parts } of madePages(tree)) {
      const page = readFileSync(join(root, path), 'utf8')
      expect(page === fillPage(page, parts), `${path} is out of date: npm run docs`).toBe(true)
    }
    expect(() => fillPage('no place', { table: '' })).toThrow('no place for table')
  })

  test('links lead to files', () => {
    const broken = pages.flatMap((page) =>
      brokenLinks(page.path, page.text, (path) => existsSync(join(root, path))).map(
        (target) => `${page.path}: ${target}`,
      ),
    )
    expect(broken).toEqual([])
    expect(pages.length).toBeGreaterThan(15)
    expect(brokenLinks('docs/a.md', '[b](b.md) [c](../c.md#d) [e](https://e.test)', (path) => path === 'c.md')).toEqual(
      ['b.md'],
    )
  })

  test('features name each other without a cycle', () => {
    expect(cyclesOf(featureEdges(tree))).toEqual([])
    expect(
      cyclesOf([
        ['poll', 'message'],
        ['message', 'member'],
        ['member', 'poll'],
        ['coupon', 'poll'],
      ]),
    ).toEqual(['poll', 'message', 'member'])
  })

  test('an arrow is seen where a room imports another, tests apart', () => {
    const files = {
      'packages/core/src/core.ts': `import { a } from './sync/a.ts'\n`,
      'packages/core/src/sync/a.ts': `import type { B } from '../host/b.ts'\nimport { c } from './c.ts'\n`,
      'packages/core/src/sync/a.test.ts': `import { d } from '../read/d.ts'\n`,
      'packages/core/src/log/e.ts': `const f = await import('../ground/f.ts')\n`,
    }
    expect(roomArrows(treeOf(files), 'core')).toEqual([
      ['core.ts', 'sync'],
      ['sync', 'host'],
      ['log', 'ground'],
    ])
    expect(roomPicture(treeOf(files), 'core')).toContain('flowchart TB\n  sync --> host\n  log --> ground\n')
  })

  test('an edge is seen where a contract is named, tests apart', () => {
    const files = {
      'features/src/plays/poll/server.ts': `import { a } from '@qun/features/words/message/contract'\n`,
      'features/src/plays/poll/poll.test.ts': `import { b } from '@qun/features/trade/coupon/contract'\n`,
    }
    expect(featureEdges(treeOf(files))).toEqual([['poll', 'message']])
  })
})
