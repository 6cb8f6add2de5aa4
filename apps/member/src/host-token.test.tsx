/** Where the member app's token comes from and where it never stays. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type * as HostToken from './host-token.ts'

// The module remembers what it gave, as one page does; each test is a page of its own.
let page: typeof HostToken
beforeEach(async () => {
  vi.resetModules()
  sessionStorage.clear()
  history.replaceState(null, '', '/app/')
  page = await import('./host-token.ts')
})
afterEach(() => history.replaceState(null, '', '/'))

describe('the address', () => {
  it('gives its token once and forgets it, and keeps the group', async () => {
    history.replaceState(null, '', '/app/#token=a.b.c&group=grp_1')
    expect(page.takeFromAddress()).toEqual({ groupId: 'grp_1' })
    expect(location.href).not.toContain('a.b.c')
    expect(location.hash).toBe('#group=grp_1')
    expect(page.canSignIn()).toBe(true)
    expect(await page.provideToken()).toBe('a.b.c')
  })
  it('is not read from the query', () => {
    history.replaceState(null, '', '/app/?token=a.b.c')
    page.takeFromAddress()
    expect(page.canSignIn()).toBe(false)
  })
  it('gives no second token when nobody is around to ask', async () => {
    history.replaceState(null, '', '/app/#token=a.b.c')
    page.takeFromAddress()
    await page.provideToken()
    await expect(page.provideToken()).rejects.toThrow('no page around')
  })
  it('is over when told so', () => {
    history.replaceState(null, '', '/app/#token=a.b.c')
    page.takeFromAddress()
    page.forgetToken()
    expect(page.canSignIn()).toBe(false)
  })
})
