/** Lists that come by pages: fetching the next one when the reader nears the end. Knows no endpoint. */
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { problemOf, problemText } from './problem.ts'
import { useText, useWords } from '../qun-context.ts'
import { texts } from '../texts.ts'

export interface Page<T> {
  readonly items: readonly T[]
  /** Null after the last page. */
  readonly cursor: string | null
}
/** The page of a list that is asked for by how many one has already. */
export function countedPage<T>(items: readonly T[], after: number, more: boolean): Page<T> {
  return { items, cursor: more ? String(after + items.length) : null }
}
export interface Pages<T> {
  readonly items: readonly T[]
  /** True when there is nothing more to fetch. */
  readonly done: boolean
  readonly busy: boolean
  /** Why the latest page did not come; asking again tries it again. */
  readonly problem: unknown
  readonly more: () => void
}
/**
 * Fetches the first page when `name` is set, and again from the start when it changes; the old items stay until the
 * first page is there. Undefined fetches nothing.
 */
export function usePages<T>(name: string | undefined, load: (cursor?: string) => Promise<Page<T>>): Pages<T> {
  const [state, setState] = useState<Page<T> & { readonly name?: string | undefined }>({ items: [], cursor: null })
  const [problem, setProblem] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const running = useRef<string>(undefined)
  const fetchPage = async (wanted: string, cursor: string | undefined) => {
    const run = `${wanted} ${cursor ?? ''}`
    if (running.current === run) return
    running.current = run
    setBusy(true)
    setProblem(undefined)
    try {
      const page = await load(cursor)
      if (running.current !== run) return
      setState((old) => ({
        name: wanted,
        cursor: page.cursor,
        items: cursor === undefined ? page.items : [...old.items, ...page.items],
      }))
    } catch (error) {
      if (running.current === run) setProblem(error)
    }
    if (running.current !== run) return
    running.current = undefined
    setBusy(false)
  }
  const start = useEffectEvent((wanted: string) => void fetchPage(wanted, undefined))
  useEffect(() => {
    if (name !== undefined) start(name)
    return () => {
      // An answer that comes later belongs to a list nobody looks at.
      running.current = undefined
      setBusy(false)
    }
  }, [name])
  return {
    items: state.items,
    done: state.name === name && state.cursor === null,
    busy,
    problem,
    more: () => {
      if (name === undefined || busy) return
      if (state.name !== name) void fetchPage(name, undefined)
      else if (state.cursor !== null) void fetchPage(name, state.cursor)
    },
  }
}
/** Stands at the end of a list: fetches the next page when it comes into sight, and by a press where it cannot see. */
export function MoreBelow({ pages }: { readonly pages: Pages<unknown> }) {
  const { done, busy, problem, more } = pages
  const words = useWords()
  const text = useText()
  const mark = useRef<HTMLButtonElement>(null)
  const [near, setNear] = useState(false)
  useEffect(() => {
    if (!mark.current || typeof IntersectionObserver === 'undefined') return
    const observer = new IntersectionObserver((seen) => setNear(seen.at(-1)?.isIntersecting ?? false))
    observer.observe(mark.current)
    return () => observer.disconnect()
  }, [done, problem])
  const fetchMore = useEffectEvent(more)
  useEffect(() => {
    if (near && !busy && problem === undefined) fetchMore()
  }, [near, busy, problem])
  if (done) return null
  if (problem !== undefined && !busy)
    return (
      <p className="qun-more" role="alert">
        {text(isOurs(problem) ? problemText(problem) : texts['list.failed'])}
        <button type="button" className="qun-linkbutton" onClick={more}>
          {words('list.retry')}
        </button>
      </p>
    )
  return (
    <button ref={mark} type="button" className="qun-more" onClick={more} aria-busy={busy || undefined}>
      {busy && <span className="qun-spinner" aria-hidden="true" />}
      {words(busy ? 'list.busy' : 'list.next')}
    </button>
  )
}
/** A refusal or a lost connection says itself what happened. */
const isOurs = (problem: unknown) => problemOf(problem) !== undefined || problem instanceof TypeError
