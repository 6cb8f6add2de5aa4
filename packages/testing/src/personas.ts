/** The people of every world, the seed, the documents and the pictures. */
import type { UserView } from '@qun/core'

export type PersonaName = 'wang' | 'he' | 'li' | 'zhao' | 'sun' | 'zhou'
export const personas: Readonly<Record<PersonaName, Pick<UserView, 'name' | 'badge'>>> = {
  /** Owns the shop. */
  wang: { name: '王店长', badge: 'merchant' },
  /** Works there. */
  he: { name: '小何', badge: 'staff' },
  li: { name: '小李', badge: null },
  zhao: { name: '赵阿姨', badge: null },
  sun: { name: '孙老师', badge: null },
  /** Not a member of the shop's group. */
  zhou: { name: '老周', badge: null },
}
