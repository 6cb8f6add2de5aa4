/** The form in the plus menu: a draw in one screen, what the law wants told already filled in. */
import type { GroupId } from '@qun/contract'
import {
  ComposeForm,
  DraftText,
  FormChoice,
  FormList,
  FormRow,
  FormSet,
  FormSpan,
  FormText,
  useQun,
  useText,
  type ComposeProps,
  type DraftParts,
} from '@qun/ui'
import { useEffect } from 'react'
import { beaconsOf, prizesMax, type luckyDraw, type OfferedChain } from '../contract.ts'
import { bodyOf, drawAfterChoices, emptyDraft, entropyModeOf, faultsOf, type DrawDraft } from './draft.ts'
import { afterTexts } from './texts-after.ts'
import { beaconTexts } from './texts-beacon.ts'
import { drawTexts, prizeLabelText } from './texts.ts'

export function LuckyDrawForm({ group, submit }: ComposeProps<typeof luckyDraw>) {
  const text = useText()
  const first = () => emptyDraft(group.get().group?.name ?? '', text)
  return (
    <ComposeForm {...{ first, faultsOf, bodyOf, submit }} publish={drawTexts.publish}>
      {(part) => (
        <>
          <DraftText name="title" label={drawTexts.title} placeholder={text(drawTexts.titleHint)} max={60} {...part} />
          <Prizes {...part} />
          <Times {...part} />
          <Rules {...part} groupId={group.groupId as GroupId} />
          <DraftText name="campaign" label={afterTexts.campaign} max={40} {...part} />
          <FormSet legend={text(drawTexts.disclosure)}>
            <p className="qun-draw__hint">{text(drawTexts.disclosureHint)}</p>
            <DraftText name="organiser" label={drawTexts.organiser} max={60} {...part} />
            <DraftText name="contact" label={drawTexts.contact} max={100} {...part} />
            <DraftText name="conditions" label={drawTexts.conditions} max={500} long {...part} />
            <DraftText name="method" label={drawTexts.method} max={500} long {...part} />
          </FormSet>
        </>
      )}
    </ComposeForm>
  )
}

/** Asks once which public randomness the server offers; tells nothing where there is none or it cannot be asked. */
function useOfferedChain(groupId: GroupId, tell: (chain: OfferedChain) => void): void {
  const { client } = useQun()
  useEffect(() => {
    let isWanted = true
    client
      .call(beaconsOf, { params: { groupId } })
      .then(({ chains: [first] }) => {
        if (isWanted && first !== undefined) tell(first)
      })
      .catch(() => undefined)
    return () => {
      isWanted = false
    }
    // oxlint-disable-next-line react/exhaustive-deps -- what to tell does not change what to ask
  }, [client, groupId])
}

type PartProps = DraftParts<DrawDraft>
function Times({ draft, change, faults }: PartProps) {
  const text = useText()
  const [first, second, third] = drawAfterChoices
  const isBeacon = entropyModeOf(draft) === 'beacon'
  return (
    <FormRow>
      <FormSpan
        label={text(drawTexts.entryTime)}
        value={{ amount: draft.amount, unit: draft.unit }}
        fault={faults['amount']}
        onChange={change}
      />
      <FormChoice
        label={text(drawTexts.drawTime)}
        value={String(draft.drawAfterMs)}
        choices={[
          { value: String(first), label: text(isBeacon ? beaconTexts.drawOnRound : drawTexts.drawAtOnce) },
          { value: String(second), label: text(drawTexts.drawMinute) },
          { value: String(third), label: text(drawTexts.drawTen) },
        ]}
        onChoose={(value) => change({ drawAfterMs: Number(value) })}
      />
    </FormRow>
  )
}
const modeTexts = { beacon: drawTexts.modeBeacon, group: drawTexts.modeGroup, none: drawTexts.modeNone } as const
function Rules({ draft, change, groupId }: PartProps & { readonly groupId: GroupId }) {
  const text = useText()
  useOfferedChain(groupId, (chain) => change({ chain }))
  const mode = entropyModeOf(draft)
  const offersBeacon = draft.chain !== undefined
  return (
    <>
      <FormChoice
        label={text(drawTexts.randomness)}
        value={mode}
        choices={[
          ...(offersBeacon ? [{ value: 'beacon', label: text(beaconTexts.entropyBeacon) } as const] : []),
          { value: 'group', label: text(offersBeacon ? beaconTexts.entropyGroupPlain : drawTexts.entropyGroup) },
          { value: 'none', label: text(drawTexts.entropyNone) },
        ]}
        hint={text(modeTexts[mode])}
        onChoose={(entropy) => change({ entropy })}
      />
      <FormChoice
        label={text(drawTexts.claimDays)}
        value={draft.claimDays}
        choices={[
          { value: '7', label: text(drawTexts.claimWeek) },
          { value: '30', label: text(drawTexts.claimMonth) },
          { value: '0', label: text(drawTexts.claimNone) },
        ]}
        onChoose={(claimDays) => change({ claimDays })}
      />
      {draft.claimDays !== '0' && (
        <FormChoice
          label={text(afterTexts.unclaimed)}
          value={draft.unclaimed}
          choices={[
            { value: 'void', label: text(afterTexts.unclaimedVoid) },
            { value: 'redraw', label: text(afterTexts.unclaimedRedraw) },
          ]}
          onChoose={(unclaimed) => change({ unclaimed })}
        />
      )}
    </>
  )
}
function Prizes({ draft, change, faults }: PartProps) {
  const text = useText()
  return (
    <FormList
      look="block"
      legend={drawTexts.prizes}
      rows={draft.prizes}
      min={1}
      max={prizesMax}
      onChange={(prizes) => change({ prizes })}
      make={(id) => ({ id, name: '', quantity: '1', worth: '' })}
      nameOf={prizeLabelText}
      addLabel={drawTexts.addPrize}
      removeLabel={drawTexts.removePrize}
    >
      {({ id, name, quantity, worth }, set) => (
        <>
          <FormText
            label={text(drawTexts.prizeName)}
            value={name}
            max={40}
            fault={faults[`name-${id}`]}
            onType={(typed) => set({ name: typed })}
          />
          <FormRow>
            <FormText
              kind="whole"
              label={text(drawTexts.quantity)}
              value={quantity}
              max={3}
              fault={faults[`quantity-${id}`]}
              onType={(typed) => set({ quantity: typed })}
            />
            <FormText
              kind="money"
              label={text(drawTexts.value)}
              value={worth}
              max={12}
              fault={faults[`worth-${id}`]}
              onType={(typed) => set({ worth: typed })}
            />
          </FormRow>
        </>
      )}
    </FormList>
  )
}
