/** What a message answers, as it is now: its sender and summary, or that it was recalled. Leads to it. */
import { Badge, senderOf, useChatIfAny, useQun, useSummary, useText } from '@qun/ui'
import { messageTexts } from './texts.ts'

export function QuoteBlock({ seq }: { readonly seq: number }) {
  const chat = useChatIfAny()
  const { talk } = useQun()
  const summary = useSummary()
  const text = useText()
  if (!chat) return null
  const quoted = chat.view.messages.find((message) => message.seq === seq)
  const sender = quoted && senderOf(chat.view, quoted)
  if (quoted?.recalled) return <span className="qun-quote qun-quote--gone">{text(messageTexts.quotedGone)}</span>
  return (
    <button type="button" className="qun-quote" onClick={() => chat.jump(seq)}>
      {quoted ? (
        <>
          <span className="qun-quote__name">
            <bdi>{sender?.name}</bdi> <Badge badge={sender?.badge ?? null} />
          </span>
          <span className="qun-quote__text">{talk?.textOf(quoted) ?? summary(quoted)}</span>
        </>
      ) : (
        <span className="qun-quote__text">{text(messageTexts.quotedFar)}</span>
      )}
    </button>
  )
}
