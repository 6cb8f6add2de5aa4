/** Which names are allowed, whose name a nickname imitates, and who ranks above whom: pure functions. */
import { groupNameMax, isNameText, muteMaxMs, muteMinMs, nicknameMax } from './contract.ts'

/** [MB3] The name as it is kept, or undefined if it is not allowed. */
export function cleanName(name: string, max: number): string | undefined {
  const clean = name.trim()
  return isNameText(clean) && Array.from(clean).length <= max ? clean : undefined
}
export const cleanGroupName = (name: string): string | undefined => cleanName(name, groupNameMax)
export const cleanNickname = (name: string): string | undefined => cleanName(name, nicknameMax)

/**
 * Letters that look like another, folded to one of them: Cyrillic and Greek to Latin, digits to letters, and pairs of
 * Chinese characters that differ by one stroke. A part of Unicode's table (UTS #39): what names are forged with.
 */
const lookalikes = new Map<string, string>()
const fold = (from: string, to: string) => {
  const targets = Array.from(to)
  for (const [index, letter] of Array.from(from).entries())
    lookalikes.set(letter, targets[index] ?? targets[0] ?? letter)
}
fold('аеорсухкмтнвіјѕԁԛԝһɡӏ', 'aeopcyxkmthbijsdqwhgl')
fold('αεορτυνκιχβγωμηпгшцѵ', 'aeoptuvkixbywunnrwuv')
fold('0|!1', 'ollll')
fold('i', 'l')
fold('5$8@', 'ssba')
fold('ⅼⅽⅾⅿ', 'lcdm')
fold('曰己巳末士壬', '日已已未土王')
fold('羣員廣囯國', '群员广国国')

/** Rounds after which nothing folds further: a letter may look like one that itself looks like another (ι, i, l). */
const foldsMax = 4

/** [MB4] Names that look alike have the same skeleton; a skeleton is its own. */
export function skeletonOf(name: string): string {
  let skeleton = name
  for (let i = 0; i < foldsMax; i++) {
    const folded = foldOnce(skeleton)
    if (folded === skeleton) break
    skeleton = folded
  }
  return skeleton
}
function foldOnce(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/gu, '')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .normalize('NFKC')
    .toLowerCase()
  const letters = Array.from(plain, (letter) => lookalikes.get(letter) ?? letter).join('')
  return letters
    .replace(/[^\p{L}\p{N}\p{So}]/gu, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}

const reservedInside = ['群主', '管理员', '官方', '客服', '系统消息'].map(skeletonOf)
const reservedWhole = new Set(
  ['admin', 'administrator', 'owner', 'official', 'system', '系统', 'support', 'staff'].map(skeletonOf),
)

/** [MB5] Names by which people would take a member for somebody who runs the group. */
export function isReservedName(name: string): boolean {
  const skeleton = skeletonOf(name)
  return reservedWhole.has(skeleton) || reservedInside.some((word) => skeleton.includes(word))
}

const ranks: Readonly<Record<string, number>> = { owner: 3, admin: 2, member: 1 }
/** [MB6] Acting on a person takes a strictly stronger role. */
export function outranks(actor: string, target: string): boolean {
  return (ranks[actor] ?? 0) > (ranks[target] ?? 0)
}
/** [MB8] From a minute to thirty days. */
export function isMuteDuration(durationMs: number): boolean {
  return durationMs >= muteMinMs && durationMs <= muteMaxMs
}
