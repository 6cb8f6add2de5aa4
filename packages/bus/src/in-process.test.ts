/** The in-process engine against the bus contract, and its own promises on top; knows no other engine. */
import { expect, test } from 'vitest'
import { textOf } from './bus.ts'
import { createInProcessBus } from './in-process.ts'
import { busSuite } from './suite.ts'

const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

busSuite('in process', async () => {
  const reported: unknown[] = []
  const bus = createInProcessBus({ onError: (error) => reported.push(error) })
  return { here: bus, there: bus, settle, reported }
})

test('a message reaches those who were subscribed when it was published, not those who came after', async () => {
  const bus = createInProcessBus()
  const received: string[] = []
  bus.subscribe('t', (message) => received.push(`early ${textOf(message)}`))
  bus.publish('t', '1')
  bus.subscribe('t', (message) => received.push(`late ${textOf(message)}`))
  await settle()
  expect(received).toEqual(['early 1'])
})

test('two receivers that answer each other do not recurse', async () => {
  const bus = createInProcessBus()
  let count = 0
  bus.subscribe('ping', () => {
    count += 1
    if (count < 100_000) bus.publish('pong', '')
  })
  bus.subscribe('pong', () => bus.publish('ping', ''))
  bus.publish('ping', '')
  await settle()
  expect(count).toBe(100_000)
})

test('a reporter that throws harms nobody', async () => {
  const received: string[] = []
  const bus = createInProcessBus({
    onError: () => {
      throw new Error('the reporter broke')
    },
  })
  bus.subscribe('t', () => {
    throw new Error('a receiver broke')
  })
  bus.subscribe('t', (message) => received.push(textOf(message)))
  bus.publish('t', '1')
  await settle()
  bus.publish('t', '2')
  await settle()
  expect(received).toEqual(['1', '2'])
})
