/** The entry of the SDK: a client for apps, and the pure steps its views are made of for tests. */
export { createClient } from './client.ts'
export { createIndexedDbOutbox, createMemoryOutbox } from './outbox.ts'
export { QunError } from './problem.ts'
export { applyFrame, beginning, restartAt, unreadStream } from './streams.ts'
export type { Cursor, Step } from './streams.ts'
export type {
  ClientOptions,
  ConnectionState,
  Conversation,
  GroupHandle,
  GroupView,
  OutboxEntry,
  OutboxStore,
  PendingMessage,
  QunClient,
  Readable,
  SdkProblem,
  SocketLike,
  ViewMessage,
} from './api.ts'
