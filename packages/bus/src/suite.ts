/** What every bus engine must prove, as vitest tests; knows no engine. */
import { describe, expect, test } from 'vitest'
import { type Bus, type BusMessage, textOf } from './bus.ts'

export interface BusUnderTest {
  /** Two ends of one bus, as two processes hold them; a single process gives the same object twice. */
  readonly here: Bus
  readonly there: Bus
  /** Returns when subscriptions made so far are in force and messages published so far have arrived. */
  settle(): Promise<void>
  /** What receivers threw, as the engine reported it. */
  readonly reported: readonly unknown[]
  /** The longest message the engine carries whole between its ends; any unless given. */
  readonly bytesMax?: number
}

/**
 * Registers the contract's tests for one engine. `open` makes a fresh, healthy bus per test: while nothing fails, every
 * message must arrive, in the order published by one end. What is lost in a failure is the engine's own test.
 */
export function busSuite(engine: string, open: () => Promise<BusUnderTest>): void {
  const use = async (run: (bus: BusUnderTest) => Promise<void>) => {
    const bus = await open()
    try {
      await run(bus)
    } finally {
      await bus.here.close()
      await bus.there.close()
    }
  }

  describe(`bus: ${engine}`, () => {
    describe('carries', () => carries(use))
    describe('isolates', () => isolates(use))
    describe('ends', () => ends(use))
  })
}

type Use = (run: (bus: BusUnderTest) => Promise<void>) => Promise<void>

function carries(use: Use): void {
  test('messages of one topic in order, to the other end and to the publisher itself', () =>
    use(async ({ here, there, settle }) => {
      const atThere: BusMessage[] = []
      const atHere: BusMessage[] = []
      there.subscribe('group/g1', (message) => atThere.push(message))
      here.subscribe('group/g1', (message) => atHere.push(message))
      await settle()
      const sent = Array.from({ length: 100 }, (_, index) => `message ${index}`)
      for (const message of sent) here.publish('group/g1', message)
      await settle()
      expect(atThere).toEqual(sent)
      expect(atHere).toEqual(sent)
    }))

  test('any text unchanged', () =>
    use(async ({ here, there, settle, bytesMax = 300_000 }) => {
      const received: BusMessage[] = []
      there.subscribe('t', (message) => received.push(message))
      await settle()
      const sent = ['', ' ', '山茶咖啡 ☕️ 👨‍👩‍👧', '\0\n\r\n', '{"a":"\\u0000"}', 'x'.repeat(bytesMax)]
      for (const message of sent) here.publish('t', message)
      await settle()
      expect(received).toEqual(sent)
    }))

  test('a letter as itself or as its text', () =>
    use(async ({ here, there, settle }) => {
      const received: string[] = []
      for (const bus of [here, there]) bus.subscribe('t', (message) => received.push(textOf(message)))
      await settle()
      here.publish('t', Object.freeze({ text: '信' }))
      await settle()
      expect(received).toEqual(['信', '信'])
    }))

  test('a topic exactly: no pattern, no prefix, any characters', () =>
    use(async ({ here, there, settle }) => {
      const topics = ['a', 'a.b', 'a.*', 'a.>', '>', '*', 'A', 'a ', '群/1', '1:a,2:bc', 'x'.repeat(500)]
      const received: [string, BusMessage][] = []
      for (const topic of topics) there.subscribe(topic, (message) => received.push([topic, message]))
      await settle()
      for (const topic of topics) here.publish(topic, `to ${topic}`)
      await settle()
      expect(received.toSorted()).toEqual(
        topics.map((topic): [string, BusMessage] => [topic, `to ${topic}`]).toSorted(),
      )
    }))

  test('to nobody without a complaint', () =>
    use(async ({ here, settle, reported }) => {
      here.publish('nobody', 'hello')
      await settle()
      expect(reported).toEqual([])
    }))
}

function isolates(use: Use): void {
  test('the publisher: receivers run after publish returned, also when a receiver publishes', () =>
    use(async ({ here, settle }) => {
      const steps: string[] = []
      here.subscribe('first', (message) => {
        steps.push(`first ${textOf(message)} begins`)
        if (message === '1') here.publish('second', message)
        steps.push(`first ${textOf(message)} ends`)
      })
      here.subscribe('second', (message) => steps.push(`second ${textOf(message)}`))
      await settle()
      here.publish('first', '1')
      here.publish('first', '2')
      steps.push('published')
      await settle()
      expect(steps[0]).toBe('published')
      expect(steps.slice(1, 5)).toEqual(['first 1 begins', 'first 1 ends', 'first 2 begins', 'first 2 ends'])
      expect(steps.slice(5)).toEqual(['second 1'])
    }))

  test('a receiver that throws: the others and the later messages arrive, and it is reported', () =>
    use(async ({ here, settle, reported }) => {
      const received: BusMessage[] = []
      const failure = new Error('a receiver broke')
      here.subscribe('t', () => {
        throw failure
      })
      here.subscribe('t', (message) => received.push(message))
      await settle()
      here.publish('t', '1')
      here.publish('t', '2')
      await settle()
      expect(received).toEqual(['1', '2'])
      expect(reported).toEqual([failure, failure])
    }))

  test('two subscriptions of the same function: ending one leaves the other', () =>
    use(async ({ here, settle }) => {
      const received: BusMessage[] = []
      const receive = (message: BusMessage) => {
        received.push(message)
      }
      const endFirst = here.subscribe('t', receive)
      here.subscribe('t', receive)
      await settle()
      here.publish('t', '1')
      await settle()
      endFirst()
      endFirst()
      await settle()
      here.publish('t', '2')
      await settle()
      expect(received).toEqual(['1', '1', '2'])
    }))
}

function ends(use: Use): void {
  test('a subscription at once: not even a message under way is received', () =>
    use(async ({ here, settle }) => {
      const received: BusMessage[] = []
      const end = here.subscribe('t', (message) => received.push(message))
      await settle()
      here.publish('t', 'under way')
      end()
      await settle()
      expect(received).toEqual([])
    }))

  test('another subscription from within a receiver', () =>
    use(async ({ here, settle }) => {
      const received: BusMessage[] = []
      let endSecond = () => {}
      here.subscribe('t', () => endSecond())
      endSecond = here.subscribe('t', (message) => received.push(message))
      await settle()
      here.publish('t', '1')
      await settle()
      expect(received).toEqual([])
    }))

  test('the whole bus: nothing is received, and every call is still harmless', () =>
    use(async ({ here, settle, reported }) => {
      const received: BusMessage[] = []
      const end = here.subscribe('t', (message) => received.push(message))
      await settle()
      here.publish('t', 'under way')
      await here.close()
      here.publish('t', 'later')
      here.subscribe('t', (message) => received.push(message))
      end()
      await here.close()
      expect(received).toEqual([])
      expect(reported).toEqual([])
    }))
}
