/** Repeats the draw before the viewer's eyes, step by step, and shows the numbers to whoever wants them. */
import type { GroupId, LocalText } from '@qun/contract'
import { CheckIcon, Sheet, useQun, useText, WarnIcon } from '@qun/ui'
import { useEffect, useState } from 'react'
import { entriesOf, proofOf, type EntryLine, type Prize, type Proof } from '../contract.ts'
import { BeaconRound } from './round.tsx'
import { afterTexts } from './texts-after.ts'
import { beaconTexts } from './texts-beacon.ts'
import { drawTexts } from './texts.ts'
import { verifyDraw, type Check } from './verify.ts'

export interface ProofSheetProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly groupId: GroupId
  readonly seq: number
  readonly commit: string
  readonly listHash: string | undefined
  readonly prizes: readonly Prize[]
  readonly own: { readonly userId: string; readonly entryNo: number } | undefined
}
interface Verified {
  readonly proof: Proof
  readonly checks: readonly Check[]
}
type Progress =
  | { readonly step: 'busy' }
  | { readonly step: 'failed' }
  | { readonly step: 'insecure' }
  | ({ readonly step: 'done' } & Verified)

const words = {
  commit: drawTexts.checkCommit,
  list: drawTexts.checkList,
  mine: drawTexts.checkMine,
  winners: drawTexts.checkWinners,
  redraw: afterTexts.checkRedraw,
} as const

export function ProofSheet(props: ProofSheetProps) {
  const { open, onClose } = props
  const progress = useVerification(props)
  return (
    <Sheet open={open} onClose={onClose} title={drawTexts.proof}>
      <div className="qun-draw__proof" aria-live="polite">
        <ProofContent progress={progress} prizes={props.prizes} />
      </div>
    </Sheet>
  )
}

function useVerification({ open, groupId, seq, commit, listHash, own }: ProofSheetProps): Progress {
  const { client, toast } = useQun()
  const [progress, setProgress] = useState<Progress>({ step: 'busy' })
  const ownId = own?.userId
  const ownNo = own?.entryNo
  useEffect(() => {
    if (!open) return
    let wanted = true
    const show = (next: Progress) => {
      if (wanted) setProgress(next)
    }
    const run = async () => {
      if (globalThis.crypto?.subtle === undefined) return show({ step: 'insecure' })
      show({ step: 'busy' })
      const { proof } = await client.call(proofOf, { params: { groupId, seq } })
      const entries = await listEntries()
      const own = ownId === undefined || ownNo === undefined ? {} : { own: { userId: ownId, entryNo: ownNo } }
      show({ step: 'done', proof, checks: await verifyDraw({ commit, listHash, proof, entries, ...own }) })
    }
    const listEntries = async () => {
      const all: EntryLine[] = []
      for (;;) {
        const after = all.at(-1)?.entryNo ?? 0
        const page = await client.call(entriesOf, { params: { groupId, seq }, query: { after, limit: 1_000 } })
        all.push(...page.entries)
        if (page.entries.length === 0 || all.length >= page.entryCount) return all
      }
    }
    run().catch(() => show({ step: 'failed' }))
    return () => {
      wanted = false
    }
  }, [open, client, toast, groupId, seq, commit, listHash, ownId, ownNo])
  return progress
}

function ProofContent({ progress, prizes }: { readonly progress: Progress; readonly prizes: readonly Prize[] }) {
  const text = useText()
  if (progress.step === 'insecure') return <p className="qun-draw__waiting">{text(drawTexts.needsSecure)}</p>
  if (progress.step === 'failed') return <p className="qun-draw__waiting">{text(drawTexts.notGood)}</p>
  if (progress.step === 'busy') {
    return (
      <p className="qun-draw__waiting">
        <span className="qun-spinner" aria-hidden="true" /> {text(drawTexts.checking)}
      </p>
    )
  }
  const { checks, proof } = progress
  const good = checks.every((check) => check.passed)
  const verdict = good ? (checks.length === 4 ? drawTexts.allGood : drawTexts.allGoodGuest) : drawTexts.notGood
  return (
    <>
      <ol className="qun-draw__checks">
        {checks.map((check) => (
          <li key={check.name} className={check.passed ? 'qun-draw__check' : 'qun-draw__check qun-draw__check--failed'}>
            {check.passed ? <CheckIcon size={20} /> : <WarnIcon size={20} />}
            <span>
              {text(words[check.name])}
              {!check.passed && <strong> · {text(drawTexts.checkFailed)}</strong>}
            </span>
          </li>
        ))}
      </ol>
      <p className={good ? 'qun-draw__verdict' : 'qun-draw__verdict qun-draw__verdict--bad'}>{text(verdict)}</p>
      <h4 className="qun-draw__subhead">{text(drawTexts.allWinners)}</h4>
      <Winners round={proof} prizes={prizes} />
      {proof.redraw !== undefined && (
        <>
          <h4 className="qun-draw__subhead">{text(afterTexts.redraw)}</h4>
          <Winners round={proof.redraw} prizes={prizes} />
        </>
      )}
      <ByHand proof={proof} />
      <details className="qun-draw__numbers">
        <summary>{text(drawTexts.numbers)}</summary>
        <dl>
          {numbersOf(proof).map(([name, value]) => (
            <div key={name.en}>
              <dt>{text(name)}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  )
}

/** The one number this device cannot repeat: where everybody may see that it was public. */
function ByHand({ proof }: { readonly proof: Proof }) {
  const text = useText()
  if (proof.entropy.mode !== 'beacon') return null
  return (
    <div className="qun-draw__byhand">
      <h4 className="qun-draw__subhead">{text(beaconTexts.source)}</h4>
      <p>{text(beaconTexts.byHand)}</p>
      <BeaconRound entropy={proof.entropy} />
      <code className="qun-draw__hash">{proof.beacon}</code>
    </div>
  )
}

interface WinnersProps {
  readonly round: Pick<Proof, 'winners' | 'voided'>
  readonly prizes: readonly Prize[]
}
function Winners({ round, prizes }: WinnersProps) {
  const text = useText()
  return (
    <>
      <ul className="qun-draw__allwinners">
        {round.winners.map((winner) => (
          <li key={winner.entryNo}>
            <span className="qun-draw__number">{winner.entryNo}</span>
            <bdi>{winner.name}</bdi>
            <span className="qun-draw__winnerprize">{prizes[winner.prize]?.name}</span>
          </li>
        ))}
      </ul>
      {round.voided.length > 0 && (
        <p className="qun-draw__waiting">
          {text(drawTexts.voided)}: {round.voided.join(', ')}
        </p>
      )}
    </>
  )
}

/** All it takes to repeat the draw with a program of one's own, but the list of entries. */
function numbersOf(proof: Proof): (readonly [LocalText, string])[] {
  const numbers = [
    [drawTexts.numberDraw, proof.drawId],
    [drawTexts.numberSeed, proof.seed],
    [drawTexts.numberCommit, proof.commit],
    [drawTexts.numberList, proof.listHash],
    [drawTexts.numberBeacon, proof.beacon],
    [drawTexts.numberEntries, String(proof.entryCount)],
  ] as const
  return numbers.filter(([, value]) => value !== '')
}
