/** Lists of test titles, compared. */
import { expect, test } from 'vitest'
import { missingTitles, type Title } from './test-titles.ts'

const title = (name: string, file = 'a.test.ts', project = 'fast'): Title => ({ project, file, name })

test('a title that is gone, or stands less often, is missing; one that moved or came is not', () => {
  const before = [title('one'), title('two'), title('two', 'b.test.ts'), title('three')]
  const after = [title('two', 'c.test.ts'), title('three', 'moved.test.ts'), title('four')]
  expect(missingTitles(before, after)).toEqual([title('one'), title('two', 'b.test.ts')])
  expect(missingTitles(before, before)).toEqual([])
  expect(missingTitles([title('one', 'a', 'slow')], [title('one', 'a', 'fast')])).toHaveLength(1)
})

test('another seed or length of a walk is no other test', () => {
  const before = [title('[LDG14] 100000 steps from seed 12'), title('[C1] 100000 steps end as it says (seed 3)')]
  const after = [title('[LDG14] 10000 steps from seed 77'), title('[C1] 100000 steps end as it says (seed 4)')]
  expect(missingTitles(before, after)).toEqual([])
  expect(missingTitles([title('seed 1'), title('seed 2')], [title('seed 1')])).toHaveLength(1)
})
