/** A bus that loses, repeats and reorders by a seed: what no engine may be trusted not to do. */
import { createInProcessBus, type Bus, type BusMessage } from '@qun/bus'

/** A small generator of pseudo-random numbers below 1 (mulberry32); the same seed gives the same run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function createLossyBus(random: () => number, share = { lost: 0.1, twice: 0.1, late: 0.2 }): Bus {
  const bus = createInProcessBus()
  const late: (readonly [string, BusMessage])[] = []
  return {
    publish(topic, message) {
      const fate = random()
      if (fate < share.lost) return
      if (fate < share.lost + share.late) late.push([topic, message])
      else bus.publish(topic, message)
      if (fate > 1 - share.twice) bus.publish(topic, message)
      while (late.length > 3 || (late.length > 0 && random() < 0.3)) {
        const [at, held] = late.splice(Math.floor(random() * late.length), 1)[0] as readonly [string, BusMessage]
        bus.publish(at, held)
      }
    },
    subscribe: (topic, receive) => bus.subscribe(topic, receive),
    close: () => bus.close(),
  }
}
