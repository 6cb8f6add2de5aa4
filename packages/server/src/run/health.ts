/** What operators and their machines ask: alive, ready, how much, which version. */
import type { Store } from '@qun/storage'
import type { FastifyInstance } from 'fastify'
import type { Telemetry } from '../ground/telemetry.ts'

export interface HealthOptions {
  readonly store: Store
  readonly telemetry: Telemetry
  readonly isDraining: () => boolean
  readonly version: string
  readonly epoch: () => string
}

/** These routes need no credential and tell nothing about any app; a proxy should not pass `/metrics` on. */
export function addHealth(app: FastifyInstance, options: HealthOptions): void {
  app.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ ok: true }))
  app.get('/readyz', async (_request, reply) => {
    // Migrations ran before the server could listen, so the store and the drain are what is left to ask.
    const checks = { store: await options.store.probe(), notDraining: !options.isDraining() }
    const isReady = checks.store && checks.notDraining
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ok: isReady, checks })
  })
  app.get('/metrics', async (_request, reply) => {
    const { registry } = options.telemetry
    return reply.header('content-type', registry.contentType).send(await registry.metrics())
  })
  app.get('/version', (_request, reply) =>
    reply.send({ name: 'qun', version: options.version, epoch: options.epoch(), node: process.version }),
  )
}
