/** Faces: a person's picture or one drawn from the name, and a group's picture made of its first members' faces. */
import type { CSSProperties } from 'react'
import type { MemberRow } from '@qun/contract'
import { useContext, useState } from 'react'
import { spokenBy } from '../chat-context.tsx'
import { StarterContext, useWords } from '../qun-context.ts'

/** Drawn faces take one of this many tints, defined in the theme. */
const tintCount = 8

/** Two letters cannot be read in a smaller face. */
const smallPx = 31

/** The same name has the same tint everywhere. */
export function tintOf(name: string): number {
  let sum = 0x811c9dc5
  for (const letter of name) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  return ((sum ^ (sum >>> 13)) >>> 0) % tintCount
}
/** 赵阿姨 → 阿姨, 王店长 → 店长, Ada Lovelace → AL. Chinese people recognise the end of a name. */
export function initialsOf(name: string): string {
  const trimmed = name.trim()
  if (/\p{Script=Han}/u.test(trimmed)) return [...trimmed.replace(/[^\p{Script=Han}]/gu, '')].slice(-2).join('')
  const words = trimmed.split(/[\s._-]+/u).filter(Boolean)
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? '')].slice(0, 2)
  return letters.join('').toUpperCase()
}

export interface Face {
  readonly name: string
  readonly avatar: string
}
/** A person. Decorative: the name always stands beside it, so readers skip it. */
export function Avatar({ name, avatar, sizePx = 40 }: Face & { readonly sizePx?: number }) {
  const [broken, setBroken] = useState('')
  const style = { '--qun-face': `${sizePx}px` } as CSSProperties
  if (avatar !== '' && broken !== avatar) {
    return (
      <span className="qun-avatar" style={style}>
        <img
          className="qun-avatar__picture"
          src={avatar}
          alt=""
          loading="lazy"
          draggable={false}
          onError={() => setBroken(avatar)}
        />
      </span>
    )
  }
  return (
    <span className={`qun-avatar qun-avatar--tint${tintOf(name)}`} style={style} aria-hidden="true">
      {sizePx < smallPx ? [...initialsOf(name)].at(-1) : initialsOf(name)}
    </span>
  )
}
/** A group: its own picture, else a mosaic of up to nine faces. */
export function GroupAvatar(props: {
  readonly name: string
  readonly avatar: string
  readonly faces: readonly Face[]
  readonly sizePx?: number
}) {
  const { name, avatar, faces, sizePx = 48 } = props
  if (avatar !== '' || faces.length < 2) return <Avatar name={name} avatar={avatar} sizePx={sizePx} />
  const shown = faces.slice(0, faces.length >= 9 ? 9 : faces.length >= 5 ? Math.min(faces.length, 6) : 4)
  const columns = shown.length > 4 ? 3 : 2
  const style = { '--qun-face': `${sizePx}px`, '--qun-columns': columns } as CSSProperties
  return (
    <span className="qun-mosaic" style={style} aria-hidden="true">
      {shown.map((face, index) => (
        // Faces have no identity of their own; their order is the order of joining.
        // oxlint-disable-next-line react/no-array-index-key
        <Avatar
          key={index}
          name={face.name}
          avatar={face.avatar}
          sizePx={Math.floor((sizePx - 4 - 2 * (columns - 1)) / columns)}
        />
      ))}
    </span>
  )
}
/** Whom a person speaks for, in words. */
export function Badge({ badge }: { readonly badge: MemberRow['badge'] }) {
  const words = useWords()
  if (badge === null) return null
  return <span className={`qun-badge qun-badge--${badge}`}>{words(`badge.${badge}`)}</span>
}
/** A name with its badge; `role` adds 群主 or 管理员. */
export function MemberName({
  member: plain,
  role = false,
}: {
  readonly member: Pick<MemberRow, 'name' | 'badge' | 'role'>
  readonly role?: boolean
}) {
  const words = useWords()
  const member = spokenBy(plain, useContext(StarterContext))
  return (
    <span className="qun-name">
      <bdi className="qun-name__text">{member.name}</bdi>
      <Badge badge={member.badge} />
      {role && member.role !== 'member' && (
        <span className="qun-badge qun-badge--role">{words(`role.${member.role}`)}</span>
      )}
    </span>
  )
}
