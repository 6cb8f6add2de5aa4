/** What happened between the shop, the phones and Qun: the back end streams its lines, the phones post theirs. */
import { useEffect, useState } from 'react'
import { isPhoneLine } from '../look.ts'
import { personOf, type Lang } from '../story.ts'
import { words } from './words.ts'

interface Line {
  readonly key: string
  readonly at: number
  /** `host`, or the user id of whoever holds the phone. */
  readonly from: string
  readonly call: string
  readonly status: number
  readonly tookMs: number
  readonly detail: string
}
/** More is not read by anyone. */
const linesKept = 120

function useLines() {
  const [lines, setLines] = useState<readonly Line[]>([])
  useEffect(() => {
    let count = 0
    const add = (line: Omit<Line, 'key'>) => {
      count += 1
      const whole = { ...line, key: `${count}` }
      setLines((before) => [whole, ...before].slice(0, linesKept))
    }
    const source = new EventSource('/api/log')
    source.addEventListener('message', (message: MessageEvent<string>) => add(JSON.parse(message.data) as Line))
    const hear = (message: MessageEvent<unknown>) => {
      if (message.origin !== location.origin || !isPhoneLine(message.data)) return
      add({ ...message.data, at: Date.now() })
    }
    addEventListener('message', hear)
    return () => {
      source.close()
      removeEventListener('message', hear)
    }
  }, [])
  return { lines, clear: () => setLines([]) }
}

export function ApiLog({ lang }: { readonly lang: Lang }) {
  const { lines, clear } = useLines()
  const clock = new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  return (
    <section className="log" aria-labelledby="log-title">
      <header className="log__head">
        <h2 id="log-title" className="log__title">
          {words.log[lang]}
        </h2>
        <p className="log__hint">{words.logHint[lang]}</p>
        <button type="button" className="look" onClick={clear}>
          {words.clear[lang]}
        </button>
      </header>
      {lines.length === 0 && <p className="log__empty">{words.logEmpty[lang]}</p>}
      {/* Focusable, because a part that scrolls must be reachable by keyboard. */}
      <ol className="log__lines" tabIndex={0} aria-labelledby="log-title">
        {lines.map((line) => (
          <li key={line.key} className="line">
            <time className="line__time" dateTime={new Date(line.at).toISOString()}>
              {clock.format(line.at)}
            </time>
            <Speaker from={line.from} lang={lang} />
            <code className="line__call">{line.call}</code>
            <span className={`line__status line__status--${toneOf(line)}`}>
              {line.status === 0 ? '·' : line.status}
            </span>
            <span className="line__took">{line.tookMs > 0 ? `${Math.round(line.tookMs)} ms` : ''}</span>
            <code className="line__detail" title={line.detail}>
              {line.detail}
            </code>
          </li>
        ))}
      </ol>
    </section>
  )
}
function toneOf(line: Line): 'ok' | 'bad' | 'plain' {
  if (line.status >= 400) return 'bad'
  return line.status >= 200 ? 'ok' : 'plain'
}
function Speaker({ from, lang }: { readonly from: string; readonly lang: Lang }) {
  const found = personOf(from)
  if (found === undefined) {
    return (
      <span className="line__from">
        <img src="/art/mark.svg" alt="" width={20} height={20} />
        {words.host[lang]}
      </span>
    )
  }
  return (
    <span className="line__from">
      <img src={`/art/people/${found.person.key}.svg`} alt="" width={20} height={20} />
      {found.person.name[lang]}
    </span>
  )
}
