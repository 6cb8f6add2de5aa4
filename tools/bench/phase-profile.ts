/**
 * The profile of a measured phase, taken inside the measured server: what its own code did, by sampling, and what its
 * PostgreSQL did, by statement. Begun and ended by a signal of the generator, so that starting and connecting are out.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { findRunningEmbedded } from '@qun/storage'
import pg from 'pg'
import { phaseSignal } from './phase-signal.ts'
import {
  describeHeap,
  describeProfile,
  describeStatements,
  type CpuProfile,
  type HeapNode,
  type StatementUse,
} from './profile.ts'

export const phaseFile = 'phase.json'

interface PhaseProfile {
  readonly seconds: number
  readonly cpu: CpuProfile
  readonly statements: readonly StatementUse[]
  /** What lives in the heap at the phase's beginning, by who made it since the server listened. */
  readonly heap: HeapNode
  /** What was made in the phase, most of it garbage by its end. */
  readonly made: HeapNode
}

/** A profile in words: the server, its PostgreSQL, its heap. */
export function describePhase(path: string): string {
  const phase = JSON.parse(readFileSync(path, 'utf8')) as PhaseProfile
  return [
    'The server',
    describeProfile(phase.cpu),
    'Its PostgreSQL',
    describeStatements(phase.statements, phase.seconds),
    'What it made in the phase',
    describeHeap(phase.made),
    'Its heap before',
    describeHeap(phase.heap),
  ].join('\n\n')
}

/** Has the PostgreSQL of a data directory count its statements from its next start on. Returns how to undo it. */
export function countStatements(dataDir: string): () => void {
  const path = join(dataDir, 'database', 'postgres', 'postgresql.auto.conf')
  const before = readFileSync(path, 'utf8')
  const wanted = `shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track_planning = on\n`
  writeFileSync(path, `${before}${wanted}`)
  return () => writeFileSync(path, before)
}

/** Listens for the signal; when the phase has ended, its profile lies in `folder`. */
export async function watchPhase(dataDir: string, folder: string): Promise<void> {
  const path = join(dataDir, 'database')
  const { superuser } = JSON.parse(readFileSync(join(path, 'postgres-credentials.json'), 'utf8')) as {
    superuser: string
  }
  const embeddedUrl = await findRunningEmbedded(path)
  if (embeddedUrl === undefined) throw new Error(`no PostgreSQL runs in ${path}`)
  const url = new URL(embeddedUrl)
  url.username = 'postgres'
  url.password = superuser
  const database = new pg.Client({ connectionString: url.href })
  // Cut when the server stops its PostgreSQL: by then the profile is written.
  database.on('error', () => undefined)
  await database.connect()
  await database.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 500 })
  await session.post('HeapProfiler.enable')
  const samplingInterval = 16_384
  await session.post('HeapProfiler.startSampling', { samplingInterval })
  let startedAt: number | undefined
  let heap: HeapNode | undefined
  const begin = async () => {
    await database.query('SELECT pg_stat_statements_reset()')
    await session.post('HeapProfiler.collectGarbage')
    heap = (await session.post('HeapProfiler.stopSampling')).profile.head
    await session.post('HeapProfiler.startSampling', {
      samplingInterval,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    })
    await session.post('Profiler.start')
    startedAt = performance.now()
  }
  const end = async () => {
    const seconds = (performance.now() - (startedAt as number)) / 1_000
    const { profile } = await session.post('Profiler.stop')
    const made = (await session.post('HeapProfiler.stopSampling')).profile.head
    const { rows } = await database.query<StatementUse>(`SELECT query, calls::float8 AS calls, rows::float8 AS rows,
      total_exec_time AS "execMs", total_plan_time AS "planMs",
      wal_bytes::float8 AS "walBytes", wal_fpi::float8 AS "walPages" FROM pg_stat_statements
      WHERE query NOT LIKE '%pg_stat_statements%' ORDER BY total_exec_time + total_plan_time DESC LIMIT 40`)
    const phase: PhaseProfile = { seconds, cpu: profile as CpuProfile, statements: rows, heap: heap as HeapNode, made }
    // Whole or not there at all: somebody may be waiting for it.
    const path = join(folder, phaseFile)
    writeFileSync(`${path}.part`, JSON.stringify(phase))
    renameSync(`${path}.part`, path)
  }
  process.once(phaseSignal, () => {
    process.once(phaseSignal, () => void end())
    void begin()
  })
}
