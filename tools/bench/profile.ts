/** Reads a .cpuprofile and says in text where the time went: hottest functions, and the tree that leads to them. */

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** One kind of statement the database ran. */
export interface StatementUse {
  readonly query: string
  readonly calls: number
  readonly rows: number
  readonly execMs: number
  readonly planMs: number
  /** Written to the log: all of it, and how many whole pages (the first change of a page after a checkpoint). */
  readonly walBytes: number
  readonly walPages: number
}

/** A node of V8's sampled heap: bytes that live, by the call that made them. */
export interface HeapNode {
  readonly callFrame: ProfileNode['callFrame']
  readonly selfSize: number
  readonly children: readonly HeapNode[]
}

/** Branches below this share of the busy time are left out. */
const shownShare = 0.01
const depthMax = 18

export function describeProfile(profile: CpuProfile, hottest = 25): string {
  const own = ownMicros(profile)
  const byId = new Map(profile.nodes.map((node) => [node.id, node]))
  const nameOfId = (id: number) => nameOf(byId.get(id)!)
  const idle = sum([...own].filter(([id]) => nameOfId(id) === '(idle)').map(([, micros]) => micros))
  const busy = sum([...own.values()]) - idle
  const byName = new Map<string, number>()
  for (const [id, micros] of own) byName.set(nameOfId(id), (byName.get(nameOfId(id)) ?? 0) + micros)
  byName.delete('(idle)')
  const share = (micros: number) => percent(micros / busy)
  const top = [...byName].toSorted((one, other) => other[1] - one[1]).slice(0, hottest)
  const root = profile.nodes[0]!
  return [
    `busy ${(busy / 1e6).toFixed(2)} s, idle ${(idle / 1e6).toFixed(2)} s`,
    '',
    'Time in the function itself:',
    ...top.map(([name, micros]) => `${share(micros)}  ${name}`),
    '',
    'Time in the function and what it calls:',
    ...treeLines(root, byId, own, busy * shownShare, share),
    '',
    'The longest spells in which nobody else had a turn:',
    ...spellLines(profile, byId),
  ].join('\n')
}

/**
 * A spell is what one callback of the event loop, or one collection, does without a break: whoever comes meanwhile
 * waits for its end. Each line ends with the functions of our own in which most of the spell was spent.
 */
function spellLines(profile: CpuProfile, byId: ReadonlyMap<number, ProfileNode>, shown = 15): string[] {
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  )
  const root = profile.nodes[0]!.id
  const wayTo = (id: number): number[] => {
    const way: number[] = []
    for (let at: number | undefined = id; at !== undefined && at !== root; at = parents.get(at)) way.push(at)
    return way.toReversed()
  }
  const spells: Spell[] = []
  const stretches: Spell[] = []
  for (const [index, id] of profile.samples.entries()) {
    const way = wayTo(id).map((at) => nameOf(byId.get(at)!))
    const [top = '(root)'] = way
    if (spells.at(-1)?.top !== top) spells.push({ top, micros: 0, own: new Map() })
    if (stretches.length === 0 || (top === '(idle)') !== (stretches.at(-1)!.top === '(idle)'))
      stretches.push({ top: top === '(idle)' ? top : 'busy', micros: 0, own: new Map() })
    const micros = profile.timeDeltas[index + 1] ?? 0
    const deepest = way.findLast((name) => /(packages|features|apps)\//.test(name)) ?? top
    for (const spell of [spells.at(-1)!, stretches.at(-1)!]) {
      spell.micros += micros
      spell.own.set(deepest, (spell.own.get(deepest) ?? 0) + micros)
    }
  }
  return [
    ...longestOf(spells, shown).map((spell) => spellLine(spell, 2)),
    '',
    'The longest stretches in which it never was idle:',
    ...longestOf(stretches, 5).map((spell) => spellLine(spell, 9)),
  ]
}
interface Spell {
  readonly top: string
  micros: number
  /** Time by the functions of our own it was spent in. */
  readonly own: Map<string, number>
}
const longestOf = (spells: readonly Spell[], shown: number): Spell[] =>
  spells
    .filter(({ top }) => top !== '(idle)')
    .toSorted((one, other) => other.micros - one.micros)
    .slice(0, shown)
