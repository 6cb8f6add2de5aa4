/** Runs fast tests on Node and keeps every statement their worlds sent, with its first values, in a folder. */
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { startVitest } from 'vitest/node'

const [folder, ...only] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node tools/rows/collect.ts FOLDER [TEST FILES]')
const statementsFolder = resolve(folder)
await rm(statementsFolder, { recursive: true, force: true })
const vitest = await startVitest('test', only, { project: ['fast'], watch: false, provide: { statementsFolder } })
await vitest.close()
