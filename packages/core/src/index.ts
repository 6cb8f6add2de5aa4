/** The engine: groups, a log, and live cards. Knows no feature. */
export * from './host/assert.ts'
export { audit, auditsOf, type Audited } from './host/audit.ts'
export * from './core.ts'
export { defineCursor, type Cursor } from './host/cursor.ts'
export * from './host/feature.ts'
export * from './host/guard.ts'
export * from './host/host.ts'
export * from './host/limits.ts'
export { issueFault } from './host/issued.ts'
export * from './host/registry.ts'
export {
  giverNamed,
  issuerNamed,
  issuerOfGroup,
  setZone,
  zoneAt,
  zoneOfGroup,
  type GroupIssuer,
  type NamedIssuer,
  type Zone,
} from './decide/issuer.ts'
export {
  abilitiesAt,
  countStaff,
  endMerchant,
  findHeir,
  findMerchant,
  knownMerchant,
  listGroupsOf,
  listLastStaff,
  listMerchants,
  listRunBy,
  listStaff,
  putMerchant,
  setStaff,
  setSuspended,
  staffAmong,
  worksFor,
  type Merchant,
  type MerchantCall,
  type MerchantTold,
  type Staff,
} from './decide/merchants.ts'
export { repair, type Repaired } from './decide/repair.ts'
export { payerOf, spentShareOf } from './ground/engine.ts'
export { renewEpoch } from './ground/epoch.ts'
export { migrationsOf } from './ground/store.ts'
export type { RiskAttempt, RiskPort } from './host/risk.ts'
export { Turns, type TurnLimits } from './host/turns.ts'
