/** The form in the plus menu: a check-in programme in one screen. */
import {
  CloseIcon,
  FormChoice,
  FormRow,
  FormSet,
  FormText,
  PageSwitch,
  PlayForm,
  PlusIcon,
  useText,
  type ComposeProps,
  type FormFaults,
} from '@qun/ui'
import { useState } from 'react'
import { milestonesMax, type checkIn } from '../contract.ts'
import { bodyOf, emptyDraft, faultsOf, type CheckInDraft, type MilestoneDraft } from './draft.ts'
import { checkInTexts, clockOf, milestoneLabel } from './texts.ts'

const opensAt = [0, 300, 360, 420, 480, 540, 720, 1_080] as const
const closesAt = [540, 600, 720, 1_080, 1_260, 1_380, 1_440] as const

export function CheckInForm({ submit }: ComposeProps<typeof checkIn>) {
  const text = useText()
  const [draft, setDraft] = useState(emptyDraft)
  const change = (patch: Partial<CheckInDraft>) => setDraft((before) => ({ ...before, ...patch }))
  return (
    <PlayForm
      draft={draft}
      faultsOf={faultsOf}
      onSubmit={() => submit(bodyOf(draft))}
      submitLabel={text(checkInTexts.publish)}
    >
      {(faults) => (
        <>
          <FormText
            label={text(checkInTexts.title)}
            value={draft.title}
            max={60}
            fault={faults['title']}
            onType={(title) => change({ title })}
          />
          <Rules draft={draft} change={change} />
          <Milestones draft={draft} change={change} faults={faults} />
          <PageSwitch
            label={text(checkInTexts.leaderboard)}
            on={draft.leaderboard}
            set={async (leaderboard) => change({ leaderboard })}
          />
        </>
      )}
    </PlayForm>
  )
}

interface PartProps {
  readonly draft: CheckInDraft
  readonly change: (patch: Partial<CheckInDraft>) => void
}
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

function Milestones({ draft, change, faults }: PartProps & { readonly faults: FormFaults }) {
  const text = useText()
  const { milestones } = draft
  const set = (id: number, patch: Partial<MilestoneDraft>) =>
    change({ milestones: milestones.map((one) => (one.id === id ? { ...one, ...patch } : one)) })
  const add = () => {
    const id = Math.max(0, ...milestones.map((one) => one.id)) + 1
    change({ milestones: [...milestones, { id, days: '', points: '' }] })
  }
  return (
    <FormSet legend={text(checkInTexts.milestones)}>
      {milestones.map(({ id, days, points }, at) => (
        <div key={id} className="qun-checkin__milestone" role="group" aria-label={text(milestoneLabel(at + 1))}>
          <FormText
            kind="whole"
            label={text(checkInTexts.days)}
            value={days}
            max={4}
            fault={faults[`days-${id}`]}
            onType={(typed) => set(id, { days: typed })}
          />
          <FormText
            kind="whole"
            label={text(checkInTexts.points)}
            value={points}
            max={6}
            fault={faults[`points-${id}`]}
            onType={(typed) => set(id, { points: typed })}
          />
          <button
            type="button"
            className="qun-iconbutton"
            aria-label={`${text(checkInTexts.removeMilestone)}: ${text(milestoneLabel(at + 1))}`}
            onClick={() => change({ milestones: milestones.filter((one) => one.id !== id) })}
          >
            <CloseIcon size={18} />
          </button>
        </div>
      ))}
      {milestones.length < milestonesMax && (
        <button type="button" className="qun-checkin__add" onClick={add}>
          <PlusIcon size={18} /> {text(checkInTexts.addMilestone)}
        </button>
      )}
    </FormSet>
  )
}
