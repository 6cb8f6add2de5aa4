/** What the parts of one open group share: its handle, its view, and what composer and list ask of each other. */
import { spokenName, type Ability, type MemberRow, type SpokenAs, type Text } from '@qun/contract'
import type { GroupHandle, GroupView, Readable, ViewMessage } from '@qun/sdk'
import { createContext, useContext } from 'react'
import type { Viewer } from './card-ui.ts'

/** A picture on its way. */
export interface Upload {
  readonly id: number
  readonly file: File
  /** Where the page finds the picture itself. */
  readonly address: string
  readonly at: number
  /** 0..1; apart from the rest, so that progress draws one bubble and not the conversation. */
  readonly share: Readable<number>
  /** Set when it failed and waits for the person. */
  readonly problem?: Text
}
export interface Uploads {
  /** False when no feature can send pictures. */
  readonly possible: boolean
  readonly list: readonly Upload[]
  send(files: readonly File[]): void
  /** Ends it if it is running, and forgets it. */
  cancel(id: number): void
  retry(id: number): void
}

/** Whether the viewer speaks as the shop they work for, here. */
export interface Speaking {
  /** The shop; undefined for who may not. */
  readonly shop: SpokenAs | undefined
  readonly isAsShop: boolean
  choose(asShop: boolean): void
}

export interface Chat {
  readonly group: GroupHandle
  readonly view: GroupView
  readonly viewer: Viewer
  /** Puts a message above the composer as its quote. */
  quote(message: ViewMessage): void
  edit(message: ViewMessage): void
  /** Puts recalled words back into the composer. */
  rewrite(text: string): void
  /** Shows a message, loading what lies between. */
  jump(seq: number): void
  openMember(userId: string): void
  /** Shows who reacted, beginning with one emoji when it is given. */
  showReactors(message: ViewMessage, emoji?: string): void
  /** Pictures on their way. */
  readonly uploads: Uploads
  readonly speaking: Speaking
  /** Words of the viewer's own recalled messages, by seq, kept while the group stays open. */
  readonly recalledTexts: Map<number, string>
}
export const ChatContext = createContext<Chat | undefined>(undefined)

/** The open group; throws outside `GroupChat`. */
export function useChat(): Chat {
  const chat = useContext(ChatContext)
  if (!chat) throw new Error('useChat needs a GroupChat above it')
  return chat
}
/** For faces, which are also drawn in previews outside a group. */
export function useChatIfAny(): Chat | undefined {
  return useContext(ChatContext)
}
export function memberOf(
  view: GroupView | undefined,
  userId: string,
): Pick<MemberRow, 'userId' | 'name' | 'avatar' | 'badge' | 'role'> {
  const found = view?.members.get(userId)
  // People who are not loaded yet still need a name to stand under.
  return found ?? { userId: userId as MemberRow['userId'], name: userId, avatar: '', badge: null, role: 'member' }
}
/**
 * [MER7] Who a message is from, as it is shown anywhere: the one way to the name and the badge of a sender. Who
 * speaks as a shop has its name before their own, and its badge whatever theirs is.
 */
export function senderOf(
  view: GroupView | undefined,
  { senderId, as }: Pick<ViewMessage, 'senderId'> & { readonly as?: SpokenAs | undefined },
): ReturnType<typeof memberOf> {
  return spokenBy(memberOf(view, senderId), as)
}
export function spokenBy<M extends Pick<MemberRow, 'name' | 'badge'>>(member: M, as: SpokenAs | undefined): M {
  return as === undefined ? member : { ...member, name: spokenName(member.name, as), badge: 'merchant' as const }
}
/** The viewer among the members; a plain member until their row arrives. */
export function viewerIn(members: GroupView['members'], viewerId: string): Viewer {
  return { userId: viewerId, role: members.get(viewerId)?.role ?? 'member' }
}
const strength = { owner: 3, admin: 2, member: 1, sender: 1, server: 9 } as const

/** Whether a role reaches what a card or endpoint asks for. The host alone reaches `server`. */
export function mayPost(role: Viewer['role'], by: keyof typeof strength): boolean {
  return strength[role] >= strength[by]
}
/** What somebody may do for a merchant, as their own records tell. */
function abilitiesAt(
  records: Records,
  merchantId: string,
): { readonly name: string; readonly abilities: readonly string[] } {
  const body = records.get(`merchant-staff/${merchantId}`)?.body as
    | { readonly name?: string; readonly abilities?: readonly string[] }
    | null
    | undefined
  return { name: body?.name ?? '', abilities: body?.abilities ?? [] }
}
/** The nearest merchant of a path where the viewer has an ability. */
export function shopWhere(
  ability: Ability,
  merchantPath: readonly string[] | undefined,
  records: Records,
): SpokenAs | undefined {
  for (const merchantId of merchantPath ?? []) {
    const { name, abilities } = abilitiesAt(records, merchantId)
    if (abilities.includes(ability)) return { merchantId, name }
  }
  return undefined
}
/**
 * Whether the viewer may give what the card gives: what a merchant issues, only its staff with the ability, in its own
 * groups. What depends on what is in the card is shown: the server says no where it has to.
 */
export function mayGive(gives: unknown, merchantPath: readonly string[] | undefined, records: Records): boolean {
  if (gives !== 'issued') return true
  return shopWhere('issue', merchantPath, records) !== undefined
}
type Records = ReadonlyMap<string, { readonly body: unknown }>
/** Own messages for two minutes; those of weaker roles at any time. */
export function mayRecall(message: ViewMessage, viewer: Viewer, senderRole: Viewer['role'], now: number): boolean {
  if (message.recalled || message.senderId === '') return false
  if (message.senderId === viewer.userId) return now - message.at <= recallWindowMs || viewer.role !== 'member'
  return strength[viewer.role] > strength[senderRole]
}
/** The server's default; it decides. */
export const recallWindowMs = 120_000
