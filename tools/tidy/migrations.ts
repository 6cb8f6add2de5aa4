/** Keeps the hash of every migration (`npm run tidy:freeze` adds those of added ones); it applies none. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrationHash, type Migration } from '@qun/storage'
import { migrationsOf } from '@qun/core'
import { serverMigrations } from '@qun/server'
import { features } from '@qun/chat/server'

const frozenFile = join(import.meta.dirname, '../migrations.json')
export type Frozen = Readonly<Record<string, string>>

/** Every migration of the product, in the order a host applies them. */
export function listMigrations(): Migration[] {
  return [...migrationsOf(features), ...serverMigrations]
}
export function readFrozen(): Frozen {
  return existsSync(frozenFile) ? (JSON.parse(readFileSync(frozenFile, 'utf8')) as Frozen) : {}
}

/** What stands between the code and the frozen hashes, a sentence each. */
export function compareMigrations(frozen: Frozen, migrations: readonly Migration[]): string[] {
  const ids = migrations.map((migration) => migration.id)
  const present = new Map(migrations.map((migration) => [migration.id, migrationHash(migration)]))
  return [
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `${id} stands twice.`),
    ...ids.filter((id) => !/^[a-z][a-z-]*-\d{3}$/.test(id)).map((id) => `${id} is not called like lucky-draw-001.`),
    ...followed(frozen, ids).map((id) => `${id} is followed by another and not frozen: npm run tidy:freeze.`),
    ...Object.keys(frozen)
      .filter((id) => !present.has(id))
      .map((id) => `${id} is gone; databases have it applied.`),
    ...[...present]
      .filter(([id, hash]) => id in frozen && frozen[id] !== hash)
      .map(([id]) => `${id} reads differently than when it was frozen; add a migration instead.`),
  ]
}

/** The last migration of a feature may change until it is frozen; before another follows, it has to be. */
function followed(frozen: Frozen, ids: readonly string[]): string[] {
  const prefixOf = (id: string) => id.replace(/-\d{3}$/, '')
  return ids.filter(
    (id, at) => !(id in frozen) && ids.slice(at + 1).some((later) => later !== id && prefixOf(later) === prefixOf(id)),
  )
}

/** The frozen hashes with those of added migrations; known ones stay as they are. */
export function freeze(frozen: Frozen, migrations: readonly Migration[]): Frozen {
  return { ...Object.fromEntries(migrations.map((migration) => [migration.id, migrationHash(migration)])), ...frozen }
}

if (import.meta.main) {
  const frozen = freeze(readFrozen(), listMigrations())
  writeFileSync(frozenFile, `${JSON.stringify(frozen, null, 2)}\n`)
}
