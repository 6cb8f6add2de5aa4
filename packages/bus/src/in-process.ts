/** The bus engine of a single process: in order, exactly once, letters as themselves; knows no network. */
import type { Bus, BusMessage } from './bus.ts'

export interface InProcessBusOptions {
  /** Told of what a receiver threw; the other receivers and later messages are not affected. Default: ignored. */
  readonly onError?: (error: unknown, topic: string) => void
}

interface Subscription {
  readonly receive: (message: BusMessage) => void
  active: boolean
}

interface Delivery {
  readonly topic: string
  readonly message: BusMessage
  readonly receivers: readonly Subscription[]
}

/**
 * Delivers in order of publishing, once, in a microtask after the publisher's turn: never inside `publish`, and what a
 * receiver publishes comes after everything published before it.
 */
export function createInProcessBus(options: InProcessBusOptions = {}): Bus {
  // The arrays are replaced, never changed, so that a delivery keeps the receivers of the moment it was published.
  const topics = new Map<string, readonly Subscription[]>()
  let waiting: Delivery[] = []
  let draining = false
  let closed = false

  const report = (error: unknown, topic: string) => {
    try {
      options.onError?.(error, topic)
    } catch {
      // A reporter that throws has nobody left to tell, and must not stop the other receivers.
    }
  }

  const deliver = ({ topic, message, receivers }: Delivery) => {
    for (const subscription of receivers) {
      if (!subscription.active) continue
      try {
        subscription.receive(message)
      } catch (error) {
        report(error, topic)
      }
    }
  }

  const drain = () => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      for (const delivery of batch) deliver(delivery)
    }
    draining = false
  }

  const end = (topic: string, subscription: Subscription) => {
    if (!subscription.active) return
    subscription.active = false
    const rest = (topics.get(topic) ?? []).filter((other) => other !== subscription)
    if (rest.length === 0) topics.delete(topic)
    else topics.set(topic, rest)
  }

  return {
    isReliable: true,
    publish(topic, message) {
      const receivers = topics.get(topic)
      if (closed || receivers === undefined) return
      waiting.push({ topic, message, receivers })
      if (draining) return
      draining = true
      queueMicrotask(drain)
    },
    subscribe(topic, receive) {
      const subscription: Subscription = { receive, active: !closed }
      if (!closed) topics.set(topic, [...(topics.get(topic) ?? []), subscription])
      return () => end(topic, subscription)
    },
    async close() {
      closed = true
      for (const subscriptions of topics.values()) {
        for (const subscription of subscriptions) subscription.active = false
      }
      topics.clear()
      waiting = []
    },
  }
}
