/** Roles to abilities: who may do what a contract reserves to a role. */
import { refuse, type By, type Role } from '@qun/contract'

const ranks: Readonly<Record<Role, number>> = { owner: 3, admin: 2, member: 1 }
export function rankOf(role: Role): number {
  return ranks[role]
}
/** Whether `role` is at least `needed`. */
export function isAtLeast(role: Role, needed: Role): boolean {
  return ranks[role] >= ranks[needed]
}

/** Refuses unless the actor is what `by` asks for. `role` is undefined for the host acting with an API key. */
export function checkActor(
  by: By,
  actor: { readonly userId: string; readonly role: Role | undefined },
  senderId: string,
): void {
  if (by === 'sender') {
    if (actor.userId !== senderId) throw refuse('message.not_owner')
  } else if (by === 'server') {
    if (actor.role !== undefined) throw refuse('auth.scope')
  } else if (actor.role !== undefined && !isAtLeast(actor.role, by)) {
    throw refuse('group.permission')
  }
}

/** Refuses unless something may still be said or done in the group. */
export function checkAlive(row: { readonly disbanded_at: number | null }): void {
  if (row.disbanded_at !== null) throw refuse('group.dissolved')
}
