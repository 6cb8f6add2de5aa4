/** The group itself: its people, what it is about, the viewer's own settings, and the parts features add. */
import type { MemberRow } from '@qun/contract'
import type { GroupHandle, GroupView } from '@qun/sdk'
import { Fragment, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { GroupAvatar } from '../parts/avatar.tsx'
import { viewerIn } from '../chat-context.tsx'
import { useConversation, useGroup } from '../parts/hooks.tsx'
import { BackIcon } from '../parts/icons.tsx'
import { MemberSheet } from './member-sheet.tsx'
import { PageSection, PageSwitch } from '../parts/page-parts.tsx'
import { People } from './people.tsx'
import { useQun, useText, useWords } from '../qun-context.ts'

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
  const [member, setMember] = useState<MemberRow>()
  const own: { order: number; name: string; node: ReactNode }[] = [
    { order: 50, name: 'about', node: <About view={view} /> },
    { order: 100, name: 'people', node: <People group={group} view={view} openMember={setMember} /> },
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
      <MemberSheet
        group={group}
        view={view}
        viewer={viewer}
        userId={member?.userId}
        listed={member}
        onClose={() => setMember(undefined)}
      />
    </div>
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
