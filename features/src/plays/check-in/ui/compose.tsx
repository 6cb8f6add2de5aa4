/** The form in the plus menu: a check-in programme in one screen. */
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
import { milestonesMax, type checkIn } from '../contract.ts'
import { bodyOf, emptyDraft, faultsOf, type CheckInDraft } from './draft.ts'
import { checkInTexts, clockOf, milestoneLabel } from './texts.ts'

const opensAt = [0, 300, 360, 420, 480, 540, 720, 1_080] as const
const closesAt = [540, 600, 720, 1_080, 1_260, 1_380, 1_440] as const

export function CheckInForm({ submit }: ComposeProps<typeof checkIn>) {
  const text = useText()
  return (
    <ComposeForm {...{ faultsOf, bodyOf, submit }} first={emptyDraft} publish={checkInTexts.publish}>
      {(part) => (
        <>
          <DraftText name="title" label={checkInTexts.title} max={60} {...part} />
          <Rules {...part} />
          <Milestones {...part} />
          <PageSwitch
            label={text(checkInTexts.leaderboard)}
            on={part.draft.leaderboard}
            set={async (leaderboard) => part.change({ leaderboard })}
          />
        </>
      )}
    </ComposeForm>
  )
}

type PartProps = DraftParts<CheckInDraft>
function Rules({ draft, change }: PartProps) {
  const text = useText()
  const clocks = (minutes: readonly number[]) => minutes.map((one) => ({ value: String(one), label: clockOf(one) }))
  return (
    <>
      <FormRow>
        <FormChoice
          label={text(checkInTexts.mode)}
          value={draft.mode}
          choices={[
            { value: 'consecutive', label: text(checkInTexts.consecutive) },
            { value: 'cumulative', label: text(checkInTexts.cumulative) },
          ]}
          onChoose={(mode) => change({ mode })}
        />
        <FormChoice
          label={text(checkInTexts.proof)}
          value={draft.proof}
          choices={[
            { value: 'none', label: text(checkInTexts.proofNone) },
            { value: 'text', label: text(checkInTexts.proofText) },
            { value: 'photo', label: text(checkInTexts.proofPhoto) },
            { value: 'location', label: text(checkInTexts.proofLocation) },
          ]}
          onChoose={(proof) => change({ proof })}
        />
      </FormRow>
      <FormRow>
        <FormChoice
          label={text(checkInTexts.opens)}
          value={draft.opens}
          choices={clocks(opensAt)}
          onChoose={(opens) => change({ opens })}
        />
        <FormChoice
          label={text(checkInTexts.closes)}
          value={draft.closes}
          choices={clocks(closesAt.filter((minute) => minute > Number(draft.opens)))}
          onChoose={(closes) => change({ closes })}
        />
        <FormChoice
          label={text(checkInTexts.makeUps)}
          value={draft.makeUps}
          choices={['0', '1', '2', '3', '5'].map((value) => ({ value, label: value }))}
          onChoose={(makeUps) => change({ makeUps })}
        />
      </FormRow>
    </>
  )
}

function Milestones({ draft, change, faults }: PartProps) {
  const text = useText()
  return (
    <FormList
      legend={checkInTexts.milestones}
      rows={draft.milestones}
      max={milestonesMax}
      onChange={(milestones) => change({ milestones })}
      make={(id) => ({ id, days: '', points: '' })}
      nameOf={milestoneLabel}
      addLabel={checkInTexts.addMilestone}
      removeLabel={checkInTexts.removeMilestone}
    >
      {({ id, days, points }, set) => (
        <>
          <FormText
            kind="whole"
            label={text(checkInTexts.days)}
            value={days}
            max={4}
            fault={faults[`days-${id}`]}
            onType={(typed) => set({ days: typed })}
          />
          <FormText
            kind="whole"
            label={text(checkInTexts.points)}
            value={points}
            max={6}
            fault={faults[`points-${id}`]}
            onType={(typed) => set({ points: typed })}
          />
        </>
      )}
    </FormList>
  )
}
