/** The log while the store goes away in the middle of a post: nothing acknowledged is lost, nothing is made twice. */
import { refusalOf, startWorld } from '@qun/testing'
import { describe, expect, test } from 'vitest'
import { createLab, id, listStored, note, upTo } from '../fixtures.ts'

const { features } = createLab()
const open = (limits = {}) => startWorld({ features, limits, watching: ['wang', 'li'] })

describe('a store that goes away', () => {
  const gone = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: '57P01' })
  test.each(['before', 'after'])(
    '[LOG15] %s a commit: the post is refused, and a retry settles it either way',
    async (when) => {
      await using world = await open()
      let isGoing = false
      const broken = async <T>(run: () => Promise<T>): Promise<T> => {
        if (!isGoing) return run()
        if (when === 'after') await run()
        throw gone()
      }
      const node = await world.startNode({
        store: ({ lane, transaction }) => ({
          transaction: (appId, run) => broken(() => transaction(appId, run)),
          lane() {
            const plain = lane()
            const query: typeof plain.query = (appId, asked) =>
              asked.name === 'append' ? broken(() => plain.query(appId, asked)) : plain.query(appId, asked)
            return { ...plain, query, close: () => plain.close() }
          },
        }),
      })
      const { appId } = world.as('li').principal
      const request = { appId, groupId: world.groupId, senderId: id('li') }
      const posts = [
        { ...request, kind: note.kind, body: { text: '一' }, clientId: 'plain' },
        { ...request, kind: 'text', body: { text: '@', mentions: ['zhao'] }, clientId: 'decided' },
      ]
      isGoing = true
      // One after the other: a post into a group that a decision holds would take the decision's way.
      for (const post of posts) expect(await refusalOf(node.post(post))).toBe('store.unavailable')
      isGoing = false
      const retries = await Promise.all(posts.map((post) => node.post(post)))
      expect(retries.map((answer) => answer.replayed)).toEqual([when === 'after', when === 'after'])
      const stored = await listStored(world)
      expect(stored.map((row) => row.seq)).toEqual(upTo(stored.length))
      expect(stored.filter((row) => row.sender_id === 'li')).toHaveLength(2)
      // What was committed unheard is heard with what follows it.
      await world.settle()
    },
  )
})
