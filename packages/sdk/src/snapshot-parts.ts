/**
 * Rows that come before the snapshot they go with, kept by the request that both answer: a group may be closed, opened
 * and asked for again before the answer to its first request is in. Knows no group's state.
 */
import type { PartFrame, Row, Static } from '@qun/contract'

export class SnapshotParts {
  readonly #held = new Map<number, Map<string, Row[]>>()

  add({ id, stream, rows }: Static<typeof PartFrame>): void {
    const ofRequest = this.#held.get(id) ?? new Map<string, Row[]>()
    this.#held.set(id, ofRequest)
    ofRequest.set(stream, [...(ofRequest.get(stream) ?? []), ...rows])
  }
  of(id: number | undefined, stream: string): readonly Row[] {
    return (id === undefined ? undefined : this.#held.get(id)?.get(stream)) ?? []
  }
  /** The request is answered. */
  forget(id: number): void {
    this.#held.delete(id)
  }
  /** The connection is gone, and with it whatever was to come. */
  clear(): void {
    this.#held.clear()
  }
}
