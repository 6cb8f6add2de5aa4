/** A change of the wire is a decision: it raises PROTOCOL_VERSION, adds a line of history, and is written down here. */
import { readFileSync } from 'node:fs'
import { coreRefusals } from '@qun/contract'
import { expect, test } from 'vitest'
import { cards, endpoints, records } from './contract.ts'
import { canonicalJson, fingerprint, PROTOCOL_VERSION } from './protocol.ts'

const known: Readonly<Record<number, string>> = {
  1: '0f16f45cee9e302545ece166883a4dd1dbd583ff21b827d49e24252e2e5ad2ea',
  2: 'c2324070fc4f14a102edf257e345bc4fea76715f2d995d6032aaa0a8775d4542',
  3: 'fcafc08744f84fd4315a9124a44962c2cad0887ad01c30828b142d429fd30ae9',
  4: '52da2977cf3b4caa59b3260ca75727f9502b7ab69e456a06b5bec15fb1e43f83',
  5: '049b0e3af6034e6ffbb78eb93b374531bbf6f9b2300b4cdec4bc1ba1d6de9328',
  6: '73a9fa958078e958985f6729bccff1671f05574097d18fbb828dc5fdad101e01',
  7: 'f0247143ddeb2bf19485bc7c552be3bc2b4962840780457e29689289835a2253',
}

test('the wire is the one this version stands for', () => {
  expect(fingerprint(), 'a contract changed: raise PROTOCOL_VERSION and add a line of history').toBe(
    known[PROTOCOL_VERSION],
  )
})
test('every version has its line of history', () => {
  const source = readFileSync(new URL('./protocol.ts', import.meta.url), 'utf8')
  for (let version = 1; version <= PROTOCOL_VERSION; version++)
    expect(source).toMatch(new RegExp(`^ \\* ${version} \\S`, 'm'))
})
test('canonical JSON ignores prose and the order of fields, not values', () => {
  expect(canonicalJson({ b: 1, a: [{ d: 2, c: 3 }], doc: 'x' })).toBe(canonicalJson({ a: [{ c: 3, d: 2 }], b: 1 }))
  expect(canonicalJson({ a: 1 })).not.toBe(canonicalJson({ a: 2 }))
  expect(canonicalJson({ properties: { title: { type: 'string' } } })).toContain('title')
})

test('names, routes and kinds are used once', () => {
  const unique = (list: readonly string[]) => expect(list.toSorted()).toEqual([...new Set(list)].toSorted())
  unique(cards.map((card) => card.kind))
  unique(records.map((record) => record.kind))
  unique(endpoints.map((endpoint) => endpoint.name))
  unique(endpoints.map(({ method, path }) => `${method} ${path.replace(/:[a-zA-Z]+/g, ':')}`))
})
test('every path parameter is declared, and only those', () => {
  for (const { name, path, params } of endpoints) {
    const named = [...path.matchAll(/:([a-zA-Z]+)/g)].map((match) => match[1])
    expect(Object.keys((params?.properties ?? {}) as object).toSorted(), name).toEqual(named.map(String).toSorted())
  }
})
test('every code that is named is declared, and has a title in both languages', () => {
  const declared = new Map<string, { title: Readonly<Record<string, string>> }>(Object.entries(coreRefusals))
  for (const { refusals } of [...cards, ...endpoints])
    for (const [code, kind] of Object.entries(refusals ?? {})) declared.set(code, kind)
  const named = [
    ...endpoints.flatMap((endpoint) => endpoint.errors ?? []),
    ...cards.flatMap((card) => Object.values(card.actions).flatMap((action) => action.errors)),
  ]
  for (const code of named) expect(declared.has(code), code).toBe(true)
  for (const [code, { title }] of declared) {
    expect(code).toMatch(/^[a-z_]+\.[a-z_]+$/)
    expect(title['zh-CN'], code).toMatch(/\p{Script=Han}|Idempotency/u)
    expect(title['en'], code).toMatch(/^[\x20-\x7e’“”]+$/)
  }
})
