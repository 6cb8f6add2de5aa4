/** The generated documents: complete, and made of nothing that is not in the contracts. */
import { coreRefusals, engineEndpoints, clientFrames, serverFrames, type Endpoint } from '@qun/contract'
import { createRegistry } from '@qun/core'
import { features } from '@qun/chat/server'
import { expect, test } from 'vitest'
import { asyncApiOf } from './asyncapi.ts'
import { openApiOf } from './openapi.ts'
import { referencePageOf } from './reference-page.ts'
import { referencePolicy } from './reference-style.ts'

const registry = createRegistry(features)
const routes = [
  ...Object.values(engineEndpoints),
  ...[...registry.endpoints.values()].map((server) => server.endpoint),
] as Endpoint<any, any, any, any>[]
const options = { routes, registry, version: '1.2.3' }
const openApi = JSON.parse(JSON.stringify(openApiOf(options)))
const asyncApi = JSON.parse(JSON.stringify(asyncApiOf(options)))

/** Every `$ref` in a document. */
function refsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => (key === '$ref' ? [part as string] : refsOf(part)))
}
const resolve = (document: any, ref: string) =>
  ref
    .slice(2)
    .split('/')
    .reduce((part, key) => part?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document)

test('OpenAPI has every route once, under a unique operation id', () => {
  const ids = Object.values(openApi.paths).flatMap((path) =>
    Object.values(path as object).map((operation) => operation.operationId),
  )
  expect(ids.toSorted()).toEqual(routes.map(({ name }) => name).toSorted())
  expect(new Set(ids).size).toBe(ids.length)
})

test('every reference leads somewhere', () => {
  for (const document of [openApi, asyncApi])
    for (const ref of refsOf(document)) expect(resolve(document, ref), ref).toBeDefined()
})

test('every path parameter is declared', () => {
  for (const [path, operations] of Object.entries(openApi.paths)) {
    for (const operation of Object.values(operations as object)) {
      const declared = operation.parameters
        .filter((parameter: any) => parameter.in === 'path')
        .map((parameter: any) => parameter.name)
      expect(declared.toSorted(), path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).toSorted())
    }
  }
})

test('every code a route may answer with is declared, with its status', () => {
  for (const operations of Object.values(openApi.paths)) {
    for (const operation of Object.values(operations as object)) {
      for (const code of operation['x-errors']) {
        expect(openApi['x-errors'][code], `${operation.operationId}: ${code}`).toBeDefined()
        expect(operation.responses[String(openApi['x-errors'][code].status)]).toBeDefined()
      }
    }
  }
})

test('every kind, action and record of every feature has its schema', () => {
  const text = JSON.stringify(Object.keys(openApi.components.schemas))
  for (const { card } of registry.cards.values()) {
    for (const action of Object.keys(card.actions)) expect(text).toContain(`-${action}"`)
  }
  expect(Object.keys(openApi.components.schemas).every((name) => /^[\w.-]+$/.test(name))).toBe(true)
})

test('AsyncAPI has every frame, from the client’s side', () => {
  expect(asyncApi.operations.send.messages).toHaveLength(Object.keys(clientFrames).length)
  expect(asyncApi.operations.receive.messages).toHaveLength(Object.keys(serverFrames).length)
})

test('the page names every route, card, frame and code, and needs nothing from elsewhere', () => {
  const page = referencePageOf(options)
  for (const { name } of routes) expect(page).toContain(`<article id="${name}"`)
  for (const kind of registry.cards.keys()) expect(page).toContain(`<article id="card-${kind}"`)
  for (const code of Object.keys(coreRefusals)) expect(page).toContain(`<tr id="${code}"`)
  for (const op of Object.keys(clientFrames)) expect(page).toContain(`id="client-frames-${op}"`)
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
  expect(referencePolicy).toContain("default-src 'none'")
  const anchors = new Set([...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]))
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(anchors.has(target), target).toBe(true)
})
