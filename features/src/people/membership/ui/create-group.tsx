/** The form that makes a group: whose it is, its name, and what it takes, with how far one is. */
import type { AnswerOf } from '@qun/contract'
import {
  FormChoice,
  FormSet,
  FormText,
  PlayForm,
  PlusIcon,
  Sheet,
  useQun,
  useReadable,
  useText,
  type FormFaults,
} from '@qun/ui'
import { useCallback, useEffect, useState } from 'react'
import { createGroup, createGroupForMerchant, groupNameMax, merchantGroupPolicy, myGroupPolicy } from '../contract.ts'
import { membershipTexts } from './texts.ts'

type Condition = AnswerOf<typeof myGroupPolicy>['conditions'][number]
const friends = ''

/** Merchants whose groups the viewer may make. */
function useManaged(): { readonly merchantId: string; readonly name: string }[] {
  const { client } = useQun()
  const records = useReadable(client.records)
  return [...records].flatMap(([key, { body }]) => {
    const work = body as { readonly name?: string; readonly abilities?: readonly string[] } | null
    if (!key.startsWith('merchant-staff/') || work?.abilities?.includes('manage') !== true) return []
    const merchantId = key.slice('merchant-staff/'.length)
    return [{ merchantId, name: work.name ?? merchantId }]
  })
}
/** What it takes; read again after a refusal, for what was shown may have changed. */
function useConditions(merchantId: string, open: boolean) {
  const { client } = useQun()
  const [conditions, setConditions] = useState<readonly Condition[]>([])
  const load = useCallback(async () => {
    const asked =
      merchantId === friends
        ? client.call(myGroupPolicy, {})
        : client.call(merchantGroupPolicy, { params: { merchantId } })
    // Without them the form is the same: the server says what is missing.
    const { conditions: read } = await asked.catch(() => ({ conditions: [] }))
    setConditions(read)
  }, [client, merchantId])
  useEffect(() => {
    if (open) void load()
  }, [open, load])
  return { conditions, load }
}

export function CreateGroupAction({ onOpen }: { readonly onOpen: (groupId: string) => void }) {
  const text = useText()
  const [open, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        className="qun-iconbutton qun-bar__action"
        aria-label={text(membershipTexts.create)}
        onClick={() => setOpen(true)}
      >
        <PlusIcon size={24} />
      </button>
      <Sheet open={open} onClose={() => setOpen(false)} title={membershipTexts.create}>
        <CreateForm
          open={open}
          onMade={(groupId) => {
            setOpen(false)
            onOpen(groupId)
          }}
        />
      </Sheet>
    </>
  )
}
function CreateForm({ open, onMade }: { readonly open: boolean; readonly onMade: (groupId: string) => void }) {
  const { client } = useQun()
  const text = useText()
  const managed = useManaged()
  const [draft, setDraft] = useState({ name: '', merchantId: friends })
  const { conditions, load } = useConditions(draft.merchantId, open)
  const faultsOf = ({ name }: typeof draft): FormFaults =>
    name.trim() === '' ? { name: membershipTexts.createNameMissing } : {}
  const make = async () => {
    const { merchantId } = draft
    const body = { name: draft.name.trim() }
    try {
      const { groupId } =
        merchantId === friends
          ? await client.call(createGroup, { body })
          : await client.call(createGroupForMerchant, { params: { merchantId }, body })
      onMade(groupId)
    } catch (error) {
      void load()
      throw error
    }
  }
  const choices = [
    { value: friends, label: text(membershipTexts.createFriends) },
    ...managed.map(({ merchantId, name }) => ({ value: merchantId, label: name })),
  ]
  return (
    <PlayForm draft={draft} faultsOf={faultsOf} onSubmit={make} submitLabel={text(membershipTexts.create)}>
      {(faults) => (
        <>
          {managed.length > 0 && (
            <FormChoice
              label={text(membershipTexts.createFor)}
              value={draft.merchantId}
              choices={choices}
              onChoose={(merchantId) => setDraft({ ...draft, merchantId })}
            />
          )}
          <FormText
            label={text(membershipTexts.createName)}
            value={draft.name}
            onType={(name) => setDraft({ ...draft, name })}
            max={groupNameMax}
            fault={faults['name']}
          />
          {conditions.length > 0 && (
            <FormSet legend={text(membershipTexts.createConditions)}>
              <ul>
                {conditions.map((one) => (
                  <ConditionRow key={one.condition} {...one} />
                ))}
              </ul>
            </FormSet>
          )}
        </>
      )}
    </PlayForm>
  )
}
/** Scores are told in hundredths. */
const shown = (condition: Condition['condition'], value: number) =>
  condition === 'store-score' ? (value / 100).toFixed(1) : String(value)

function ConditionRow({ condition, have, needed, met }: Condition) {
  const text = useText()
  const label = text(membershipTexts[`condition-${condition}`])
  const isPlain = condition === 'verified'
  return (
    <li className="qun-pagerow">
      <span className="qun-pagerow__label">
        {label}
        {!isPlain && <progress className="qun-progress" value={Math.min(have, needed)} max={Math.max(needed, 1)} />}
      </span>
      <span className="qun-pagerow__value">
        {!isPlain && `${shown(condition, have)} / ${shown(condition, needed)} `}
        {met ? `✓ ${text(membershipTexts.conditionMet)}` : isPlain ? '✗' : ''}
      </span>
    </li>
  )
}
