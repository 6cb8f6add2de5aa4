/** Lays a file where a handler finds it, as a server does with what it is sent, and takes it away afterwards. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileLimitsOf, type Endpoint, type FileBytes, type SentFile } from '@qun/contract'

/** Hands over the body as the handler of this endpoint gets it. */
export async function withSentBody<T>(
  endpoint: Endpoint<any, any, any, any>,
  body: unknown,
  run: (body: unknown) => Promise<T>,
): Promise<T> {
  if (fileLimitsOf(endpoint) === undefined) return run(body)
  const { bytes, contentType } = body as FileBytes
  const dir = await mkdtemp(join(tmpdir(), 'qun-world-'))
  try {
    const path = join(dir, 'sent')
    await writeFile(path, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return await run({ path, size: bytes.byteLength, contentType, sha256 } satisfies SentFile)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
