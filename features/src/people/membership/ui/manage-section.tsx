/** What admins set for the whole group. Draws nothing for members and after disbanding. */
import type { AnswerOf, RequestOf } from '@qun/contract'
import { ActionButton, PageRow, PageSwitch, problemText, Sheet, useQun, useText, type GroupSectionProps } from '@qun/ui'
import { useState } from 'react'
import { bansOf, changeGroup, groupNameMax, unbanMember } from '../contract.ts'
import { TextRow } from './text-row.tsx'
import { membershipTexts } from './texts.ts'

const descriptionMax = 500

export function ManageSection({ view, viewer, client }: GroupSectionProps) {
  const text = useText()
  const { group } = view
  if (!group || viewer.role === 'member' || group.disbandedAt !== undefined) return null
  const change = (body: RequestOf<typeof changeGroup>) =>
    client.call(changeGroup, { params: { groupId: group.groupId }, body })
  const { settings } = group
  return (
    <>
      <TextRow
        label={membershipTexts.name}
        value={group.name}
        lengthMax={groupNameMax}
        save={(name) => change({ name })}
      />
      <TextRow
        label={membershipTexts.description}
        value={settings.description}
        lengthMax={descriptionMax}
        long
        optional
        save={(description) => change({ description })}
      />
      <HistoryRow value={settings.history} set={(history) => change({ history })} />
      <PageSwitch
        label={text(membershipTexts.muteAll)}
        hint={text(membershipTexts.muteAllHint)}
        on={settings.muteAll}
        set={(muteAll) => change({ muteAll })}
      />
      <PageSwitch
        label={text(membershipTexts.rosterHidden)}
        hint={text(membershipTexts.rosterHint)}
        on={settings.roster === 'admins'}
        set={(hidden) => change({ roster: hidden ? 'admins' : 'members' })}
      />
      <BansRow groupId={group.groupId} />
    </>
  )
}
type History = 'none' | 'recent' | 'all'
function HistoryRow({ value, set }: { readonly value: History; readonly set: (value: History) => Promise<unknown> }) {
  const text = useText()
  const [open, setOpen] = useState(false)
  const names = {
    none: membershipTexts.historyNone,
    recent: membershipTexts.historyRecent,
    all: membershipTexts.historyAll,
  }
  const choose = async (history: History) => {
    await set(history)
    setOpen(false)
  }
  return (
    <>
      <PageRow label={text(membershipTexts.history)} value={text(names[value])} onClick={() => setOpen(true)} />
      <Sheet open={open} onClose={() => setOpen(false)} title={membershipTexts.history}>
        <div className="qun-choices">
          {(['none', 'recent', 'all'] as const).map((history) => (
            <ActionButton
              key={history}
              wide
              tone={history === value ? 'accent' : 'quiet'}
              onClick={() => choose(history)}
            >
              {text(names[history])}
            </ActionButton>
          ))}
        </div>
      </Sheet>
    </>
  )
}
type Bans = AnswerOf<typeof bansOf>['bans']
function BansRow({ groupId }: { readonly groupId: string }) {
  const { client, toast } = useQun()
  const text = useText()
  const [open, setOpen] = useState(false)
  const [bans, setBans] = useState<Bans>()
  const params = { groupId: groupId as never }
  const show = () => {
    setOpen(true)
    client.call(bansOf, { params }).then(
      (answer) => setBans(answer.bans),
      (error: unknown) => toast(problemText(error), 'danger'),
    )
  }
  return (
    <>
      <PageRow label={text(membershipTexts.bans)} onClick={show} />
      <Sheet open={open} onClose={() => setOpen(false)} title={membershipTexts.bans}>
        {bans?.length === 0 && <p className="qun-section__note">{text(membershipTexts.bansNone)}</p>}
        <ul>
          {bans?.map((ban) => (
            <li key={ban.userId} className="qun-pagerow">
              <span className="qun-pagerow__label">{ban.name}</span>
              <ActionButton
                tone="quiet"
                onClick={async () => {
                  await client.call(unbanMember, { params: { ...params, userId: ban.userId } })
                  setBans((all) => all?.filter((one) => one !== ban))
                }}
              >
                {text(membershipTexts.unban)}
              </ActionButton>
            </li>
          ))}
        </ul>
      </Sheet>
    </>
  )
}
