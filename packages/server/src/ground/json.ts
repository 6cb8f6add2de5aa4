/** Reads JSON from strangers: bounded depth, storable text, no key that reaches a prototype. Knows no schema. */
import { escapePointer, refuse } from '@qun/contract'

/** Deeper than any contract nests; a recursion over 32 levels is harmless. */
export const jsonDepthMax = 32

/**
 * What PostgreSQL cannot store (NUL), what no text means (control characters but tab and line ends; each takes six
 * bytes as JSON, so that texts of a legal length would be pages of an illegal one), and what Unicode keeps for
 * processes. Lone surrogates are tested apart.
 */
// oxlint-disable-next-line no-control-regex -- these characters are what it looks for
const unstorable = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\p{Noncharacter_Code_Point}]/u
/** Text in which a string, once unescaped, could differ from its raw form, or a key could be a forbidden one. */
// oxlint-disable-next-line no-control-regex -- DEL is the one control character that JSON need not escape
const suspicious = /\\[ubf]|\x7f|__proto__|constructor|prototype|\p{Noncharacter_Code_Point}/u
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype'])

/** True when the text can be stored and sent back unchanged. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !unstorable.test(text)
}

/** Refuses `request.encoding`. */
export function checkStorable(text: string, pointer: string): void {
  if (!isStorable(text)) {
    throw refuse('request.encoding', { errors: [{ pointer, code: 'request.encoding' }] })
  }
}

/** The nesting depth of JSON text, counted without parsing it; stops counting above `jsonDepthMax`. */
export function depthOf(text: string): number {
  return scan(text).depth
}
/** Its depth, and how many members its objects have as they are written: a colon outside a string is one. */
function scan(text: string): { readonly depth: number; readonly members: number } {
  let depth = 0
  let deepest = 0
  let members = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === 92) i++
      else if (code === 34) inString = false
    } else if (code === 34) inString = true
    else if (code === 123 || code === 91) {
      if (++depth > deepest) deepest = depth
      if (deepest > jsonDepthMax) return { depth: deepest, members }
    } else if (code === 125 || code === 93) depth--
    else if (code === 58) members++
  }
  return { depth: deepest, members }
}
/** How many members the objects of a value have as they were read: of those named twice, one. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') members += membersOf(item)
    return members
  }
  for (const key in value) {
    members++
    const part = (value as Record<string, unknown>)[key]
    if (typeof part === 'object') members += membersOf(part)
  }
  return members
}

/** Values whose text must still be looked at; the others were seen to be harmless while they were text. */
const suspects = new WeakSet<object>()

/**
 * Parses one JSON text. Refuses `request.malformed`, `request.too_deep`, `request.duplicate_key` (parsers disagree
 * about which one counts) and `request.unknown_field` (a key named like a prototype). Strings that cannot be stored
 * pass: `checkTexts` refuses them once the schema has had its say.
 */
export function readJson(text: string): unknown {
  const { depth, members } = scan(text)
  if (depth > jsonDepthMax) throw refuse('request.too_deep', { detail: `deeper than ${jsonDepthMax}` })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refuse('request.malformed', { detail: 'not valid JSON' })
  }
  // [I16] Counted, not compared: some per cent of what reading takes.
  if (membersOf(value) !== members) throw refuse('request.duplicate_key')
  if (suspicious.test(text)) {
    visit(value, '', checkKey)
    if (typeof value === 'object' && value !== null) suspects.add(value)
    else checkTexts(value)
  }
  return value
}

/** Refuses `request.encoding` for a value of `readJson` that holds text which cannot be stored. */
export function checkTexts(value: unknown): void {
  if (typeof value === 'object' && value !== null && !suspects.has(value)) return
  visit(value, '', (text, pointer) => checkStorable(text, pointer))
}

type Visit = (text: string, pointer: string, isKey: boolean) => void

/** Visits every key and every string; recursion is bounded by `jsonDepthMax`. */
function visit(value: unknown, pointer: string, each: Visit): void {
  if (typeof value === 'string') each(value, pointer, false)
  else if (Array.isArray(value)) value.forEach((item, index) => visit(item, `${pointer}/${index}`, each))
  else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      const at = `${pointer}/${escapePointer(key)}`
      each(key, at, true)
      visit((value as Record<string, unknown>)[key], at, each)
    }
  }
}

function checkKey(text: string, pointer: string, isKey: boolean): void {
  if (isKey && forbiddenKeys.has(text)) {
    throw refuse('request.unknown_field', { errors: [{ pointer, code: 'request.unknown_field' }] })
  }
}

/** True when any object of this (valid) JSON text names a key twice: parsers disagree about which one counts. */
export function hasDuplicateKeys(text: string): boolean {
  const open: (Set<string> | null)[] = []
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '{') open.push(new Set())
    else if (char === '[') open.push(null)
    else if (char === '}' || char === ']') open.pop()
    else if (char === '"') {
      const start = i
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++
      const keys = open.at(-1)
      if (keys && /^\s*:/.test(text.slice(i + 1))) {
        const key = JSON.parse(text.slice(start, i + 1)) as string
        if (keys.has(key)) return true
        keys.add(key)
      }
    }
  }
  return false
}
