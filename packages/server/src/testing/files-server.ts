/** A test server with routes that take and answer files, and whose handlers wait as long as a test likes. */
import { readdirSync, readlinkSync } from 'node:fs'
import { closed, defineEndpoint, fileAnswer, fileBody, Type, type SentFile } from '@qun/contract'
import { defineFeature, serveEndpoint } from '@qun/core'
import { features } from '@qun/chat/server'
import { mib } from '../ground/shares.ts'
import { HalfRequest } from './half-request.ts'
import { startTestServer, tokenOf, type TestApp, type TestServer, type TestServerOptions } from './test-server.ts'

const put = defineEndpoint({
  name: 'files.put',
  method: 'POST',
  path: '/files',
  doc: 'Takes a file, and says what it got.',
  by: 'user',
  body: fileBody({ bytesMax: 20 * mib, contentTypes: ['image/*'] }),
  answer: closed({ size: Type.Integer(), contentType: Type.String(), sha256: Type.String() }),
})
const get = defineEndpoint({
  name: 'files.get',
  method: 'GET',
  path: '/files/:size',
  doc: 'Answers that many bytes.',
  by: 'user',
  params: closed({ size: Type.Integer() }),
  answer: fileAnswer(),
})

export interface FilesServer extends TestServer {
  /** What handlers were handed, in order. */
  readonly served: SentFile[]
  /** The folder of this server's own. */
  readonly dir: string
  /** The head of an upload, with a body to come. */
  begin(userId: string, headers: Readonly<Record<string, string>>, app?: TestApp): HalfRequest
  token(userId: string, app?: TestApp): string
  /** Files on the spool, and those this process has open there. */
  left(): { readonly files: number; readonly open: number }
}
export interface FilesServerOptions extends Omit<TestServerOptions, 'features'> {
  /** What a handler waits for before it answers. */
  readonly work?: (file: SentFile) => Promise<unknown>
}

export async function startFilesServer({ work, ...options }: FilesServerOptions): Promise<FilesServer> {
  const served: SentFile[] = []
  const files = defineFeature({
    name: 'files',
    endpoints: [
      serveEndpoint(put, {
        async prepare({ body }) {
          served.push(body)
          await work?.(body)
        },
        handle: ({ body: { size, contentType, sha256 } }) => ({ size, contentType, sha256 }),
      }),
      serveEndpoint(get, ({ params }) => ({ bytes: Buffer.alloc(params.size, 7), contentType: 'image/png' })),
    ],
  })
  const world = await startTestServer({ ...options, features: [...features, files] })
  const { dir } = world.server.uploads.spool
  const token = (userId: string, app = world.app) => tokenOf(app, userId, world.clock.now())
  return {
    ...{ ...world, served, dir, token },
    begin: (userId, headers, app) =>
      new HalfRequest(world.url, 'POST', '/files', {
        authorization: `Bearer ${token(userId, app)}`,
        'content-type': 'image/png',
        ...headers,
      }),
    left: () => ({ files: readdirSync(dir).length, open: openIn(dir) }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** How many descriptors of this process are of files in a folder; none where the system does not tell. */
function openIn(dir: string): number {
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd') : []
  return descriptors.filter((each) => pathOf(each).startsWith(`${dir}/`)).length
}
function pathOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    // Closed since it was listed.
    return ''
  }
}
