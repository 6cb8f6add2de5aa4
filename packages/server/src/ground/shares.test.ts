/** What is shared out by person, by app and in all, and that it is let go. */
import { Refusal } from '@qun/contract'
import { expect, test } from 'vitest'
import { Shares } from './shares.ts'

test('[P31] nobody holds more than a person, an app or all may, and what is let go is there again', () => {
  const shares = new Shares('bytes', { max: 800, perAppMax: 512, perPersonMax: 256 })
  const li = { app: 'a', person: 'li' }
  const take = (app: string, person: string, n: number) => {
    try {
      shares.take({ app, person }, n)
      return null
    } catch (error) {
      return error instanceof Refusal ? error.code : String(error)
    }
  }
  expect([take('a', 'li', 200), take('a', 'li', 100), shares.heldBy(li)]).toEqual([null, 'rate.limited', 200])
  expect([take('a', 'zhao', 256), take('a', 'sun', 100)]).toEqual([null, 'server.overloaded'])
  expect([take('b', 'li', 256), take('c', 'li', 200)]).toEqual([null, 'server.overloaded'])
  shares.free(li, 200)
  expect([take('a', 'li', 256), shares.held]).toEqual([null, 768])
})
