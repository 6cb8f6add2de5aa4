/** The face of a poll: options to choose, bars that grow, one's own choice marked. */
import {
  ActionButton,
  CardFrame,
  CheckIcon,
  Countdown,
  MemberName,
  problemText,
  useOpen,
  useQun,
  useServerNow,
  useText,
} from '@qun/ui'
import { useState } from 'react'
import { optionsMax } from '../contract.ts'
import type { PollFace } from './face.ts'
import { PollIcon } from './icon.tsx'
import { pollTexts, resultText, upToText, votersText } from './texts.ts'
import { VotersSheet } from './voters-sheet.tsx'

export function PollCard(props: PollFace) {
  const { body, state, mine, message, group, viewer, act } = props
  const text = useText()
  const now = useServerNow()
  const isOver = state.phase === 'closed' || (body.closesAt !== undefined && now >= body.closesAt)
  const starter = group.get().members.get(message.senderId)
  const mayClose = !isOver && (viewer.userId === message.senderId || viewer.role !== 'member')
  return (
    <CardFrame
      icon={<PollIcon size={16} />}
      kind={text(pollTexts.kind)}
      {...(starter && { starter: <MemberName member={starter} /> })}
      title={body.question}
      tone={isOver ? 'ended' : (mine?.choices.length ?? 0) > 0 ? 'mine' : 'open'}
      foot={<Foot {...props} isOver={isOver} />}
      action={
        mayClose && (
          <ActionButton wide tone="quiet" onClick={() => act('close', {})}>
            {text(pollTexts.close)}
          </ActionButton>
        )
      }
    >
      <Options {...props} isOver={isOver} />
      {!isOver && body.mayAdd && state.options.length < optionsMax && <AddOption {...props} />}
    </CardFrame>
  )
}

function Foot({ body, state, isOver }: PollFace & { readonly isOver: boolean }) {
  const text = useText()
  return (
    <>
      <span>{text(votersText(state.voterCount))}</span>
      <span>{text(body.choicesMax === 1 ? pollTexts.single : upToText(body.choicesMax))}</span>
      {body.anonymous && <span>{text(pollTexts.anonymous)}</span>}
      {isOver ? (
        <span>{text(pollTexts.closed)}</span>
      ) : (
        body.closesAt !== undefined && <Countdown until={body.closesAt} over={text(pollTexts.closed)} />
      )}
    </>
  )
}

function Options(props: PollFace & { readonly isOver: boolean }) {
  const { body, state, mine, act, isOver } = props
  const { toast } = useQun()
  const text = useText()
  const own = mine?.choices ?? []
  const isFixed = isOver || (own.length > 0 && !body.mayChange)
  const isSingle = body.choicesMax === 1
  const [picked, setPicked] = useState<readonly number[]>()
  const chosen = picked ?? own
  const shownFor = useOpen()
  const [asked, setAsked] = useState(0)
  const choose = (option: number) => {
    if (isFixed) return
    const isChosen = chosen.includes(option)
    if (!isSingle)
      return setPicked(isChosen ? chosen.filter((one) => one !== option) : [...chosen, option].slice(-body.choicesMax))
    const choices = isChosen && body.mayChange ? [] : [option]
    void act('vote', { choices }).catch((error: unknown) => toast(problemText(error), 'danger'))
  }
  const isChanged = picked !== undefined && (picked.length !== own.length || picked.some((one) => !own.includes(one)))
  const showVoters = (option: number) => {
    setAsked(option)
    shownFor.show()
  }
  return (
    <>
      <div className="qun-poll__options" role={isSingle ? 'radiogroup' : 'group'} aria-label={body.question}>
        {state.options.map((option, at) => (
          <OptionRow
            // Options are added at the end and never move.
            // oxlint-disable-next-line react/no-array-index-key
            key={at}
            {...{ option, isSingle, isFixed }}
            isChosen={chosen.includes(at)}
            count={state.counts?.[at]}
            all={state.voterCount}
            onChoose={() => choose(at)}
            {...(!body.anonymous && state.counts !== undefined && { onVoters: () => showVoters(at) })}
          />
        ))}
      </div>
      {state.counts === undefined && <p className="qun-poll__note">{text(pollTexts.hidden)}</p>}
      {!isSingle && !isFixed && isChanged && (
        <ActionButton
          wide
          onClick={async () => {
            await act('vote', { choices: [...chosen] })
            setPicked(undefined)
          }}
        >
          {text(own.length > 0 ? pollTexts.change : pollTexts.vote)}
        </ActionButton>
      )}
      <VotersSheet {...props} option={asked} open={shownFor.open} onClose={shownFor.hide} />
    </>
  )
}

interface RowProps {
  readonly option: string
  readonly isSingle: boolean
  readonly isFixed: boolean
  readonly isChosen: boolean
  readonly count: number | undefined
  readonly all: number
  readonly onChoose: () => void
  readonly onVoters?: () => void
}
function OptionRow({ option, isSingle, isFixed, isChosen, count, all, onChoose, onVoters }: RowProps) {
  const text = useText()
  const percent = count === undefined || all === 0 ? 0 : Math.round((100 * count) / all)
  const result = count === undefined ? undefined : text(resultText(count, percent))
  return (
    <div className="qun-poll__option" data-chosen={isChosen || undefined}>
      <span className="qun-poll__bar" style={{ inlineSize: `${percent}%` }} aria-hidden />
      <button
        type="button"
        role={isSingle ? 'radio' : 'checkbox'}
        aria-checked={isChosen}
        aria-disabled={isFixed || undefined}
        className="qun-poll__choice"
        onClick={onChoose}
      >
        <span className={`qun-poll__mark${isSingle ? ' qun-poll__mark--round' : ''}`} aria-hidden>
          {isChosen && <CheckIcon size={14} />}
        </span>
        <span className="qun-poll__words">{option}</span>
      </button>
      {result !== undefined &&
        (onVoters && count !== undefined && count > 0 ? (
          <button
            type="button"
            className="qun-poll__count"
            aria-label={`${text(pollTexts.voters)}: ${option}, ${result}`}
            onClick={onVoters}
          >
            {percent}%
          </button>
        ) : (
          <span className="qun-poll__count" aria-label={result} role="img">
            {percent}%
          </span>
        ))}
    </div>
  )
}

function AddOption({ act }: PollFace) {
  const text = useText()
  const [option, setOption] = useState('')
  const add = async () => {
    await act('add', { option: option.trim() })
    setOption('')
  }
  return (
    <div className="qun-poll__add">
      <input
        className="qun-input"
        value={option}
        maxLength={60}
        aria-label={text(pollTexts.add)}
        placeholder={text(pollTexts.add)}
        onChange={(typed) => setOption(typed.target.value)}
      />
      <ActionButton tone="quiet" disabled={option.trim() === ''} onClick={add}>
        {text(pollTexts.adding)}
      </ActionButton>
    </div>
  )
}
