/** Who works for the shop, for those who manage it: the list, a person's post and abilities, and new people. */
import type { Ability, AnswerOf, RequestOf, UserId } from '@qun/contract'
import {
  ActionButton,
  FormSet,
  FormText,
  MemberName,
  PageRow,
  PlayForm,
  problemText,
  Sheet,
  useQun,
  useText,
  type FormFaults,
} from '@qun/ui'
import type { GroupView } from '@qun/sdk'
import { useCallback, useEffect, useState } from 'react'
import { myStaff, putMyStaff, removeMyStaff } from '../contract.ts'
import { abilityTexts, merchantTexts } from './texts.ts'

type Answer = AnswerOf<typeof myStaff>
type Staff = Answer['staff'][number]
const abilities = Object.keys(abilityTexts) as Ability[]
const pageSize = 50
const postMax = 40

interface SheetProps {
  readonly merchantId: string
  readonly view: GroupView
  readonly open: boolean
  readonly onClose: () => void
}
/** One page after another: a shop may have hundreds. */
function useStaff(merchantId: string, open: boolean) {
  const { client, toast } = useQun()
  const [shown, setShown] = useState<Answer>()
  const load = useCallback(
    async (after?: UserId) => {
      try {
        const query = { limit: pageSize, ...(after === undefined ? {} : { after }) }
        const answer = await client.call(myStaff, { params: { merchantId }, query })
        setShown((before) =>
          after === undefined ? answer : { ...answer, staff: [...(before?.staff ?? []), ...answer.staff] },
        )
      } catch (error) {
        toast(problemText(error), 'danger')
      }
    },
    [client, merchantId, toast],
  )
  useEffect(() => {
    if (open) void load()
  }, [open, load])
  return { shown, load }
}

export function StaffSheet({ merchantId, view, open, onClose }: SheetProps) {
  const text = useText()
  const { shown, load } = useStaff(merchantId, open)
  const [edited, setEdited] = useState<Staff>()
  const [isAdding, setIsAdding] = useState(false)
  const last = shown?.staff.at(-1)
  const saved = () => {
    setEdited(undefined)
    void load()
  }
  return (
    <>
      <Sheet open={open} onClose={onClose} title={merchantTexts.staff}>
        {shown?.staff.length === 0 && <p className="qun-section__note">{text(merchantTexts.staffNone)}</p>}
        <ul>
          {shown?.staff.map((one) => (
            <li key={one.userId}>
              <PageRow
                label={one.name}
                hint={one.abilities.map((ability) => text(abilityTexts[ability])).join(' · ')}
                value={one.post}
                onClick={() => setEdited(one)}
              />
            </li>
          ))}
        </ul>
        {shown?.more === true && last && (
          <ActionButton wide tone="quiet" onClick={() => load(last.userId)}>
            {text(merchantTexts.more)}
          </ActionButton>
        )}
        {/* Not before it is known who works there, and what the viewer may give. */}
        {shown !== undefined && (
          <ActionButton wide onClick={async () => setIsAdding(true)}>
            {text(merchantTexts.staffAdd)}
          </ActionButton>
        )}
      </Sheet>
      <PickSheet
        view={view}
        open={isAdding}
        known={new Set(shown?.staff.map(({ userId }) => userId))}
        onClose={() => setIsAdding(false)}
        onPick={(userId, name) => {
          setIsAdding(false)
          setEdited({ userId: userId as UserId, name, post: '', abilities: [], since: 0 })
        }}
      />
      <Sheet open={edited !== undefined} onClose={() => setEdited(undefined)} title={edited?.name ?? ''}>
        {edited && shown && (
          <WorkForm
            key={edited.userId}
            merchantId={merchantId}
            one={edited}
            held={shown.held}
            isNew={edited.since === 0}
            onSaved={saved}
          />
        )}
      </Sheet>
    </>
  )
}
/** Members of the group who do not work there yet. */
function PickSheet(props: {
  readonly view: GroupView
  readonly open: boolean
  readonly known: ReadonlySet<string>
  readonly onClose: () => void
  readonly onPick: (userId: string, name: string) => void
}) {
  const { view, open, known, onClose, onPick } = props
  const members = [...view.members.values()].filter(({ active, userId }) => active && !known.has(userId))
  return (
    <Sheet open={open} onClose={onClose} title={merchantTexts.staffPick}>
      <ul>
        {members.map((member) => (
          <li key={member.userId}>
            <button type="button" className="qun-pagerow" onClick={() => onPick(member.userId, member.name)}>
              <span className="qun-pagerow__label">
                <MemberName member={member} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Sheet>
  )
}
interface FormProps {
  readonly merchantId: string
  readonly one: Staff
  readonly held: readonly Ability[]
  readonly isNew: boolean
  readonly onSaved: () => void
}
function WorkForm({ merchantId, one, held, isNew, onSaved }: FormProps) {
  const { client } = useQun()
  const text = useText()
  const [draft, setDraft] = useState<RequestOf<typeof putMyStaff>>({ post: one.post, abilities: one.abilities })
  const params = { merchantId, userId: one.userId }
  const faultsOf = ({ post }: typeof draft): FormFaults =>
    post.trim() === '' ? { post: merchantTexts.postMissing } : {}
  const save = async () => {
    await client.call(putMyStaff, { params, body: { ...draft, post: draft.post.trim() } })
    onSaved()
  }
  const remove = async () => {
    await client.call(removeMyStaff, { params })
    onSaved()
  }
  const turn = (ability: Ability, on: boolean) =>
    setDraft({
      ...draft,
      abilities: abilities.filter((each) => (each === ability ? on : draft.abilities.includes(each))),
    })
  return (
    <>
      <PlayForm draft={draft} faultsOf={faultsOf} onSubmit={save} submitLabel={text(merchantTexts.save)}>
        {(faults) => (
          <>
            <FormText
              label={text(merchantTexts.post)}
              value={draft.post}
              onType={(post) => setDraft({ ...draft, post })}
              max={postMax}
              fault={faults['post']}
            />
            <FormSet legend={text(merchantTexts.abilities)}>
              {abilities.map((ability) => (
                <label key={ability} className="qun-pagerow">
                  <span className="qun-pagerow__label">{text(abilityTexts[ability])}</span>
                  <input
                    type="checkbox"
                    role="switch"
                    className="qun-switch"
                    checked={draft.abilities.includes(ability)}
                    // Nobody gives what they do not hold; what somebody has already may be kept or taken.
                    disabled={!held.includes(ability) && !one.abilities.includes(ability)}
                    onChange={(change) => turn(ability, change.target.checked)}
                  />
                </label>
              ))}
            </FormSet>
          </>
        )}
      </PlayForm>
      {!isNew && (
        <ActionButton wide tone="danger" onClick={remove}>
          {text(merchantTexts.staffRemove)}
        </ActionButton>
      )}
    </>
  )
}
