/** The bus port and its engines; knows no topic and no message. */
export * from './bus.ts'
export * from './hint-bus.ts'
export type { HintEar, HintWire } from './hint-wire.ts'
export * from './in-process.ts'
