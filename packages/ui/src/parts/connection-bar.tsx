/** One line when the connection is not what people take for granted; nothing otherwise. */
import { useEffect, useState } from 'react'
import { useReadable } from './readable.ts'
import { WarnIcon } from './icons.tsx'
import { useQun, useWords } from '../qun-context.ts'

/** A connection that comes back within this is not worth a word. */
const patienceMs = 800

export function ConnectionBar() {
  const { client } = useQun()
  const words = useWords()
  const state = useReadable(client.connection)
  const [late, setLate] = useState(false)
  useEffect(() => {
    setLate(false)
    if (state === 'online') return
    const timer = setTimeout(() => setLate(true), state === 'connecting' ? patienceMs : 0)
    return () => clearTimeout(timer)
  }, [state])
  if (state === 'online' || !late) return null
  return (
    <div className={`qun-connection qun-connection--${state}`} role="status">
      {state === 'connecting' ? <span className="qun-spinner" aria-hidden="true" /> : <WarnIcon size={16} />}
      {words(`connection.${state}`)}
    </div>
  )
}
