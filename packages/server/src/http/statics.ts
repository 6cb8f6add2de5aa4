/** Serves built web apps beside the API, under a strict content security policy. */
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import { refuse } from '@qun/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'

export interface StaticSite {
  /** Begins and ends with a slash: `/app/`. */
  readonly prefix: string
  /** A directory with an `index.html`; hashed files below `assets/` are cached for ever. */
  readonly dir: string
}

/** Own scripts only; pictures and sockets from anywhere secure, because hosts keep avatars where they like. */
export const pagePolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob: https: http:",
  "connect-src 'self' ws: wss: http: https:",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ')

export async function addStatics(app: FastifyInstance, sites: readonly StaticSite[], landing: string): Promise<void> {
  if (sites.length > 0) await app.register(fastifyStatic, { root: sites[0]!.dir, serve: false, cacheControl: false })
  for (const site of sites) await addSite(app, site)
  if (!sites.some((site) => site.prefix === '/')) app.get('/', (_request, reply) => reply.redirect(landing, 302))
}

/** Only files that were there at the start are served, so no path can lead out of the directory. */
async function addSite(app: FastifyInstance, site: StaticSite): Promise<void> {
  if (!/^\/(.*\/)?$/.test(site.prefix)) throw new Error(`a static prefix begins and ends with a slash: ${site.prefix}`)
  const entries = await readdir(site.dir, { recursive: true, withFileTypes: true })
  const files = new Set(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(site.dir, join(entry.parentPath, entry.name)).replaceAll(sep, '/')),
  )
  if (!files.has('index.html')) throw new Error(`there is no index.html in ${site.dir}`)
  const bare = site.prefix.slice(0, -1)
  if (bare !== '') app.get(bare, (_request, reply) => reply.redirect(site.prefix, 302))
  app.get(`${site.prefix}*`, (request, reply) => {
    const wanted = (request.params as { '*': string })['*']
    if (files.has(wanted) && wanted !== '') return sendFile(reply, site, wanted)
    // A web app's own addresses (`/app/g/…`) are answered with its page; a missing picture or script is missing.
    if (/\.[a-z0-9]{1,5}$/i.test(wanted)) throw refuse('route.not_found')
    return sendFile(reply, site, 'index.html')
  })
}

function sendFile(reply: FastifyReply, site: StaticSite, file: string): FastifyReply {
  const isHashed = file.startsWith('assets/')
  return reply
    .header('content-security-policy', pagePolicy)
    .header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    .sendFile(file, site.dir)
}
