/** All features of a host, indexed; built once at start, and the source of every generated document. */
import { coreRefusals, type Card, type RefusalKind, type SyncedRecord, type TSchema } from '@qun/contract'
import type { CardServer, EndpointServer, Feature, Fold, Reaction, Timer } from './feature.ts'
import type { Guard } from './guard.ts'
import { assert } from './assert.ts'

export interface Registry {
  readonly features: readonly Feature[]
  readonly cards: ReadonlyMap<string, CardServer>
  readonly endpoints: ReadonlyMap<string, EndpointServer>
  readonly records: ReadonlyMap<string, SyncedRecord>
  /** Schemas of all facts that cards and endpoints declare. */
  readonly facts: ReadonlyMap<string, TSchema>
  readonly guards: readonly Guard[]
  readonly reactions: readonly Reaction[]
  readonly folds: readonly Fold[]
  readonly timers: readonly Timer[]
  /** Every declared refusal: the engine's, and those of cards, endpoints and guards. */
  readonly refusals: ReadonlyMap<string, RefusalKind>
}

/** Indexes features; a name used twice is a bug of whoever assembled them. */
export function createRegistry(features: readonly Feature[]): Registry {
  const cards = new Map<string, CardServer>()
  const endpoints = new Map<string, EndpointServer>()
  const records = new Map<string, SyncedRecord>()
  const facts = new Map<string, TSchema>()
  const reactions = new Set<string>()
  const refusals = new Map<string, RefusalKind>(Object.entries(coreRefusals))
  const names = new Set<string>()
  const declare = (kinds: Readonly<Record<string, RefusalKind>> | undefined) => {
    for (const [code, kind] of Object.entries(kinds ?? {})) refusals.set(code, kind)
  }
  for (const feature of features) {
    assert(!names.has(feature.name), `feature ${feature.name} is listed twice`)
    names.add(feature.name)
    for (const server of feature.cards ?? []) {
      const card = server.card as Card
      assert(!cards.has(card.kind), `kind ${card.kind} is served twice`)
      assert(server.open !== undefined || card.initial !== undefined, `kind ${card.kind} has no first state`)
      cards.set(card.kind, server)
      declare(card.refusals)
      for (const [name, schema] of Object.entries(card.facts)) facts.set(name, schema)
    }
    for (const server of feature.endpoints ?? []) {
      assert(!endpoints.has(server.endpoint.name), `endpoint ${server.endpoint.name} is served twice`)
      endpoints.set(server.endpoint.name, server)
      declare(server.endpoint.refusals)
      for (const [name, schema] of Object.entries(server.endpoint.facts ?? {})) facts.set(name, schema)
    }
    for (const record of feature.records ?? []) {
      assert(!records.has(record.kind), `record ${record.kind} is declared twice`)
      records.set(record.kind, record)
    }
    for (const guard of feature.guards ?? []) declare(guard.refusals)
    for (const { name } of feature.reactions ?? []) {
      assert(!reactions.has(name), `reaction ${name} is declared twice`)
      reactions.add(name)
    }
  }
  const folds = features.flatMap((feature) => feature.folds ?? [])
  assert(new Set(folds.map((fold) => fold.name)).size === folds.length, 'two folds share a name')
  const timers = features.flatMap((feature) => feature.timers ?? [])
  assert(new Set(timers.map((timer) => timer.name)).size === timers.length, 'two timers share a name')
  return {
    features,
    cards,
    endpoints,
    records,
    facts,
    refusals,
    guards: features.flatMap((feature) => feature.guards ?? []),
    reactions: features.flatMap((feature) => feature.reactions ?? []),
    folds,
    timers,
  }
}
