/** The rows AUTH-* of the error contract, against a listening server. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { features } from '@qun/chat/server'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import {
  call,
  makeShopGroup,
  startTestServer,
  tokenOf,
  verdictOf,
  type TestServer,
  type TokenWish,
} from '../testing/test-server.ts'
import { WireClient } from '../testing/wire-client.ts'

let world: TestServer
let groupId: string
beforeAll(async () => {
  world = await startTestServer({
    pgUrl: inject('pgUrl'),
    features,
    rateLimits: { refusedCredential: 0, stranger: 0, write: 0, read: 0 },
  })
  groupId = await makeShopGroup(world)
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

const seconds = () => Math.floor(world.clock.now() / 1_000)
const me = (token: string | undefined) => call(world, 'GET', '/me', { token })
const verdict = async (token: string | undefined) => verdictOf(await me(token))
const token = (wish: TokenWish = {}, userId = 'li') => tokenOf(world.app, userId, world.clock.now(), wish)

/** The last character of 32 bytes in base64url has two bits to spare: set, they read back as the same bytes. */
function respelt(text: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const other = text.slice(0, -1) + letters[letters.indexOf(text.at(-1)!) + 1]!
  const bytesOf = (one: string) => Buffer.from(one.split('.')[2]!, 'base64url')
  expect(bytesOf(other)).toEqual(bytesOf(text))
  return other
}

describe('a user token', () => {
  test('a right one is accepted, again from memory', async () => {
    const right = token()
    expect(await verdict(right)).toBe('200')
    expect(await verdict(right)).toBe('200')
  })

  const rows: readonly (readonly [string, string, () => string | undefined])[] = [
    ['AUTH-01', '401 auth.missing', () => undefined],
    ['AUTH-03 none', '401 auth.token_alg', () => token({ header: { alg: 'none' } })],
    ['AUTH-03 NONE', '401 auth.token_alg', () => token({ header: { alg: 'NONE' } })],
    ['AUTH-03 missing', '401 auth.token_alg', () => token({ header: { alg: undefined } })],
    ['AUTH-03 of another key type', '401 auth.token_alg', () => token({ header: { alg: 'EdDSA' } })],
    ['AUTH-03 RS256', '401 auth.token_alg', () => token({ header: { alg: 'RS256' } })],
    ['unknown kid', '401 auth.token_key_unknown', () => token({ header: { kid: 'camellia.ffff' } })],
    ['kid of no app', '401 auth.token_key_unknown', () => token({ header: { kid: 'nobody.ffff' } })],
    ['kid missing', '401 auth.token_key_unknown', () => token({ header: { kid: undefined } })],
    ['kid a path', '401 auth.token_key_unknown', () => token({ header: { kid: "../../../etc/passwd'--" } })],
    ['critical header', '401 auth.token_malformed', () => token({ header: { crit: ['exp'] } })],
    ['wrong secret', '401 auth.token_signature', () => token({ secret: Buffer.alloc(32, 1) })],
    ['half a signature', '401 auth.token_signature', () => token().slice(0, -21)],
    ['another spelling of the same signature', '401 auth.token_signature', () => respelt(token())],
    [
      'AUTH-05 61 s past',
      '401 auth.token_expired',
      () => token({ claims: { iat: seconds() - 100, exp: seconds() - 61 } }),
    ],
    ['AUTH-05 59 s past', '200', () => token({ claims: { iat: seconds() - 100, exp: seconds() - 59 } })],
    ['AUTH-06 nbf 61 s ahead', '401 auth.token_not_yet_valid', () => token({ claims: { nbf: seconds() + 61 } })],
    ['AUTH-06 iat 61 s ahead', '401 auth.token_not_yet_valid', () => token({ claims: { iat: seconds() + 61 } })],
    ['AUTH-06 59 s ahead', '200', () => token({ claims: { iat: seconds() + 59, nbf: seconds() + 59 } })],
    ['AUTH-08', '401 auth.token_issuer', () => token({ claims: { iss: 'otherapp' } })],
    ['no issuer', '401 auth.token_issuer', () => token({ claims: { iss: undefined } })],
    ['wrong audience', '401 auth.token_audience', () => token({ claims: { aud: 'another' } })],
    ['audience among several', '200', () => token({ claims: { aud: ['another', 'qun'] } })],
    ['lives 24 h and 1 s', '401 auth.token_lifetime', () => token({ claims: { exp: seconds() + 86_401 } })],
    ['lives 24 h', '200', () => token({ claims: { exp: seconds() + 86_400 } })],
    ['no exp', '401 auth.token_malformed', () => token({ claims: { exp: undefined } })],
    ['exp a string', '401 auth.token_malformed', () => token({ claims: { exp: '9999999999' } })],
    ['no jti', '200', () => token({ claims: { jti: undefined } })],
    ['empty jti', '401 auth.token_malformed', () => token({ claims: { jti: '' } })],
    ['jti a number', '401 auth.token_malformed', () => token({ claims: { jti: 7 } })],
    ['jti of 129', '401 auth.token_malformed', () => token({ claims: { jti: 'j'.repeat(129) } })],
    ['empty sub', '401 auth.token_malformed', () => token({ claims: { sub: '' } })],
    ['sub with a slash', '401 auth.token_malformed', () => token({ claims: { sub: 'a/b' } })],
    ['unknown scope', '401 auth.token_malformed', () => token({ claims: { scope: 'admin' } })],
    ['AUTH-23', '401 auth.token_malformed', () => token({ claimsText: `{"sub":"li","sub":"wang","iss":"camellia"}` })],
    ['AUTH-23 escaped', '401 auth.token_malformed', () => token({ claimsText: `{"sub":"li","s\\u0075b":"wang"}` })],
    ['claims no object', '401 auth.token_malformed', () => token({ claimsText: '[]' })],
    ['two parts', '401 auth.token_malformed', () => token().split('.').slice(0, 2).join('.')],
    ['not base64url', '401 auth.token_malformed', () => `${token()}=`],
    ['not a token', '401 auth.token_malformed', () => 'hello'],
  ]
  for (const [row, expected, make] of rows) {
    test(`[${row}] ${expected}`, async () => {
      expect(await verdict(make())).toBe(expected)
    })
  }

  test('[AUTH-01] tells how to authenticate', async () => {
    expect((await me(undefined)).headers.get('www-authenticate')).toMatch(/^Bearer/)
  })
  test('[AUTH-05] one remembered as verified still expires', async () => {
    const short = token({ claims: { exp: seconds() + 30 } })
    expect(await verdict(short)).toBe('200')
    world.clock.pass(91_000)
    expect(await verdict(short)).toBe('401 auth.token_expired')
  })
  test('[AUTH-08] another app signs in our name: the signature does not hold', async () => {
    expect(
      await verdict(
        tokenOf(world.otherApp, 'li', world.clock.now(), {
          header: { kid: world.app.kid },
          claims: { iss: 'camellia' },
        }),
      ),
    ).toBe('401 auth.token_signature')
  })
  test('[AUTH-15] a token in the address is ignored and not logged', async () => {
    const secret = token()
    const answer = await call(world, 'GET', `/me?access_token=${secret}`)
    expect(verdictOf(answer)).toBe('401 auth.missing')
    expect(world.logLines.join('\n')).not.toContain(secret)
  })
  test('[AUTH-16] 20 KiB', async () => {
    expect(await verdict('a'.repeat(20_480))).toBe('431 request.header_too_large')
  })
  test('another scheme, several tokens', async () => {
    expect(verdictOf(await call(world, 'GET', '/me', { headers: { authorization: `Basic ${token()}` } }))).toBe(
      '401 auth.token_malformed',
    )
    expect(
      verdictOf(await call(world, 'GET', '/me', { headers: { authorization: `Bearer ${token()} ${token()}` } })),
    ).toBe('401 auth.token_malformed')
  })
})

