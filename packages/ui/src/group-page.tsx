/** The group itself: its people, what it is about, the viewer's own settings, and the parts features add. */
import { engineEndpoints, type MemberRow } from '@qun/contract'
import type { GroupHandle, GroupView } from '@qun/sdk'
import { Fragment, useEffect, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { Avatar, GroupAvatar, MemberName } from './avatar.tsx'
import { viewerIn } from './chat-context.tsx'
import { useConversation, useGroup } from './hooks.tsx'
import { BackIcon, ForwardIcon } from './icons.tsx'
import { MemberSheet } from './member-sheet.tsx'
import { Sheet } from './overlay.tsx'
import { problemOf, problemText } from './problem.ts'
import { useQun, useText, useWords } from './qun-context.ts'
import { texts } from './texts.ts'

/** People in the grid; the rest behind 查看全部成员. */
const gridMax = 14
const pageSize = 200

export interface GroupPageProps {
  readonly groupId: string
  /** Shows the way back; leave it out where the page stands beside the chat. */
  readonly onBack?: (() => void) | undefined
}
export function GroupPage({ groupId, onBack }: GroupPageProps) {
  const { group, view } = useGroup(groupId)
  const words = useWords()
  return (
    <section className="qun-page" aria-label={words('group.title')}>
      <header className="qun-bar">
        {onBack && (
          <button
            type="button"
            className="qun-iconbutton qun-bar__back"
            aria-label={words('chat.back')}
            onClick={onBack}
          >
            <BackIcon size={26} />
          </button>
        )}
        <h1 className="qun-bar__title">{words('group.title')}</h1>
      </header>
      {group && view?.ready ? <PageContent group={group} view={view} /> : <PageSkeleton />}
    </section>
  )
}
function PageContent({ group, view }: { readonly group: GroupHandle; readonly view: GroupView }) {
  const { client, viewerId, sections } = useQun()
  const text = useText()
  const { members } = view
  const viewer = useMemo(() => viewerIn(members, viewerId), [members, viewerId])
  const [memberId, setMemberId] = useState<string>()
  const own: { order: number; name: string; node: ReactNode }[] = [
    { order: 50, name: 'about', node: <About view={view} /> },
    { order: 100, name: 'people', node: <People group={group} view={view} openMember={setMemberId} /> },
    { order: 300, name: 'mine', node: <Mine groupId={view.groupId} /> },
  ]
  const added = sections.map(({ name, order, title, Section }) => ({
    order,
    name: `feature-${name}`,
    node: (
      <PageSection title={title && text(title)}>
        <Section group={group} view={view} viewer={viewer} client={client} />
      </PageSection>
    ),
  }))
  const all = [...own, ...added].toSorted((a, b) => a.order - b.order)
  return (
    <div className="qun-page__content">
      {all.map((part) => (
        <Fragment key={part.name}>{part.node}</Fragment>
      ))}
      <MemberSheet group={group} view={view} viewer={viewer} userId={memberId} onClose={() => setMemberId(undefined)} />
    </div>
  )
}
/** A part of the page. It disappears with its title when its content draws nothing. */
export function PageSection({
  title,
  children,
}: {
  readonly title?: string | undefined
  readonly children: ReactNode
}) {
  return (
    <section className="qun-section">
      {title !== undefined && <h2 className="qun-section__title">{title}</h2>}
      <div className="qun-section__content">{children}</div>
    </section>
  )
}
export interface PageRowProps {
  readonly label: string
  readonly hint?: string
  readonly value?: ReactNode
  readonly onClick?: () => void
  readonly danger?: boolean
}
/** A line of the page: a label, a value, and perhaps somewhere to go. */
export function PageRow({ label, hint, value, onClick, danger = false }: PageRowProps) {
  const className = danger ? 'qun-pagerow qun-pagerow--danger' : 'qun-pagerow'
  const content = (
    <>
      <span className="qun-pagerow__label">
        {label}
        {hint !== undefined && <span className="qun-pagerow__hint">{hint}</span>}
      </span>
      {value !== undefined && <span className="qun-pagerow__value">{value}</span>}
      {onClick && !danger && <ForwardIcon size={18} />}
    </>
  )
  if (!onClick) return <div className={className}>{content}</div>
  return (
    <button type="button" className={className} onClick={onClick}>
      {content}
    </button>
  )
}
/** A switch that asks the server and shows the refusal; it moves at once and comes back when refused. */
export function PageSwitch(props: {
  readonly label: string
  readonly hint?: string
  readonly on: boolean
  readonly set: (on: boolean) => Promise<unknown>
}) {
  const { label, hint, on, set } = props
  const { toast } = useQun()
  const [wished, setWished] = useState<boolean>()
  useEffect(() => setWished(undefined), [on])
  const shown = wished ?? on
  return (
    <label className="qun-pagerow">
      <span className="qun-pagerow__label">
        {label}
        {hint !== undefined && <span className="qun-pagerow__hint">{hint}</span>}
      </span>
      <input
        className="qun-switch"
        type="checkbox"
        role="switch"
        checked={shown}
        onChange={(change) => {
          setWished(change.target.checked)
          set(change.target.checked).catch((error: unknown) => {
            setWished(undefined)
            toast(problemText(error), 'danger')
          })
        }}
      />
    </label>
  )
}

function About({ view }: { readonly view: GroupView }) {
  const faces = useConversation(view.groupId)?.faces ?? []
  const words = useWords()
  const { group } = view
  if (!group) return null
  return (
    <div className="qun-about">
      <GroupAvatar name={group.name} avatar={group.avatar} faces={faces} sizePx={64} />
      <h2 className="qun-about__name">{group.name}</h2>
      <p className="qun-about__count">{words('chat.members', { n: group.memberCount })}</p>
      {group.settings.description !== '' && <p className="qun-about__text">{group.settings.description}</p>}
    </div>
  )
}

const rank = { owner: 0, admin: 1, member: 2 } as const

/** All members by pages; what is in the view stands in until they came. */
function useMembers(group: GroupHandle, view: GroupView) {
  const { client } = useQun()
  const [listed, setListed] = useState<readonly MemberRow[]>()
  const [hidden, setHidden] = useState(false)
  const count = view.group?.memberCount
  useEffect(() => {
    let living = true
    client
      .call(engineEndpoints.members, { params: { groupId: group.groupId as never }, query: { limit: pageSize } })
      .then((answer) => living && setListed(answer.members))
      .catch((error: unknown) => living && setHidden(problemOf(error)?.code === 'group.roster_hidden'))
    return () => {
      living = false
    }
  }, [client, group, count])
  const members = useMemo(() => {
    const known = new Map(
      [...(listed ?? []), ...view.members.values()].map((member) => [member.userId as string, member]),
    )
    const active = [...known.values()].filter((member) => member.active)
    return active.toSorted((a, b) => rank[a.role] - rank[b.role] || a.joinedAt - b.joinedAt)
  }, [listed, view.members])
  return { members, hidden }
}
function People({
  group,
  view,
  openMember,
}: {
  readonly group: GroupHandle
  readonly view: GroupView
  readonly openMember: (userId: string) => void
}) {
  const words = useWords()
  const { members, hidden } = useMembers(group, view)
  const [all, setAll] = useState(false)
  const [wish, setWish] = useState('')
  if (hidden)
    return (
      <PageSection title={words('group.members', { n: view.group?.memberCount ?? 0 })}>
        <p className="qun-section__note">{words('group.rosterHidden')}</p>
      </PageSection>
    )
  const found = members.filter((member) => member.name.toLowerCase().includes(wish.trim().toLowerCase()))
  return (
    <PageSection title={words('group.members', { n: view.group?.memberCount ?? members.length })}>
      <ul className="qun-people">
        {members.slice(0, gridMax).map((member) => (
          <li key={member.userId}>
            <button type="button" className="qun-person" onClick={() => openMember(member.userId)}>
              <span className={`qun-person__face qun-person__face--${member.role}`}>
                <Avatar name={member.name} avatar={member.avatar} sizePx={48} />
                {member.role !== 'member' && <span className="qun-person__role">{words(`role.${member.role}`)}</span>}
              </span>
              <bdi className="qun-person__name">{member.name}</bdi>
            </button>
          </li>
        ))}
      </ul>
      {members.length > gridMax && <PageRow label={words('group.allMembers')} onClick={() => setAll(true)} />}
      <Sheet open={all} onClose={() => setAll(false)} title={texts['group.allMembers']}>
        <input
          className="qun-input"
          type="search"
          value={wish}
          aria-label={words('group.searchMembers')}
          placeholder={words('group.searchMembers')}
          onChange={(change) => setWish(change.target.value)}
        />
        <ul className="qun-memberlist">
          {found.map((member) => (
            <li key={member.userId}>
              <button type="button" className="qun-pagerow" onClick={() => (setAll(false), openMember(member.userId))}>
                <Avatar name={member.name} avatar={member.avatar} sizePx={40} />
                <MemberName member={member} role />
              </button>
            </li>
          ))}
        </ul>
      </Sheet>
    </PageSection>
  )
}
function Mine({ groupId }: { readonly groupId: string }) {
  const { client } = useQun()
  const words = useWords()
  const conversation = useConversation(groupId)
  if (!conversation) return null
  return (
    <PageSection>
      <PageSwitch
        label={words('group.quiet')}
        hint={words('group.quietHint')}
        on={conversation.quiet}
        set={(quiet) => client.setConversation(groupId, { quiet })}
      />
      <PageSwitch
        label={words('group.pin')}
        on={conversation.pinned}
        set={(pinned) => client.setConversation(groupId, { pinned })}
      />
    </PageSection>
  )
}
function PageSkeleton() {
  const words = useWords()
  return (
    <div className="qun-pageskeleton" role="status">
      <span className="qun-hidden">{words('chat.loading')}</span>
    </div>
  )
}
