/** The form in the plus menu: a poll in one screen. */
import {
  CloseIcon,
  FormChoice,
  FormRow,
  FormSet,
  FormText,
  PageSwitch,
  PlayForm,
  PlusIcon,
  useQun,
  useText,
  type ComposeProps,
  type FormFaults,
} from '@qun/ui'
import { useState } from 'react'
import { optionsMax, type poll } from '../contract.ts'
import { bodyOf, emptyDraft, faultsOf, type PollDraft } from './draft.ts'
import { optionText, pollTexts } from './texts.ts'

const switches = [
  ['anonymous', pollTexts.optAnonymous],
  ['mayChange', pollTexts.optChange],
  ['mayAdd', pollTexts.optAdd],
  ['hideResults', pollTexts.optHide],
] as const

export function PollForm({ submit }: ComposeProps<typeof poll>) {
  const { client } = useQun()
  const text = useText()
  const [draft, setDraft] = useState(emptyDraft)
  const change = (patch: Partial<PollDraft>) => setDraft((before) => ({ ...before, ...patch }))
  const counts = draft.options.map((_, at) => String(at + 1))
  return (
    <PlayForm
      draft={draft}
      faultsOf={faultsOf}
      onSubmit={() => submit(bodyOf(draft, client.serverNow()))}
      submitLabel={text(pollTexts.publish)}
    >
      {(faults) => (
        <>
          <FormText
            label={text(pollTexts.question)}
            value={draft.question}
            max={120}
            fault={faults['question']}
            onType={(question) => change({ question })}
          />
          <OptionFields draft={draft} change={change} faults={faults} />
          <FormRow>
            <FormChoice
              label={text(pollTexts.choices)}
              value={draft.choicesMax}
              choices={counts.map((value) => ({ value, label: value }))}
              onChoose={(choicesMax) => change({ choicesMax })}
            />
            <FormChoice
              label={text(pollTexts.lasts)}
              value={draft.lasts}
              choices={[
                { value: 'hour', label: text(pollTexts.hour) },
                { value: 'day', label: text(pollTexts.day) },
                { value: 'threeDays', label: text(pollTexts.threeDays) },
                { value: '0', label: text(pollTexts.noEnd) },
              ]}
              onChoose={(lasts) => change({ lasts })}
            />
          </FormRow>
          {switches.map(([name, label]) => (
            <PageSwitch key={name} label={text(label)} on={draft[name]} set={async (on) => change({ [name]: on })} />
          ))}
        </>
      )}
    </PlayForm>
  )
}

interface PartProps {
  readonly draft: PollDraft
  readonly change: (patch: Partial<PollDraft>) => void
  readonly faults: FormFaults
}
function OptionFields({ draft, change, faults }: PartProps) {
  const text = useText()
  const { options } = draft
  const add = () => change({ options: [...options, { id: Math.max(...options.map((one) => one.id)) + 1, text: '' }] })
  return (
    <FormSet legend={text(pollTexts.options)}>
      {options.map(({ id, text: typed }, at) => (
        <div key={id} className="qun-poll__field">
          <FormText
            label={text(optionText(at + 1))}
            value={typed}
            max={60}
            fault={faults[`option-${id}`]}
            onType={(words) => change({ options: options.map((one) => (one.id === id ? { id, text: words } : one)) })}
          />
          {options.length > 2 && (
            <button
              type="button"
              className="qun-iconbutton"
              aria-label={`${text(pollTexts.removeOption)}: ${text(optionText(at + 1))}`}
              onClick={() => change({ options: options.filter((one) => one.id !== id) })}
            >
              <CloseIcon size={18} />
            </button>
          )}
        </div>
      ))}
      {options.length < optionsMax && (
        <button type="button" className="qun-poll__more" onClick={add}>
          <PlusIcon size={18} /> {text(pollTexts.addOption)}
        </button>
      )}
    </FormSet>
  )
}
