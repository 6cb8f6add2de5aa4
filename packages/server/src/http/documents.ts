/** The generated documents and where they are served; everything in them comes from the contracts. */
import type { FastifyInstance } from 'fastify'
import { asyncApiOf } from './asyncapi.ts'
import { openApiOf, type DocumentsOptions } from './openapi.ts'
import { referencePageOf } from './reference-page.ts'
import { referencePolicy } from './reference-style.ts'

/** Each document is made when first asked for and kept: contracts do not change while a process lives. */
export function addDocuments(app: FastifyInstance, options: DocumentsOptions): void {
  const openApi = once(() => JSON.stringify(openApiOf(options)))
  const asyncApi = once(() => JSON.stringify(asyncApiOf(options)))
  const page = once(() => referencePageOf(options))
  app.get('/openapi.json', (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(openApi()),
  )
  app.get('/asyncapi.json', (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(asyncApi()),
  )
  app.get('/docs', (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', referencePolicy)
      .header('cache-control', 'no-cache')
      .send(page()),
  )
}

function once(make: () => string): () => string {
  let made: string | undefined
  return () => (made ??= make())
}
