/** The generator of features: names, manifests, and what it writes is tidy. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { featureFiles } from './feature-template.ts'
import { withFeature, withoutFeature } from './manifest.ts'
import { namesOf } from './new-feature.ts'
import { checkAmbient } from './tidy/ambient.ts'
import { checkFolders, manifests } from './tidy/folders.ts'
import { checkLanguages } from './tidy/languages.ts'
import { checkRuleIds } from './tidy/rule-ids.ts'
import { checkShape } from './tidy/shape.ts'
import { parse, printBreach, readTree, treeOf } from './tidy/tree.ts'
import { checkWords } from './tidy/words.ts'

const tree = readTree(join(import.meta.dirname, '..'))

describe('a feature that has just begun', () => {
  const names = namesOf('plays/group-buy', new Set())
  const files = Object.fromEntries(
    Object.entries(featureFiles(names)).map(([path, text]) => [`features/src/plays/group-buy/${path}`, text]),
  )

  test('is spelt alike in all its places', () => {
    expect(names).toEqual({
      domain: 'plays',
      name: 'group-buy',
      card: 'groupBuy',
      table: 'group_buy',
      face: 'GroupBuy',
      title: 'Group buy',
      ids: 'GB',
    })
    expect(namesOf('trade/coupon', new Set(['CO'])).ids).toBe('COC')
    expect(() => namesOf('trade/Coupon', new Set())).toThrow('kebab-case')
    expect(() => namesOf('coupon', new Set())).toThrow('names no domain: words/…')
    expect(() => namesOf('../coupon', new Set())).toThrow('names no domain')
    expect(() => namesOf('trade/../coupon', new Set())).toThrow('names no domain')
  })

  test('is tidy from the start', () => {
    const planted = treeOf(files)
    const checks = [checkShape, checkWords, checkAmbient, checkLanguages, checkRuleIds]
    expect(checks.flatMap((check) => check(planted)).map(printBreach)).toEqual([])
    expect(checkFolders(planted).filter((breach) => breach.rule !== 'manifests')).toEqual([])
    for (const file of planted.sources) expect(() => parse(file)).not.toThrow()
  })
})

describe('a manifest', () => {
  const before = `/** A list. */\nimport poll from '@qun/features/plays/poll/server'\n\nexport const features: readonly Feature[] = [poll]\n`
  const line = `import coupon from '@qun/features/trade/coupon/server'`

  test('gets an import and an item', () => {
    expect(withFeature('server.ts', before, 'features', line, 'coupon')).toBe(
      `/** A list. */\nimport poll from '@qun/features/plays/poll/server'\n${line}\n\nexport const features: readonly Feature[] = [poll, coupon]\n`,
    )
  })
  test('keeps an item a line, a type on the list and an empty list', () => {
    const tall = before.replace('[poll]', '[\n  poll,\n] as const satisfies readonly Feature[]')
    expect(withFeature('server.ts', tall, 'features', line, 'coupon')).toContain(
      '[\n  poll,\n  coupon,\n] as const satisfies',
    )
    expect(withFeature('server.ts', before.replace('[poll]', '[]'), 'features', line, 'coupon')).toContain('= [coupon]')
  })
  test('loses a feature wherever it is listed, and gets back what it had', () => {
    const added = withFeature('server.ts', before, 'features', line, 'coupon')
    expect(withoutFeature('server.ts', added, 'coupon')).toBe(before)
    const parts = `import * as a from '@qun/features/trade/a/contract'\nimport * as b from '@qun/features/plays/b/contract'\n`
    const listed = `${parts}export const cards = [a.one, b.one, b.two]\nexport const records = [...b.records, a.two]\n`
    expect(withoutFeature('contract.ts', listed, 'b')).toBe(
      `import * as a from '@qun/features/trade/a/contract'\nexport const cards = [a.one]\nexport const records = [a.two]\n`,
    )
    expect(withoutFeature('contract.ts', listed, 'c')).toBe(listed)
  })
  test('without the list is refused', () => {
    expect(() => withFeature('server.ts', before, 'cards', line, 'coupon')).toThrow('no list called cards')
  })
  test.each(manifests.map((manifest) => manifest.path))('%s of this repository takes one more', (path) => {
    const list = { contract: 'cards', server: 'features', react: 'features' }[/(\w+)\.tsx?$/.exec(path)![1] as 'server']
    const text = tree.find(path)!.text
    const added = withFeature(path, text, list, line, 'coupon')
    expect(added.length - text.length).toBeLessThan(line.length + 20)
    expect(() => parse({ path, text: added })).not.toThrow()
  })
})
