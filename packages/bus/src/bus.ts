/** What every bus engine offers, and how topics are built; knows no engine and what no topic means. */

/** Something that is told as text where it leaves the process. Never changes once it was published. */
export interface Letter {
  readonly text: string
}
/** What a bus carries. A letter may arrive as itself or as its text: whoever hears it reads both. */
export type BusMessage = string | Letter
export function textOf(message: BusMessage): string {
  return typeof message === 'string' ? message : message.text
}

/**
 * Carries text between processes, best effort: an engine may lose, repeat and reorder messages, so correctness never
 * depends on it (a gap leads to a pull from storage).
 */
export interface Bus {
  /** True if it loses nothing without saying so through `onLoss`; engines that may leave it out. */
  readonly isReliable?: boolean
  /**
   * Never throws and never waits: a message that cannot be carried is lost. Receivers run after this call returned.
   * `version` is how far the message brings its topic: an engine that carries little may carry that alone.
   */
  publish(topic: string, message: BusMessage, version?: number): void
  /**
   * Calls `receive` for every message of exactly this topic published from this moment on; the publisher's own
   * subscriptions are included. The same function may subscribe twice and is then called twice.
   * `hear` is called instead when only the version travelled; it may be one of another topic, and then higher.
   * Returns the end of the subscription: nothing is received after it was called; calling it again is harmless.
   */
  subscribe(topic: string, receive: (message: BusMessage) => void, hear?: (version: number) => void): () => void
  /**
   * `look` is called when messages of any topic may have been lost; the store knows what they said. Engines that never
   * lose, and those that cannot know, leave it out. Returns the end of it.
   */
  onLoss?(look: () => void): () => void
  /** Ends all subscriptions; messages under way are lost, later ones are ignored. May be called again. */
  close(): Promise<void>
}

/**
 * One topic from its parts, such as `topicOf(appId, 'group', groupId)`. Different parts give different topics whatever
 * characters they hold, because each part is led by its length: ('a:b', 'c') is not ('a', 'b:c').
 */
export function topicOf(...parts: string[]): string {
  return parts.map((part) => `${part.length}:${part}`).join(',')
}
