/** The form in the plus menu: a packet in one screen, with what it will take from the sender's points. */
import type { GroupId } from '@qun/contract'
import {
  ComposeForm,
  DraftText,
  FormChoice,
  FormField,
  FormRow,
  useQun,
  useText,
  type ComposeProps,
  type DraftParts,
} from '@qun/ui'
import { useEffect, useState } from 'react'
import { purseOf, shareMax, vouchersOf, type redPacket, type Voucher } from '../contract.ts'
import {
  bodyOf,
  emptyDraft,
  faultsOf,
  isEach,
  points,
  totalOf,
  type Bounds,
  type Kind,
  type PacketDraft,
} from './draft.ts'
import { amountText, balanceText, packetTexts, voucherText } from './texts.ts'

type Group = ComposeProps<typeof redPacket>['group']
type PartProps = DraftParts<PacketDraft>

interface Purse {
  readonly balance: number | undefined
  readonly shareMax: number
  /** False where points are worth nothing: in a friends' group. */
  readonly hasPoints: boolean
}
/** The sender's points and the limits of a packet; the balance is undefined until the server says. */
function usePurse(groupId: GroupId): Purse {
  const { client } = useQun()
  const [purse, setPurse] = useState<Purse>({ balance: undefined, shareMax, hasPoints: true })
  useEffect(() => {
    let isGone = false
    const ask = async () => {
      const answer = await client.call(purseOf, { params: { groupId } })
      const points = answer.purses.find(({ currency }) => currency === 'points')
      const hasPoints = points !== undefined
      if (!isGone) setPurse({ balance: points?.balance ?? undefined, shareMax: answer.shareMax, hasPoints })
    }
    // Without an answer the form works all the same: the server has the last word.
    ask().catch(() => undefined)
    return () => {
      isGone = true
    }
  }, [client, groupId])
  return purse
}

/** The coupons the group may give in packets; none for members, who may give none. */
function useVouchers(groupId: GroupId, isStaff: boolean): readonly Voucher[] {
  const { client } = useQun()
  const [vouchers, setVouchers] = useState<readonly Voucher[]>([])
  useEffect(() => {
    if (!isStaff) return undefined
    let isGone = false
    client
      .call(vouchersOf, { params: { groupId } })
      .then((answer) => {
        if (!isGone) setVouchers(answer.vouchers)
      })
      .catch(() => undefined)
    return () => {
      isGone = true
    }
  }, [client, groupId, isStaff])
  return vouchers
}

export function RedPacketForm({ group, submit }: ComposeProps<typeof redPacket>) {
  const text = useText()
  const { client } = useQun()
  const purse = usePurse(group.groupId as GroupId)
  const view = group.get()
  const role = view.members.get(client.userId.get() ?? '')?.role ?? 'member'
  const vouchers = useVouchers(group.groupId as GroupId, role !== 'member')
  const bounds: Bounds = { ...purse, memberCount: view.group?.memberCount ?? view.members.size }
  if (!purse.hasPoints && vouchers.length === 0) return <p className="qun-packet__none">{text(packetTexts.noPoints)}</p>
  return (
    <ComposeForm
      {...{ bodyOf, submit }}
      first={emptyDraft}
      faultsOf={(typed) => faultsOf(typed, bounds)}
      publish={packetTexts.send}
      tone="packet"
    >
      {(part) => (
        <>
          {vouchers.length > 0 && <Gives {...part} vouchers={vouchers} />}
          <Kinds {...part} />
          <Amounts {...part} />
          {part.draft.kind === 'exclusive' && <Recipient {...part} group={group} />}
          {part.draft.kind === 'passphrase' && <Phrase {...part} />}
          <DraftText
            name="greeting"
            label={packetTexts.greetingLabel}
            max={40}
            placeholder={text(packetTexts.greeting)}
            {...part}
          />
          <Takes draft={part.draft} balance={purse.balance} />
        </>
      )}
    </ComposeForm>
  )
}

/** What the packet takes, and from how much. */
function Takes({ draft, balance }: Pick<PartProps, 'draft'> & { readonly balance: number | undefined }) {
  const text = useText()
  const given = { currency: draft.voucher?.currency ?? points.currency, unit: draft.voucher?.title }
  return (
    <p className="qun-packet__preview" aria-live="polite">
      <strong>{text(amountText(given, totalOf(draft) ?? 0))}</strong>
      {draft.voucher === undefined && balance !== undefined && (
        <span>{text(balanceText(amountText(points, balance)))}</span>
      )}
    </p>
  )
}

