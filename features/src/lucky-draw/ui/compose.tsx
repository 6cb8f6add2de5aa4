/** The form in the plus menu: a draw in one screen, what the law wants told already filled in. */
import {
  DraftText,
  FormChoice,
  FormList,
  FormRow,
  FormSet,
  FormSpan,
  FormText,
  PlayForm,
  useDraft,
  useQun,
  useText,
  type ComposeProps,
  type DraftParts,
} from '@qun/ui'
import { prizesMax, type luckyDraw } from '../contract.ts'
import { bodyOf, drawAfterChoices, emptyDraft, faultsOf, type DrawDraft } from './draft.ts'
import { afterTexts } from './texts-after.ts'
import { drawTexts, prizeLabelText } from './texts.ts'

export function LuckyDrawForm({ group, submit }: ComposeProps<typeof luckyDraw>) {
  const { client } = useQun()
  const text = useText()
  const [draft, change] = useDraft(() => emptyDraft(group.get().group?.name ?? '', text))
  return (
    <PlayForm
      draft={draft}
      faultsOf={faultsOf}
      onSubmit={() => submit(bodyOf(draft, client.serverNow()))}
      submitLabel={text(drawTexts.publish)}
    >
      {(faults) => {
        const part = { draft, change, faults }
        return (
          <>
            <DraftText
              name="title"
              label={drawTexts.title}
              placeholder={text(drawTexts.titleHint)}
              max={60}
              {...part}
            />
            <Prizes {...part} />
            <Times {...part} />
            <Rules {...part} />
            <FormSet legend={text(drawTexts.disclosure)}>
              <p className="qun-draw__hint">{text(drawTexts.disclosureHint)}</p>
              <DraftText name="organiser" label={drawTexts.organiser} max={60} {...part} />
              <DraftText name="contact" label={drawTexts.contact} max={100} {...part} />
              <DraftText name="conditions" label={drawTexts.conditions} max={500} long {...part} />
              <DraftText name="method" label={drawTexts.method} max={500} long {...part} />
            </FormSet>
          </>
        )
      }}
    </PlayForm>
  )
}

type PartProps = DraftParts<DrawDraft>
function Times({ draft, change, faults }: PartProps) {
  const text = useText()
  const [first, second, third] = drawAfterChoices
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
          { value: String(first), label: text(drawTexts.drawAtOnce) },
          { value: String(second), label: text(drawTexts.drawMinute) },
          { value: String(third), label: text(drawTexts.drawTen) },
        ]}
        onChoose={(value) => change({ drawAfterMs: Number(value) })}
      />
    </FormRow>
  )
}
function Rules({ draft, change }: Omit<PartProps, 'faults'>) {
  const text = useText()
  return (
    <>
      <FormChoice
        label={text(drawTexts.randomness)}
        value={draft.entropy}
        choices={[
          { value: 'group', label: text(drawTexts.entropyGroup) },
          { value: 'none', label: text(drawTexts.entropyNone) },
        ]}
        hint={text(draft.entropy === 'group' ? drawTexts.modeGroup : drawTexts.modeNone)}
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
