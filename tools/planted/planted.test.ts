/** What is planted for random walks fits the code as it is: a plant that lost its place would prove nothing. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listBeds, planted, walkIn } from './planting.ts'

const root = join(import.meta.dirname, '../..')
const beds = await listBeds(root)

test('there are plants for every walk, and a walk for all plants', () => {
  expect(beds.length).toBeGreaterThanOrEqual(8)
  for (const bed of beds) expect(existsSync(join(root, walkIn(bed))), bed.path).toBe(true)
})
describe.each(beds)('$path', ({ path, bugs }) => {
  test('has ten bugs at least, each another, each in one place', () => {
    expect(bugs.length).toBeGreaterThanOrEqual(10)
    expect(new Set(bugs.map(({ bug }) => bug)).size).toBe(bugs.length)
    const texts = bugs.map((plant) => planted(readFileSync(join(root, path, plant.file), 'utf8'), plant))
    expect(new Set(texts).size).toBe(bugs.length)
  })
})
test('a plant without a place, or with two, is refused', () => {
  const plant = { bug: 'Off by one', file: 'rules.ts', from: 'a < b', to: 'a <= b' }
  expect(planted('if (a < b)', plant)).toBe('if (a <= b)')
  for (const text of ['if (b > a)', 'a < b && a < b']) expect(() => planted(text, plant)).toThrow('Off by one')
})
