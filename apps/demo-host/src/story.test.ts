/** The story holds together in both languages: who speaks is there, what is quoted was said, nobody joins too early. */
import { describe, expect, test } from 'vitest'
import { drawPhoto, drawProduct } from './pictures.ts'
import { drawPortrait } from './portraits.ts'
import { groupsIn, people, personOf, products, shelves, userIdOf, type Lang, type Line } from './story.ts'

const langs: readonly Lang[] = ['zh', 'en']
const shapeOf = (line: Line) => ({
  ...line,
  text: undefined,
  draw: line.draw && { ...line.draw, title: '', conditions: '', claim: '', prizes: line.draw.prizes.length },
})

describe.each(langs)('the story in %s', (lang) => {
  test.each(groupsIn[lang].map((group) => [group.key, group] as const))(
    '%s is told by its own people',
    (_key, group) => {
      const here = new Set(['wang', ...group.admins, ...group.members])
      const said = new Set<string>()
      for (const line of group.lines) {
        const named = [
          line.by,
          ...(line.mention ?? []),
          ...Object.values(line.reactions ?? {}).flat(),
          ...(line.draw?.entrants ?? []),
          ...(line.play?.acts.map((act) => act.by) ?? []),
        ]
        expect(named.filter((key) => !here.has(key))).toEqual([])
        if (line.quote !== undefined) expect(said).toContain(line.quote)
        if (line.key !== undefined) said.add(line.key)
        for (const key of line.mention ?? [])
          expect(line.text).toContain(`@${people.find((one) => one.key === key)?.name[lang]}`)
        for (const prize of line.draw?.prizes ?? []) expect(prize.name.length).toBeLessThanOrEqual(40)
        expect(new Set(line.draw?.entrants).size).toBe(line.draw?.entrants.length ?? 0)
        expect(line.text ?? line.draw ?? line.play).toBeDefined()
      }
    },
  )
  test('the customer is not among the regulars, the passer-by is in no group', () => {
    const friends = groupsIn[lang].find((group) => group.key === 'friends')
    expect(friends?.members).not.toContain('li')
    expect(groupsIn[lang].flatMap((group) => group.members)).not.toContain('zhou')
  })
})

test('both languages tell the same story', () => {
  const [zh, en] = langs.map((lang) =>
    groupsIn[lang].map((group) => ({ ...group, name: '', description: '', lines: group.lines.map(shapeOf) })),
  )
  expect(en).toEqual(zh)
})
test('a user id leads back to its person and language', () => {
  for (const lang of langs)
    for (const person of people) expect(personOf(userIdOf(person.key, lang))).toEqual({ person, lang })
  expect(personOf('nobody')).toBeUndefined()
})
test('everybody and everything for sale is drawn', () => {
  for (const person of people) expect(drawPortrait(person.key)).toMatch(/^<svg .*<\/svg>$/s)
  for (const product of products) expect(drawProduct(product.id)).toMatch(/^<svg .*<\/svg>$/s)
  for (const photo of ['cat', 'flat-bread', 'blackboard', 'window'] as const)
    expect(drawPhoto(photo)).toMatch(/^<svg .*<\/svg>$/s)
  expect(products.every((product) => product.shelf in shelves && Number.isInteger(product.priceFen))).toBe(true)
})