describe('an EdDSA key of the host', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const signed = (kid: string, alg = 'EdDSA') => {
    const claims = { iss: 'camellia', aud: 'qun', sub: 'li', jti: `ed-${alg}`, iat: seconds(), exp: seconds() + 60 }
    const text = [{ alg, kid }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`
  }
  test('is accepted beside the first key, refused once retired; a third active key is refused', async () => {
    const { kid } = await world.server.apps.addSigningKey(world.app.appId, publicKey.export({ format: 'jwk' }))
    expect(await verdict(signed(kid))).toBe('200')
    expect(await verdict(signed(kid, 'HS256'))).toBe('401 auth.token_alg')
    await expect(world.server.apps.addSigningKey(world.app.appId)).rejects.toThrow(/retire one first/)
    await world.server.apps.retireSigningKey(world.app.appId, kid)
    expect(await verdict(signed(kid))).toBe('401 auth.token_key_retired')
  })
})

describe('shutting people out', () => {
  const revoke = (userId: string, body: object = {}) =>
    call(world, 'POST', `/users/${userId}/revoke`, { token: world.app.apiKey, body })

  test('[AUTH-10] a revoked jti; the same user’s other token lives', async () => {
    const one = token({ claims: { jti: 'lost-phone' } })
    const other = token()
    expect(await verdict(one)).toBe('200')
    expect((await revoke('li', { jti: 'lost-phone' })).status).toBe(200)
    expect(await verdict(one)).toBe('401 auth.token_revoked')
    expect(await verdict(other)).toBe('200')
  })
  test('[AUTH-11] everywhere: REST at once, sockets with 4401; a later token works', async () => {
    const old = token({}, 'zhao')
    const socket = await (await WireClient.open(world.url)).enter(old)
    await revoke('zhao')
    expect(await socket.untilClosed()).toBe(4401)
    expect(await verdict(old)).toBe('401 auth.token_revoked')
    world.clock.pass(1_000)
    expect(await verdict(token({}, 'zhao'))).toBe('200')
  })
  test('[AUTH-11] minting in the same second makes a token that works', async () => {
    await revoke('zhao')
    const minted = await call(world, 'POST', '/tokens', { token: world.app.apiKey, body: { userId: 'zhao' } })
    expect(await verdict(minted.json.token)).toBe('200')
  })
  test('[AUTH-18] an erased user is gone for good, whatever the token', async () => {
    await call(world, 'PUT', '/users/gone', { token: world.app.apiKey, body: { name: 'Gone' } })
    const socket = await (await WireClient.open(world.url)).enter(token({}, 'gone'))
    await revoke('gone', { reason: 'erased' })
    expect(await socket.untilClosed()).toBe(4401)
    world.clock.pass(100_000)
    expect(await verdict(token({}, 'gone'))).toBe('401 auth.subject_gone')
  })
  test('revoking in one app touches nobody of another', async () => {
    await revoke('sun')
    expect(await verdict(tokenOf(world.otherApp, 'sun', world.clock.now()))).not.toContain('401')
  })
})

describe('API keys', () => {
  test('[AUTH-13] a user token on a route of the host', async () => {
    expect(verdictOf(await call(world, 'POST', '/tokens', { token: token(), body: { userId: 'wang' } }))).toBe(
      '403 auth.scope',
    )
  })
  test('a key in a browser', async () => {
    const answer = await call(world, 'POST', '/tokens', {
      token: world.app.apiKey,
      body: { userId: 'li' },
      headers: { origin: 'https://shop.example' },
    })
    expect(verdictOf(answer)).toBe('403 auth.scope')
  })
  test('speaks for a user only when it names one', async () => {
    expect(verdictOf(await call(world, 'GET', '/me', { token: world.app.apiKey }))).toBe('403 auth.scope')
    const answer = await call(world, 'GET', '/me', { token: world.app.apiKey, headers: { 'qun-act-as': 'li' } })
    expect(answer.json).toMatchObject({ userId: 'li', name: '小李' })
    const bad = await call(world, 'GET', '/me', { token: world.app.apiKey, headers: { 'qun-act-as': 'a/b' } })
    expect(verdictOf(bad)).toBe('400 request.invalid')
  })
  test('unknown, altered, revoked', async () => {
    const altered = world.app.apiKey.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    expect(await verdict(altered)).toBe('401 auth.token_key_unknown')
    expect(await verdict('qsk_camellia.00_00')).toBe('401 auth.token_malformed')
    const key = await world.server.apps.addApiKey(world.app.appId, 'short-lived')
    expect(await verdict(key)).toBe('403 auth.scope')
    await world.server.apps.revokeApiKey(world.app.appId, key.split('_')[1]!)
    expect(await verdict(key)).toBe('401 auth.token_key_retired')
  })
  test('neither keys nor tokens are in any log', () => {
    const all = world.logLines.join('\n')
    expect(all).not.toContain(world.app.apiKey)
    expect(all).not.toMatch(/eyJ[\w-]{20,}/)
  })
})

describe('minting', () => {
  const mint = (body: unknown) => call(world, 'POST', '/tokens', { token: world.app.apiKey, body })
  const bad: readonly (readonly [string, unknown])[] = [
    ['empty', ''],
    ['10 k characters', 'a'.repeat(10_000)],
    ['NUL', 'a\0b'],
    ['a control character', 'a\u0007b'],
    ['only zero-width', '\u200b\u200b'],
    ['a slash', 'a/b'],
    ['a number', 5],
  ]
  for (const [what, userId] of bad) {
    test(`[AUTH-20] sub ${what}`, async () => {
      expect(verdictOf(await mint({ userId }))).toBe('400 request.invalid')
    })
  }
  test('[AUTH-21] in a loop', async () => {
    const verdicts = await Promise.all(
      Array.from({ length: 60 }, async () => verdictOf(await mint({ userId: 'loop' }))),
    )
    expect(verdicts.filter((one) => one === '201')).toHaveLength(30)
    expect(verdicts.filter((one) => one === '429 rate.limited')).toHaveLength(30)
    const answer = await mint({ userId: 'loop' })
    expect(Number(answer.headers.get('retry-after'))).toBe(60)
    expect(answer.json.retry_after).toBe(60)
    expect(verdictOf(await mint({ userId: 'somebody-else' }))).toBe('201')
  })
  test('a guest token says so to the engine', async () => {
    const guest = (await mint({ userId: 'guest-1', guest: true })).json.token as string
    const claims = JSON.parse(Buffer.from(guest.split('.')[1]!, 'base64url').toString()) as { scope: string }
    expect(claims.scope).toBe('guest')
    expect(verdictOf(await call(world, 'GET', `/groups/${groupId}`, { token: guest }))).toBe('404 group.not_found')
  })
})
