/** The web apps of this repository that are built and can be served beside the API. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { StaticSite } from '@qun/server'

/** Those whose `dist` is there; a server without them still serves the API. */
export function listSites(): StaticSite[] {
  const apps = join(import.meta.dirname, '../..')
  return [{ prefix: '/app/', dir: join(apps, 'member/dist') }].filter((site) =>
    existsSync(join(site.dir, 'index.html')),
  )
}
