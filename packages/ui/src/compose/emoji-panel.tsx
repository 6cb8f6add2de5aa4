/** The emoji of the kit under the composer. */
import { emojis } from './emoji.ts'
import { useWords } from '../qun-context.ts'

const letters = new Intl.Segmenter('zh', { granularity: 'grapheme' })
const list = [...letters.segment(emojis.join(''))].map((part) => part.segment)

export function EmojiPanel({ onPick }: { readonly onPick: (emoji: string) => void }) {
  const words = useWords()
  return (
    <div className="qun-emojipanel" role="group" aria-label={words('compose.emoji')}>
      {list.map((emoji) => (
        <button
          key={emoji}
          type="button"
          className="qun-emojipanel__pick"
          onPointerDown={(down) => down.preventDefault()}
          onClick={() => onPick(emoji)}
        >
          {emoji}
        </button>
      ))}
    </div>
  )
}
