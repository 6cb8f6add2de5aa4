/** Wires between nodes of one process, for tests of the hint bus: which texts are lost is the test's to say. */
import type { HintEar, HintWire } from '@qun/bus'

export class HintRoom {
  /** Every text that was said, lost ones included. */
  readonly said: string[] = []
  /** Whether a text is lost on its way to the wire of this number; asked for each but the one that says it. */
  isLost: (text: string, wire: number) => boolean = () => false
  readonly #wires: RoomWire[] = []

  /** The next node's wire: its number is the count of those before. */
  wire(): RoomWire {
    const wire = new RoomWire(this)
    this.#wires.push(wire)
    return wire
  }
  carry(from: RoomWire, text: string): void {
    this.said.push(text)
    for (const [number, wire] of this.#wires.entries())
      if (wire === from || !this.isLost(text, number)) wire.ear?.hear(text)
  }
}

export class RoomWire implements HintWire {
  ear: HintEar | undefined
  readonly #room: HintRoom
  #held: HintEar | undefined

  constructor(room: HintRoom) {
    this.#room = room
  }
  open(ear: HintEar): void {
    this.#held = ear
    queueMicrotask(() => this.mend())
  }
  async say(texts: readonly string[]): Promise<void> {
    if (this.ear === undefined) throw new Error('the wire is broken')
    await Promise.resolve()
    for (const text of texts) this.#room.carry(this, text)
  }
  async close(): Promise<void> {
    this.#held = undefined
    this.ear = undefined
  }
  /** Nothing is said or heard until it is mended. */
  break(): void {
    this.ear = undefined
    this.#held?.setUp(false)
  }
  mend(): void {
    if (this.#held === undefined) return
    this.ear = this.#held
    this.ear.setUp(true)
  }
}
