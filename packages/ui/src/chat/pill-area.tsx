/** The pills over the messages: unread above, a mention, new ones below, the way to the end. */
import { DownIcon, UpIcon } from '../parts/icons.tsx'
import { useWords } from '../qun-context.ts'
import type { Pills } from './unread.ts'

export interface PillAreaProps {
  readonly pills: Pills
  readonly following: boolean
  readonly toUnread: () => void
  readonly jump: (seq: number) => void
  readonly toBottom: () => void
}
export function PillArea({ pills, following, toUnread, jump, toBottom }: PillAreaProps) {
  const words = useWords()
  const { mention } = pills
  const mentioned = mention && (
    <button type="button" className="qun-pill" onClick={() => jump(mention.seq)}>
      {mention.below ? <DownIcon size={16} /> : <UpIcon size={16} />}
      {words('chat.mentioned')}
    </button>
  )
  return (
    <>
      <div className="qun-pills qun-pills--above">
        {pills.above && (
          <button type="button" className="qun-pill" onClick={toUnread}>
            <UpIcon size={16} />
            {words('chat.above', { n: pills.above.count })}
          </button>
        )}
        {!mention?.below && mentioned}
      </div>
      <div className="qun-pills qun-pills--below">
        {mention?.below && mentioned}
        {pills.below ? (
          <button type="button" className="qun-pill" onClick={toBottom}>
            {words('chat.below', { n: pills.below.count })}
            <DownIcon size={16} />
          </button>
        ) : (
          !following && (
            <button
              type="button"
              className="qun-pill qun-pill--round"
              onClick={toBottom}
              aria-label={words('chat.toBottom')}
            >
              <DownIcon size={20} />
            </button>
          )
        )}
      </div>
    </>
  )
}
