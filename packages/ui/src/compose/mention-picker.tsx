/** The list of people above the composer while `@` is being typed. The field keeps the focus; its keys come here. */
import { useEffect, useEffectEvent, useImperativeHandle, useId, useMemo, useState } from 'react'
import type { Ref } from 'react'
import type { Viewer } from '../card-ui.ts'
import { Avatar, MemberName } from '../parts/avatar.tsx'
import { matchMembers } from './mentions.ts'
import { useQun, useWords } from '../qun-context.ts'
import type { Roster } from '../people/roster.ts'
import { wordIn } from '../texts.ts'

const shownMax = 30

export interface MentionPickerProps {
  readonly ref: Ref<{ key(key: string): boolean }>
  readonly roster: Roster
  readonly viewer: Viewer
  readonly words: string
  readonly onPick: (userId: string, name: string) => void
  readonly onClose: () => void
}
export function MentionPicker({ ref, roster, viewer, words, onPick, onClose }: MentionPickerProps) {
  const { locale } = useQun()
  const say = useWords()
  const id = useId()
  const [chosen, setChosen] = useState(0)
  const people = useMemo(() => {
    const found = matchMembers(roster.members, words, viewer.userId).slice(0, shownMax)
    const picks = found.map((member) => ({ userId: member.userId as string, name: member.name, member }))
    const everyone = wordIn(locale, 'compose.mentionAll')
    const all = viewer.role !== 'member' && everyone.toLowerCase().includes(words.toLowerCase())
    return all ? [{ userId: '*', name: everyone, member: undefined }, ...picks] : picks
  }, [roster.members, words, viewer, locale])
  useEffect(() => setChosen(0), [words])
  const seekMore = useEffectEvent(() => {
    if (people.length < shownMax && roster.pages.problem === undefined) roster.pages.more()
  })
  // One page for each letter typed: a large group is never fetched whole for one name.
  useEffect(() => seekMore(), [words])
  useImperativeHandle(ref, () => ({
    key(key) {
      if (people.length === 0) return false
      if (key === 'ArrowDown') setChosen((at) => (at + 1) % people.length)
      else if (key === 'ArrowUp') setChosen((at) => (at - 1 + people.length) % people.length)
      else if (key === 'Enter' || key === 'Tab') {
        const pick = people[chosen]
        if (pick) onPick(pick.userId, pick.name)
      } else if (key === 'Escape') onClose()
      else return false
      return true
    },
  }))
  if (people.length === 0) return null
  return (
    <ul className="qun-mentionpicker" role="listbox" aria-label={say('compose.mention')}>
      {people.map((one, index) => (
        <li
          key={one.userId}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          className={
            index === chosen ? 'qun-mentionpicker__one qun-mentionpicker__one--chosen' : 'qun-mentionpicker__one'
          }
          onPointerDown={(down) => down.preventDefault()}
          onClick={() => onPick(one.userId, one.name)}
        >
          {one.member ? (
            <Avatar name={one.name} avatar={one.member.avatar} sizePx={32} />
          ) : (
            <span className="qun-mentionpicker__all">@</span>
          )}
          {one.member ? <MemberName member={one.member} role /> : one.name}
        </li>
      ))}
    </ul>
  )
}
