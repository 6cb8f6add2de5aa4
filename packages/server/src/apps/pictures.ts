/** Which pictures of people and groups are shown: others' servers learn from them who looks, and when. */
import { isSafeAddress, picturesIn, refuse, type TSchema } from '@qun/contract'
import type { Apps } from './apps.ts'
import type { Calling } from './caller.ts'

export class Pictures {
  readonly #apps: Apps
  readonly #origins: ReadonlySet<string>

  /** `origins` hold for every app, beside each app's own list. */
  constructor(apps: Apps, origins: Iterable<string>) {
    this.#apps = apps
    this.#origins = new Set(origins)
  }
  /**
   * A check of a route's bodies; undefined for one that takes no picture. [I8] People name pictures of the origins
   * their host lists; the host itself, with its key, of any site with https. Refuses `media.external_not_allowed`.
   */
  checkOf(schema: TSchema | undefined): ((calling: Calling, body: object) => Promise<void>) | undefined {
    const names = picturesIn(schema)
    if (names.length === 0) return undefined
    return async (calling, body) => {
      for (const name of names) {
        const address = (body as Readonly<Record<string, unknown>>)[name]
        if (typeof address !== 'string' || address === '') continue
        if (await this.#isAllowed(calling, address)) continue
        throw refuse('media.external_not_allowed', {
          errors: [{ pointer: `/${name}`, code: 'media.external_not_allowed' }],
        })
      }
    }
  }
  async #isAllowed({ appId, isHost, principal }: Calling, address: string): Promise<boolean> {
    const url = URL.parse(address)
    if (url === null || url.username !== '' || url.password !== '') return false
    if (isHost && principal === undefined && url.protocol === 'https:' && isSafeAddress(address)) return true
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return false
    // Whoever speaks for a page may show what that page's site has.
    return this.#origins.has(url.origin) || ((await this.#apps.find(appId))?.allowedOrigins.has(url.origin) ?? false)
  }
}