/** Points, or coupons of one of the stocks the group offers. */
function Gives({ draft, change, vouchers }: Omit<PartProps, 'faults'> & { readonly vouchers: readonly Voucher[] }) {
  const text = useText()
  const choose = (currency: string) => {
    const voucher = vouchers.find((one) => one.currency === currency)
    // There is no luck in coupons: each share has as many.
    change({ voucher, ...(voucher !== undefined && draft.kind === 'lucky' ? { kind: 'equal' } : {}) })
  }
  return (
    <FormChoice
      label={text(packetTexts.give)}
      value={draft.voucher?.currency ?? points.currency}
      choices={[
        { value: points.currency, label: text(packetTexts.points) },
        ...vouchers.map(({ currency, title, left }) => ({ value: currency, label: text(voucherText(title, left)) })),
      ]}
      onChoose={choose}
    />
  )
}

const kinds = [
  { kind: 'lucky', label: packetTexts.kindLucky },
  { kind: 'equal', label: packetTexts.kindEqual },
  { kind: 'exclusive', label: packetTexts.kindExclusive },
  { kind: 'passphrase', label: packetTexts.kindPassphrase },
] as const satisfies readonly { kind: Kind; label: unknown }[]
function Kinds({ draft, change }: Omit<PartProps, 'faults'>) {
  const text = useText()
  return (
    <fieldset className="qun-packet__kinds">
      <legend className="qun-hidden">{text(packetTexts.kindLabel)}</legend>
      {kinds
        .filter(({ kind }) => draft.voucher === undefined || kind !== 'lucky')
        .map(({ kind, label }) => (
          <label key={kind} className="qun-packet__kindchoice">
            <input
              type="radio"
              className="qun-hidden"
              name="red-packet-kind"
              checked={draft.kind === kind}
              onChange={() => change({ kind })}
            />
            <span>{text(label)}</span>
          </label>
        ))}
    </fieldset>
  )
}

function Amounts({ draft, change, faults }: PartProps) {
  const text = useText()
  const { kind, voucher } = draft
  const pointsLabel = isEach(draft) ? packetTexts.each : kind === 'exclusive' ? packetTexts.amount : packetTexts.total
  const label = voucher === undefined ? pointsLabel : packetTexts.eachCoupons
  return (
    <>
      <FormRow>
        <DraftText name="amount" label={label} max={7} kind="whole" {...{ draft, change, faults }} />
        {kind !== 'exclusive' && (
          <DraftText name="count" label={packetTexts.count} max={3} kind="whole" {...{ draft, change, faults }} />
        )}
      </FormRow>
      {voucher === undefined && (kind === 'lucky' || kind === 'passphrase') && (
        <label className="qun-packet__tick">
          <input
            type="checkbox"
            checked={draft.exciting}
            onChange={(ticked) => change({ exciting: ticked.target.checked })}
          />
          {text(packetTexts.exciting)}
        </label>
      )}
    </>
  )
}

function Recipient({ draft, change, faults, group }: PartProps & { readonly group: Group }) {
  const { client } = useQun()
  const text = useText()
  const members = [...group.get().members.values()].filter(
    ({ userId, active }) => active && userId !== client.userId.get(),
  )
  return (
    <FormField label={text(packetTexts.recipient)} fault={faults['recipientId']}>
      {(marks) => (
        <select
          {...marks}
          className="qun-input"
          value={draft.recipientId}
          onChange={(picked) => change({ recipientId: picked.target.value })}
        >
          <option value="">{text(packetTexts.recipientChoose)}</option>
          {members.map(({ userId, name }) => (
            <option key={userId} value={userId}>
              {name}
            </option>
          ))}
        </select>
      )}
    </FormField>
  )
}

function Phrase(part: PartProps) {
  const text = useText()
  return (
    <>
      <DraftText name="phrase" label={packetTexts.phrase} max={40} hint={text(packetTexts.phraseHint)} {...part} />
      <DraftText name="hint" label={packetTexts.hint} max={60} {...part} />
    </>
  )
}