function spellLine({ top, micros, own }: Spell, named: number): string {
  const ms = (some: number) => (some / 1_000).toFixed(1)
  const most = [...own].toSorted((one, other) => other[1] - one[1]).slice(0, named)
  return `${ms(micros).padStart(6)} ms  ${top.split('  ')[0]!}: ${most.map(([name, some]) => `${name} ${ms(some)}`).join(', ')}`
}

/** The statements that took the database's time, the longest first; `seconds` is how long they were counted. */
export function describeStatements(statements: readonly StatementUse[], seconds: number, shown = 20): string {
  const timeOf = ({ execMs, planMs }: StatementUse) => execMs + planMs
  const all = sum(statements.map(timeOf))
  const lines = statements.slice(0, shown).map((one) => {
    const [share, perSecond, each] = [timeOf(one) / all, one.calls / seconds, timeOf(one) / one.calls]
    const text = one.query.replaceAll(/\s+/g, ' ').slice(0, 90)
    const [rows, kb, pages] = [one.rows, one.walBytes / 1_024, one.walPages].map((all) => (all / one.calls).toFixed(1))
    return `${percent(share)}  ${perSecond.toFixed(0)}/s × ${each.toFixed(3)} ms, ${rows} rows, ${kb} kB of log, ${pages} pages  ${text}`
  })
  return [`statements ${(all / 1_000).toFixed(2)} s of ${seconds.toFixed(2)} s, planning included`, ...lines].join('\n')
}
/** Who made what lives in the heap, the most first. */
export function describeHeap(root: HeapNode, shown = 20): string {
  const byName = new Map<string, number>()
  const add = (node: HeapNode) => {
    const name = nameOf(node)
    byName.set(name, (byName.get(name) ?? 0) + node.selfSize)
    for (const child of node.children) add(child)
  }
  add(root)
  const all = sum([...byName.values()])
  const top = [...byName].toSorted((one, other) => other[1] - one[1]).slice(0, shown)
  const lines = top.map(
    ([name, bytes]) => `${percent(bytes / all)}  ${(bytes / 1_024).toFixed(0).padStart(7)} kB  ${name}`,
  )
  return [`${(all / 1_048_576).toFixed(1)} MB`, ...lines].join('\n')
}
function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`
}

function ownMicros({ samples, timeDeltas }: CpuProfile): Map<number, number> {
  const own = new Map<number, number>()
  for (const [index, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + (timeDeltas[index + 1] ?? 0))
  return own
}

function treeLines(
  root: ProfileNode,
  byId: ReadonlyMap<number, ProfileNode>,
  own: ReadonlyMap<number, number>,
  least: number,
  share: (micros: number) => string,
): string[] {
  const totals = new Map<number, number>()
  const totalOf = (id: number): number => {
    const known = totals.get(id)
    if (known !== undefined) return known
    const total = (own.get(id) ?? 0) + sum((byId.get(id)!.children ?? []).map(totalOf))
    totals.set(id, total)
    return total
  }
  const lines: string[] = []
  const enter = (id: number, depth: number) => {
    const node = byId.get(id)!
    const name = nameOf(node)
    if (name === '(idle)' || totalOf(id) < least || depth > depthMax) return
    if (id !== root.id) lines.push(`${share(totalOf(id))}  ${'  '.repeat(depth - 1)}${name}`)
    const children = (node.children ?? []).toSorted((one, other) => totalOf(other) - totalOf(one))
    for (const child of children) enter(child, depth + 1)
  }
  enter(root.id, 0)
  return lines
}

/** `function file:line`, the file without the way to it. */
function nameOf({ callFrame }: Pick<ProfileNode, 'callFrame'>): string {
  const name = callFrame.functionName === '' ? '(anonymous)' : callFrame.functionName
  if (callFrame.url === '') return name
  const file = callFrame.url
    .replace(/^.*\/(?=(packages|features|apps|tools|node_modules)\/)/, '')
    .replace(/^node_modules\//, '')
  return `${name}  ${file}:${callFrame.lineNumber + 1}`
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0)
}
