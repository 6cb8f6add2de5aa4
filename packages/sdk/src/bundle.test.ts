/** What an app pays for the SDK, built the way apps build it, and where it runs. */
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { beforeAll, expect, test } from 'vitest'
import type { ClientOptions, QunClient } from './api.ts'

/** The promise to hosts is 40 kB; a third of it is what the SDK needs. */
const gzipBytesMax = 13_000
let code = ''
let imports: string[] = []

beforeAll(async () => {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      rolldownOptions: {
        input: fileURLToPath(new URL('index.ts', import.meta.url)),
        preserveEntrySignatures: 'strict',
        output: { format: 'iife', name: 'qun' },
      },
    },
  })
  const [one] = Array.isArray(built) ? built : [built]
  if (one === undefined || !('output' in one)) throw new Error('Nothing was built')
  code = one.output.map((part) => (part.type === 'chunk' ? part.code : '')).join('')
  imports = one.output.flatMap((part) => (part.type === 'chunk' ? part.imports : []))
}, 60_000)

test('the SDK stays small and brings no schema library', () => {
  const bytes = gzipSync(code).length
  process.stdout.write(`@qun/sdk: ${code.length} bytes minified, ${bytes} bytes gzip\n`)
  expect(imports).toEqual([])
  expect(code).not.toMatch(/typebox|additionalProperties/i)
  expect(bytes).toBeLessThan(gzipBytesMax)
})

test('it loads where there is nothing but the language: a mini-program, a page rendered on a server', async () => {
  const context = createContext({})
  const { createClient } = runInContext(`${code};qun`, context) as {
    createClient: (options: ClientOptions) => QunClient
  }
  const waits: number[] = []
  const client = createClient({
    url: 'https://chat.example.com',
    token: async () => 'token',
    wait: (delayMs) => {
      waits.push(delayMs)
      return () => {}
    },
  })
  client.connect()
  for (let i = 0; i < 20; i++) await Promise.resolve()
  // Without a socket it waits for a better time.
  expect(client.connection.get()).toBe('offline')
  expect(client.conversations.get()).toHaveLength(0)
  expect(waits.length).toBeGreaterThan(0)
  await expect(client.setConversation('grp_a', { pinned: true })).rejects.toMatchObject({ code: 'client.offline' })
})
