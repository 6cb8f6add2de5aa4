/** Membership on the group page and in a member's sheet: names, roles, mutes, leaving, disbanding. */
import { defineGroupSection, defineListAction, defineMemberSection } from '@qun/ui'
import { CreateGroupAction } from './create-group.tsx'
import { LeaveSection } from './leave-section.tsx'
import { ManageSection } from './manage-section.tsx'
import { MemberActions } from './member-actions.tsx'
import { NicknameSection } from './nickname-section.tsx'
import { membershipTexts } from './texts.ts'

export const sections = [
  defineGroupSection({ name: 'manage', title: membershipTexts.manage, order: 200, Section: ManageSection }),
  defineGroupSection({ name: 'nickname', order: 310, Section: NicknameSection }),
  defineGroupSection({ name: 'leave', order: 900, Section: LeaveSection }),
]
export const memberSections = [defineMemberSection({ name: 'membership', order: 500, Section: MemberActions })]
export const listActions = [defineListAction({ name: 'create-group', order: 100, Action: CreateGroupAction })]
