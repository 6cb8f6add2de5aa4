/** OpenAPI 3.1 of all routes, from the contracts. */
import {
  answersFile,
  engineEndpoints,
  fileLimitsOf,
  locales,
  ProblemSchema,
  type Card,
  type Endpoint,
  type RefusalKind,
  type TSchema,
} from '@qun/contract'
import type { Registry } from '@qun/core'

type AnyEndpoint = Endpoint<any, any, any, any>
type Json = Record<string, unknown>

/** What every document is made of. */
export interface DocumentsOptions {
  readonly routes: readonly AnyEndpoint[]
  readonly registry: Registry
  readonly version: string
}

/** Codes any route may answer with; the others are listed per route. */
export const commonCodes = [
  'request.malformed',
  'request.invalid',
  'request.unknown_field',
  'request.encoding',
  'request.too_deep',
  'request.too_large',
  'request.media_type',
  'request.timeout',
  'rate.limited',
  'store.unavailable',
  'storage.full',
  'server.draining',
  'server.bug',
] as const
const authCodes = [
  'auth.missing',
  'auth.token_malformed',
  'auth.token_alg',
  'auth.token_key_unknown',
  'auth.token_key_retired',
  'auth.token_signature',
  'auth.token_issuer',
  'auth.token_audience',
  'auth.token_expired',
  'auth.token_not_yet_valid',
  'auth.token_lifetime',
  'auth.token_revoked',
  'auth.subject_gone',
  'auth.scope',
]
const memberCodes = ['group.not_found', 'group.permission', 'group.dissolved']

/** Every code one route may answer with, sorted. */
export function codesOf(endpoint: AnyEndpoint): string[] {
  const { by } = endpoint
  const codes = new Set<string>([...commonCodes, ...(endpoint.errors ?? []), ...Object.keys(endpoint.refusals ?? {})])
  if (by !== 'open') for (const code of authCodes) codes.add(code)
  if (by === 'member' || by === 'admin' || by === 'owner') for (const code of memberCodes) codes.add(code)
  if (endpoint.commerce === true)
    for (const code of ['auth.guest_forbidden', 'idempotency.key_missing']) codes.add(code)
  if (endpoint.method !== 'GET')
    for (const code of ['idempotency.key_reused', 'idempotency.in_progress']) codes.add(code)
  return [...codes].toSorted()
}

/** Every declared refusal by code, the endpoints' own included. */
export function refusalsOf(options: DocumentsOptions): Map<string, RefusalKind> {
  const all = new Map(options.registry.refusals)
  for (const endpoint of options.routes) {
    for (const [code, kind] of Object.entries((endpoint.refusals ?? {}) as Record<string, RefusalKind>))
      all.set(code, kind)
  }
  return all
}

export function openApiOf(options: DocumentsOptions): Json {
  const refusals = refusalsOf(options)
  const paths: Record<string, Json> = {}
  for (const endpoint of options.routes) {
    const path = `/v1${endpoint.path.replace(/:([A-Za-z]+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint, refusals, options) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Qun 群',
      version: options.version,
      description:
        'Embeddable group chat. Users call with a token their host minted, hosts with an API key. Every error is ' +
        '`application/problem+json` with a stable `code`; act on `retry`, not on lists of codes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(options.routes.map((endpoint) => tagOf(endpoint)))].toSorted().map((name) => ({ name })),
    paths,
    components: { securitySchemes, schemas: schemasOf(options), responses: { Problem: problemResponse } },
    'x-errors': Object.fromEntries(
      [...refusals]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([code, { status, retry, title }]) => [code, { status, retry, title }]),
    ),
    'x-languages': locales,
  }
}

const securitySchemes = {
  userToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token the host minted for one of its users.',
  },
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key `qsk_…` of the host; never in a browser. With `Qun-Act-As: <userId>` it may call routes of users, ' +
      'with that user’s rights.',
  },
}

const problemResponse = {
  description: 'A refusal. `code` is stable; `title` is for people, in the language of Accept-Language.',
  headers: { 'Retry-After': { description: 'Seconds, where a retry makes sense.', schema: { type: 'integer' } } },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

export function tagOf(endpoint: AnyEndpoint): string {
  return endpoint.name.split('.', 1)[0]!
}

function operationOf(
  endpoint: AnyEndpoint,
  refusals: ReadonlyMap<string, RefusalKind>,
  options: DocumentsOptions,
): Json {
  const status = String(endpoint.status ?? 200)
  const body = bodyOf(endpoint, options)
  return {
    operationId: endpoint.name,
    tags: [tagOf(endpoint)],
    summary: endpoint.doc.split('. ', 1)[0],
    description: descriptionOf(endpoint, refusals),
    'x-caller': endpoint.by,
    security:
      endpoint.by === 'open'
        ? [{}, { userToken: [] }]
        : endpoint.by === 'server'
          ? [{ apiKey: [] }]
          : [{ userToken: [] }, { apiKey: [] }],
    parameters: parametersOf(endpoint),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      [status]: {
        description: 'Done.',
        content: contentOf(endpoint.answer, answersFile(endpoint) ? 'image/*' : 'application/json'),
      },
      ...(status === '201'
        ? {
            '200': {
              description: 'A retry: as the first time.',
              content: contentOf(endpoint.answer, 'application/json'),
            },
          }
        : {}),
      ...Object.fromEntries(
        [...new Set(codesOf(endpoint).map((code) => refusals.get(code)?.status))]
          .filter((refused) => refused !== undefined)
          .toSorted((a, b) => a - b)
          .map((refused) => [String(refused), { $ref: '#/components/responses/Problem' }]),
      ),
    },
    'x-errors': codesOf(endpoint),
  }
}

function descriptionOf(endpoint: AnyEndpoint, refusals: ReadonlyMap<string, RefusalKind>): string {
  const own = codesOf(endpoint).filter(
    (code) => !(commonCodes as readonly string[]).includes(code) && !authCodes.includes(code),
  )
  const lines = own.map(
    (code) => `- \`${code}\` (${refusals.get(code)?.status ?? '?'}) ${refusals.get(code)?.title.en ?? ''}`,
  )
  return [endpoint.doc, ...(lines.length > 0 ? ['', 'May refuse with:', ...lines] : [])].join('\n')
}

