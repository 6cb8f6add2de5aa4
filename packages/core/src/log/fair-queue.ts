/** A queue in which whoever has much waiting does not hold up others: owners take turns, each in the order it came. */

export class FairQueue<T> {
  readonly #ownerOf: (item: T) => string
  /** In the order of whose turn it is. */
  readonly #queues = new Map<string, { readonly items: T[]; at: number }>()
  #length = 0

  constructor(ownerOf: (item: T) => string) {
    this.#ownerOf = ownerOf
  }

  get length(): number {
    return this.#length
  }

  add(item: T): void {
    const owner = this.#ownerOf(item)
    const queue = this.#queues.get(owner)
    if (queue === undefined) this.#queues.set(owner, { items: [item], at: 0 })
    else queue.items.push(item)
    this.#length += 1
  }

  /** The next of whoever's turn it is; they take the next turn after everybody else. */
  take(): T | undefined {
    for (const [owner, queue] of this.#queues) {
      const item = queue.items[queue.at] as T
      queue.at += 1
      this.#length -= 1
      if (this.#queues.size > 1 || queue.at === queue.items.length) this.#queues.delete(owner)
      if (queue.at < queue.items.length) this.#queues.set(owner, queue.at < 1_024 ? queue : rest(queue))
      return item
    }
    return undefined
  }

  /** What was taken last comes next again, in its order. */
  putBack(items: readonly T[]): void {
    for (const item of items.toReversed()) {
      const owner = this.#ownerOf(item)
      const queue = this.#queues.get(owner)
      if (queue === undefined) this.#queues.set(owner, { items: [item], at: 0 })
      else if (queue.at > 0) queue.items[--queue.at] = item
      else queue.items.unshift(item)
      this.#length += 1
    }
  }
}

/** Without what was taken: a queue that is never empty would keep it all. */
function rest<T>({ items, at }: { readonly items: T[]; readonly at: number }): { items: T[]; at: number } {
  return { items: items.slice(at), at: 0 }
}
