/** Whole systems in one process, for tests. */
export * from './fuzz.ts'
export * from './listener.ts'
export * from './lossy-bus.ts'
export * from './personas.ts'
export * from './proof.ts'
export * from './time.ts'
export * from './unread-walk.ts'
export * from './world.ts'