function contentOf(schema: TSchema, mediaType: string): Json {
  return {
    [mediaType]: {
      schema: mediaType === 'application/json' ? schema : { type: 'string', contentMediaType: mediaType },
    },
  }
}

function bodyOf(endpoint: AnyEndpoint, options: DocumentsOptions): Json | undefined {
  if (endpoint.body === undefined) return undefined
  const file = fileLimitsOf(endpoint)
  if (file !== undefined) {
    const content = file.contentTypes.map((type) => contentOf(endpoint.body, type))
    return { required: true, content: Object.assign({}, ...content) as Json }
  }
  if (endpoint.name === engineEndpoints.act.name)
    return { content: { 'application/json': { schema: actionsSchema(options) } } }
  if (endpoint.name === engineEndpoints.post.name)
    return { required: true, content: { 'application/json': { schema: postSchema(options) } } }
  return { required: true, content: contentOf(endpoint.body, 'application/json') }
}

function parametersOf(endpoint: AnyEndpoint): Json[] {
  const listed = (place: 'path' | 'query', schema: TSchema | undefined) => {
    const { properties = {}, required = [] } = (schema ?? {}) as {
      properties?: Record<string, TSchema>
      required?: string[]
    }
    return Object.entries(properties).map(([name, property]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      schema: property,
    }))
  }
  const headers =
    endpoint.method === 'GET'
      ? []
      : [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: endpoint.commerce === true,
            schema: { type: 'string', maxLength: 255 },
            description: 'A retry with the same key answers as the first time and never acts twice.',
          },
        ]
  return [...listed('path', endpoint.params), ...listed('query', endpoint.query), ...headers]
}

// ── cards: one route, a schema per kind ──

const named = (kind: string) =>
  kind.replace(/(^|-)([a-z])/g, (_all, _dash: string, letter: string) => letter.toUpperCase())

function listCards({ registry }: DocumentsOptions): Card[] {
  return [...registry.cards.values()].map((server) => server.card as Card)
}

function actionsSchema(options: DocumentsOptions): Json {
  const inputs = listCards(options).flatMap((card) =>
    Object.keys(card.actions).map((action) => ({ $ref: `#/components/schemas/${named(card.kind)}-${action}` })),
  )
  return inputs.length === 0 ? {} : { anyOf: inputs, description: 'The input of the action, by kind of card.' }
}

function postSchema(options: DocumentsOptions): Json {
  const cards = listCards(options)
  if (cards.length === 0) return engineEndpoints.post.body as unknown as Json
  return {
    oneOf: cards.map((card) => ({
      type: 'object',
      title: card.kind,
      required: ['clientId', 'kind', 'body'],
      additionalProperties: false,
      properties: {
        ...(engineEndpoints.post.body as unknown as { properties: Json }).properties,
        kind: { const: card.kind },
        body: { $ref: `#/components/schemas/${named(card.kind)}Body` },
      },
    })),
  }
}

function schemasOf(options: DocumentsOptions): Json {
  const schemas: Json = { Problem: ProblemSchema }
  for (const card of listCards(options)) {
    const name = named(card.kind)
    schemas[`${name}Body`] = { ...card.body, description: card.doc }
    schemas[`${name}State`] = card.state
    schemas[`${name}Mine`] = card.mine
    for (const [action, contract] of Object.entries(card.actions)) {
      schemas[`${name}-${action}`] = {
        ...contract.input,
        title: `${card.kind}: ${action}`,
        ...(contract.doc === undefined ? {} : { description: contract.doc }),
        'x-caller': contract.by,
        'x-errors': contract.errors,
        ...(contract.commerce === true ? { 'x-commerce': true } : {}),
      }
    }
    for (const [fact, schema] of Object.entries(card.facts)) schemas[`fact.${fact}`] = schema
  }
  for (const record of options.registry.records.values())
    schemas[`${named(record.kind)}Record`] = { ...record.body, description: record.doc }
  return schemas
}
