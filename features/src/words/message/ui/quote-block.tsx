/** What a message answers, as it is now: its sender and summary, or that it was recalled. Leads to it. */
import { memberOf, useChatIfAny, useQun, useSummary, useText } from '@qun/ui'
import { messageTexts } from './texts.ts'

export function QuoteBlock({ seq }: { readonly seq: number }) {
  const chat = useChatIfAny()
  const { talk } = useQun()
  const summary = useSummary()
  const text = useText()
  if (!chat) return null
  const quoted = chat.view.messages.find((message) => message.seq === seq)
  if (quoted?.recalled) return <span className="qun-quote qun-quote--gone">{text(messageTexts.quotedGone)}</span>
  return (
    <button type="button" className="qun-quote" onClick={() => chat.jump(seq)}>
      {quoted ? (
        <>
          <bdi className="qun-quote__name">{memberOf(chat.view, quoted.senderId).name}</bdi>
          <span className="qun-quote__text">{talk?.textOf(quoted) ?? summary(quoted)}</span>
        </>
      ) : (
        <span className="qun-quote__text">{text(messageTexts.quotedFar)}</span>
      )}
    </button>
  )
}
