/** The whole chat in one component: list, messages and details; one at a time on a phone, side by side else. */
import { useRef, useState } from 'react'
import { ConversationList } from './list/conversation-list.tsx'
import { GroupChat } from './chat/group-chat.tsx'
import { GroupPage } from './people/group-page.tsx'
import { useWide } from './parts/hooks.tsx'
import { useReadable } from './parts/readable.ts'
import { ChatIcon } from './parts/icons.tsx'
import { QunProvider, type QunProviderProps } from './provider.tsx'
import { useQun, useWords } from './qun-context.ts'

/** Three columns from this width of the component itself, not of the window. */
const wideFromPx = 900

export interface QunChatProps extends Omit<QunProviderProps, 'children'> {
  /** Opens with this group; its later changes open another. */
  readonly groupId?: string
  /** Told when the person opens or leaves a group, so that a host can keep its address in step. */
  readonly onGroupChange?: (groupId: string | undefined) => void
}
/** Drop-in chat. It fills its parent, which needs a height. */
export function QunChat({ groupId, onGroupChange, ...provider }: QunChatProps) {
  return (
    <QunProvider {...provider}>
      <Panes groupId={groupId} onGroupChange={onGroupChange} />
    </QunProvider>
  )
}
/** The panes alone, for hosts that have their own `QunProvider` around more of their app. */
export function Panes(props: {
  readonly groupId?: string | undefined
  readonly onGroupChange?: ((groupId: string | undefined) => void) | undefined
}) {
  const { client } = useQun()
  const box = useRef<HTMLDivElement>(null)
  const wide = useWide(box, wideFromPx)
  const [openId, setOpenId] = useState(props.groupId)
  const [wishedId, setWishedId] = useState(props.groupId)
  const [details, setDetails] = useState(false)
  const badge = useReadable(client.badge)
  if (wishedId !== props.groupId) {
    setWishedId(props.groupId)
    setOpenId(props.groupId)
    setDetails(false)
  }
  const open = (groupId: string | undefined) => {
    setOpenId(groupId)
    if (groupId !== openId) setDetails(false)
    props.onGroupChange?.(groupId)
  }
  const list = <ConversationList onOpen={open} openId={openId} />
  const page = openId !== undefined && details && (
    <GroupPage key={openId} groupId={openId} onBack={wide ? undefined : () => setDetails(false)} />
  )
  return (
    <div ref={box} className={wide ? 'qun-panes qun-panes--wide' : 'qun-panes'}>
      {wide && (
        <>
          <div className="qun-panes__list">{list}</div>
          <div className="qun-panes__chat">
            {openId === undefined ? (
              <NothingOpen />
            ) : (
              <GroupChat key={openId} groupId={openId} onOpenGroupPage={() => setDetails(!details)} />
            )}
          </div>
          {page && <div className="qun-panes__details">{page}</div>}
        </>
      )}
      {wide === false && (
        <>
          {openId === undefined && list}
          {openId !== undefined && (
            // Kept below the group page, so that coming back finds the same place.
            <div className={details ? 'qun-panes__under' : 'qun-panes__over'} inert={details}>
              <GroupChat
                key={openId}
                groupId={openId}
                unreadElsewhere={badge}
                onBack={() => open(undefined)}
                onOpenGroupPage={() => setDetails(true)}
              />
            </div>
          )}
          {page && <div className="qun-panes__page">{page}</div>}
        </>
      )}
    </div>
  )
}
function NothingOpen() {
  const words = useWords()
  return (
    <div className="qun-empty qun-empty--pane">
      <ChatIcon size={56} />
      <p>{words('list.pick')}</p>
    </div>
  )
}
