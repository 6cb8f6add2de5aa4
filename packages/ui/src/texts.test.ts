/** The catalogue is complete in both languages, and colours live in the theme alone. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { locales } from '@qun/contract'
import { describe, expect, it } from 'vitest'
import { fill, texts, wordIn, type TextName } from './texts.ts'

const holes = (text: string) => new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]))
const names = Object.keys(texts) as TextName[]

describe('the catalogue', () => {
  it.each(names)('%s stands in every language with the same holes', (name) => {
    for (const locale of locales) expect(texts[name][locale].trim()).not.toBe('')
    const [zh, en] = [holes(texts[name]['zh-CN']), holes(texts[name].en)]
    // An English plural may count the others instead of all.
    expect(zh.size === en.size || name === 'message.foldedJoins').toBe(true)
  })
  it('says nothing in Chinese to English readers', () => {
    for (const name of names) expect(texts[name].en).not.toMatch(/\p{Script=Han}/u)
  })
  it('has no text nobody uses', () => {
    const code = sources('.tsx', '.ts')
      .filter(({ path }) => !path.endsWith('texts.ts') && !path.includes('.test.'))
      .map(({ text }) => text)
      .join('\n')
    const built = /^(badge|role|connection)\./
    expect(names.filter((name) => !built.test(name) && !code.includes(`'${name}'`))).toEqual([])
  })
})
it('fills holes and picks the number', () => {
  expect(wordIn('en', 'chat.below', { n: 1 })).toBe('1 new message')
  expect(wordIn('en', 'chat.below', { n: 2 })).toBe('2 new messages')
  expect(wordIn('zh-CN', 'chat.below', { n: 2 })).toBe('2 条新消息')
  expect(fill('{missing}', {})).toBe('{missing}')
})

function sources(...ends: readonly string[]): { path: string; text: string }[] {
  const here = import.meta.dirname
  return readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((path) => ends.some((end) => path.endsWith(end)))
    .map((path) => ({ path, text: readFileSync(join(here, path), 'utf8') }))
}
describe('colours', () => {
  const colour =
    /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|lab)a?\(|(?<![\w-])(?:white|black|red|green|blue|gray|grey)(?=\s*[;,)])/i
  it.each(
    sources('.css', '.tsx')
      .filter(({ path }) => !path.endsWith('theme.css'))
      .map(({ path, text }) => [path, text] as const),
  )('%s takes them from tokens', (_path, text) => {
    expect(text.split('\n').filter((line) => colour.test(line))).toEqual([])
  })
  it('light, dark and the system’s dark define the same tokens, and both darks agree', () => {
    const theme = readFileSync(join(import.meta.dirname, 'styles/theme.css'), 'utf8')
    const blocks = [...theme.matchAll(/color-scheme: (?:light|dark);([^}]*)\}/g)].map((match) =>
      Object.fromEntries([...match[1]!.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map((one) => [one[1], one[2]])),
    )
    expect(blocks).toHaveLength(3)
    expect(Object.keys(blocks[1] ?? {})).toEqual(Object.keys(blocks[0] ?? {}))
    expect(blocks[2]).toEqual(blocks[1])
  })
})
