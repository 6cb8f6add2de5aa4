/**
 * One connection at the level of frames: keeps what the engine sent, in order, and speaks the wire. Knows no client.
 */
import type { AppId, ClientFrame, GroupId, ServerFrame, Stream, UserId } from '@qun/contract'
import type { Core, Session } from '@qun/core'

export type FrameOf<Op extends ServerFrame['op']> = Extract<ServerFrame, { op: Op }>

export class Listener {
  /** All that was sent, oldest first. */
  readonly frames: ServerFrame[] = []
  /** What came after the connection was over. */
  readonly late: ServerFrame[] = []
  /** How the engine ended the connection, if it did. */
  closing: { readonly code: number; readonly reason: string } | undefined
  readonly #session: Session
  #lastId = 0
  #isOver = false

  constructor(
    core: Core,
    who: { readonly appId: AppId; readonly userId: UserId },
    resume: { readonly epoch?: string; readonly version?: number } = {},
  ) {
    this.#session = core.connect({ ...who, guest: false }, resume, {
      push: (packet) => {
        const heard = this.#isOver ? this.late : this.frames
        heard.push(JSON.parse(packet.text) as ServerFrame)
      },
      close: (code, reason) => {
        this.closing = { code, reason }
        this.close()
      },
    })
  }

  /** Sends a frame that has an answer; returns the number its answer will carry. */
  #ask(frame: Record<string, unknown>): number {
    const id = ++this.#lastId
    this.#session.receive({ ...frame, id } as unknown as ClientFrame)
    return id
  }
  subscribe(groupId: GroupId, level: 'open' | 'listed' = 'open', from?: number): number {
    return this.#ask({ op: 'subscribe', groups: [{ groupId, level, ...(from === undefined ? {} : { from }) }] })
  }
  pull(stream: Stream, from: number): number {
    return this.#ask({ op: 'pull', stream, from })
  }
  send(groupId: GroupId, kind: string, body: unknown, clientId: string): number {
    return this.#ask({ op: 'send', groupId, kind, body, clientId })
  }
  read(groupId: GroupId, seq: number): number {
    return this.#ask({ op: 'read', groupId, seq })
  }
  /** Sends a frame as it is. */
  say(frame: ClientFrame): void {
    this.#session.receive(frame)
  }
  /** The socket is gone. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#session.close()
  }

  list<Op extends ServerFrame['op']>(op: Op): FrameOf<Op>[] {
    return this.frames.filter((frame): frame is FrameOf<Op> => frame.op === op)
  }
  /** What answered request `id`, in order: rows, then `done`; or an error. */
  answersTo(id: number): ServerFrame[] {
    return this.frames.filter((frame) => 'id' in frame && frame.id === id)
  }
  /** The code request `id` was refused with, or null when it was not. */
  refusalOf(id: number): string | null {
    const answer = this.answersTo(id).find((frame) => frame.op === 'error')
    return answer?.op === 'error' ? answer.code : null
  }
  /** Frames of one stream that carry rows. */
  changesOf(stream: Stream): FrameOf<'changes'>[] {
    return this.list('changes').filter((frame) => frame.stream === stream)
  }
  /** Positions of the messages sent in live frames, catch-ups and snapshots of a group, in order of arrival. */
  seqsOf(groupId: GroupId): number[] {
    const stream = `group/${groupId}`
    return this.frames.flatMap((frame) => {
      if (frame.op === 'snapshot' && frame.stream === stream) return frame.messages.map((row) => row.seq)
      if (frame.op !== 'changes' || frame.stream !== stream) return []
      return frame.rows.flatMap((row) => (row.row === 'message' ? [row.seq] : []))
    })
  }
}
