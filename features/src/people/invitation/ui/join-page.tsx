/** The page before joining by a link: who is here, what the group is about, or why the link does not work. */
import type { AnswerOf } from '@qun/contract'
import { ActionButton, CheckIcon, ClockIcon, LinkIcon, PeopleIcon, problemOf, useQun, useText, WarnIcon } from '@qun/ui'
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { acceptInvite, previewInvite } from '../contract.ts'
import { GroupFaceView } from './group-face.tsx'
import { inviteTexts, outcomeTexts, sharedByText } from './texts.ts'

export interface JoinPageProps {
  readonly code: string
  readonly onJoined: (groupId: string) => void
  readonly onBack: () => void
}
type Preview = AnswerOf<typeof previewInvite>
type Step =
  | { readonly at: 'loading' }
  | { readonly at: 'shown'; readonly preview: Preview }
  | { readonly at: 'failed'; readonly problem: string }

const icons: Readonly<Record<string, ReactNode>> = {
  'invite.expired': <ClockIcon size={34} />,
  'invite.exhausted': <PeopleIcon size={34} />,
  'invite.revoked': <LinkIcon size={34} />,
  'group.full': <PeopleIcon size={34} />,
}

/** Opening it joins nobody and uses nothing up. */
export function JoinPage({ code, onJoined, onBack }: JoinPageProps) {
  const { client } = useQun()
  const text = useText()
  const [step, setStep] = useState<Step>({ at: 'loading' })
  const load = useCallback(() => {
    setStep({ at: 'loading' })
    return client.call(previewInvite, { params: { code } }).then(
      (preview) =>
        setStep(
          preview.outcome === 'full'
            ? failed('group.full')
            : preview.outcome === 'blacklisted'
              ? failed('member.blacklisted')
              : { at: 'shown', preview },
        ),
      (error: unknown) => setStep(failed(problemOf(error)?.code ?? 'unknown')),
    )
  }, [client, code])
  useEffect(() => void load(), [load])

  if (step.at === 'loading') {
    return (
      <div className="qun-invite__page" aria-busy="true">
        <span className="qun-spinner" aria-hidden="true" />
        <p className="qun-invite__count" role="status">
          {text(inviteTexts.loading)}
        </p>
      </div>
    )
  }
  if (step.at === 'failed') return <Outcome problem={step.problem} onBack={onBack} onRetry={load} />
  const { group, inviter, outcome } = step.preview
  const join = async () => {
    try {
      onJoined((await client.call(acceptInvite, { params: { code }, body: {} })).groupId)
    } catch (error) {
      const problem = problemOf(error)?.code
      // The link may have run out between looking and joining; then the page says which.
      if (problem === undefined || !(problem in outcomeTexts)) throw error
      setStep(failed(problem))
    }
  }
  return (
    <div className="qun-invite__page">
      {inviter && <p className="qun-invite__inviter">{text(sharedByText(inviter.name))}</p>}
      <GroupFaceView name={group.name} avatar={group.avatar} faces={group.faces} memberCount={group.memberCount} />
      <section className="qun-invite__rules">
        <h4>{text(inviteTexts.rules)}</h4>
        <p>{group.description === '' ? text(inviteTexts.noRules) : group.description}</p>
      </section>
      <p className="qun-invite__promise">{text(inviteTexts.quietPromise)}</p>
      <div className="qun-invite__actions">
        {outcome === 'already_member' && (
          <p className="qun-invite__already">
            <CheckIcon size={18} /> {text(inviteTexts.already)}
          </p>
        )}
        <ActionButton wide onClick={join}>
          {text(outcome === 'already_member' ? inviteTexts.enter : inviteTexts.join)}
        </ActionButton>
        <ActionButton wide tone="quiet" onClick={onBack}>
          {text(inviteTexts.later)}
        </ActionButton>
      </div>
    </div>
  )
}

const failed = (problem: string): Step => ({ at: 'failed', problem })

function Outcome({
  problem,
  onBack,
  onRetry,
}: {
  readonly problem: string
  readonly onBack: () => void
  readonly onRetry: () => Promise<void>
}) {
  const text = useText()
  const known = problem in outcomeTexts ? problem : 'unknown'
  const words = outcomeTexts[known]
  if (words === undefined) return null
  return (
    <div className="qun-invite__page">
      <span className="qun-invite__outcomeicon">{icons[known] ?? <WarnIcon size={34} />}</span>
      <h3 className="qun-invite__name" role="alert">
        {text(words.title)}
      </h3>
      <p className="qun-invite__count">{text(words.hint)}</p>
      <div className="qun-invite__actions">
        {known === 'unknown' && (
          <ActionButton wide onClick={onRetry}>
            {text(inviteTexts.retry)}
          </ActionButton>
        )}
        <ActionButton wide tone="quiet" onClick={onBack}>
          {text(inviteTexts.back)}
        </ActionButton>
      </div>
    </div>
  )
}
