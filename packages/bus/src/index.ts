/** The bus port and its in-process engine; knows no topic and no message. */
export * from './bus.ts'
export * from './in-process.ts'
