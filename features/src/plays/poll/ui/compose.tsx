/** The form in the plus menu: a poll in one screen. */
import {
  ComposeForm,
  DraftText,
  FormChoice,
  FormList,
  FormRow,
  FormText,
  PageSwitch,
  useText,
  type ComposeProps,
  type DraftParts,
} from '@qun/ui'
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
  return (
    <ComposeForm {...{ faultsOf, bodyOf, submit }} first={emptyDraft} publish={pollTexts.publish}>
      {(part) => (
        <>
          <DraftText name="question" label={pollTexts.question} max={120} {...part} />
          <OptionFields {...part} />
          <Terms {...part} />
        </>
      )}
    </ComposeForm>
  )
}

type PartProps = DraftParts<PollDraft>
function Terms({ draft, change }: PartProps) {
  const text = useText()
  return (
    <>
      <FormRow>
        <FormChoice
          label={text(pollTexts.choices)}
          value={draft.choicesMax}
          choices={draft.options.map((_, at) => ({ value: String(at + 1), label: String(at + 1) }))}
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
  )
}
function OptionFields({ draft, change, faults }: PartProps) {
  const text = useText()
  return (
    <FormList
      look="one"
      legend={pollTexts.options}
      rows={draft.options}
      min={2}
      max={optionsMax}
      onChange={(options) => change({ options })}
      make={(id) => ({ id, text: '' })}
      nameOf={optionText}
      addLabel={pollTexts.addOption}
      removeLabel={pollTexts.removeOption}
    >
      {(option, set, place) => (
        <FormText
          label={text(optionText(place))}
          value={option.text}
          max={60}
          fault={faults[`option-${option.id}`]}
          onType={(typed) => set({ text: typed })}
        />
      )}
    </FormList>
  )
}
