/** Reads CPU time and memory of processes from Linux's /proc; knows nothing of what they run. */
import { readdirSync, readFileSync } from 'node:fs'

/** The kernel's clock ticks per second as /proc reports them; fixed at 100 on Linux. */
const ticksPerSecond = 100
const pageKb = 4

export interface ProcessStat {
  readonly pid: number
  readonly parentPid: number
  readonly name: string
  readonly cpuSeconds: number
  readonly rssKb: number
}

/** Undefined when the process is gone. */
export function findProcess(pid: number): ProcessStat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  return {
    pid,
    parentPid: Number(fields[1]),
    name: text.slice(open + 1, close),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    rssKb: Number(fields[21]) * pageKb,
  }
}

/** A process and all below it, itself first: a server with the database it started. */
export function listFamily(pid: number): ProcessStat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => findProcess(Number(name)))
    .filter((stat) => stat !== undefined)
  const family = all.filter((stat) => stat.pid === pid)
  for (let at = 0; at < family.length; at += 1) {
    const parent = family[at]!
    family.push(...all.filter((stat) => stat.parentPid === parent.pid))
  }
  return family
}

export interface FamilyUse {
  /** CPU seconds so far of the process itself. */
  readonly ownCpuSeconds: number
  /** CPU seconds so far of all below it. */
  readonly childCpuSeconds: number
  /** Resident memory of the process itself. */
  readonly rssKb: number
}

export function readFamilyUse(pid: number): FamilyUse {
  const [own, ...children] = listFamily(pid)
  return {
    ownCpuSeconds: own?.cpuSeconds ?? 0,
    childCpuSeconds: children.reduce((sum, child) => sum + child.cpuSeconds, 0),
    rssKb: own?.rssKb ?? 0,
  }
}

/** Busy seconds of the whole machine since it started, over all CPUs. */
export function readMachineCpuSeconds(): number {
  const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!
  const [user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number)
  return (user! + nice! + system! + irq! + softirq! + steal!) / ticksPerSecond
}
