/** What a scripted conversation is made of; knows no line of any. Types only. */
export type Lang = 'zh' | 'en'
export type Words = Readonly<Record<Lang, string>>

/** One line of a scripted conversation; `key` names it for later quotes. */
export interface Line {
  readonly by: string
  /** Minutes since the line before; one when absent. */
  readonly after?: number
  readonly text?: string
  /** Name of a picture drawn in pictures.ts; `text` is then its description. */
  readonly picture?: 'cat' | 'flat-bread' | 'blackboard' | 'window'
  readonly key?: string
  readonly quote?: string
  /** Persons mentioned; the text holds `@name` for each. */
  readonly mention?: readonly string[]
  readonly reactions?: Readonly<Record<string, readonly string[]>>
  /** Taken back by its sender right away. */
  readonly recalled?: boolean
  readonly draw?: DrawScript
  readonly play?: PlayScript
}
export interface DrawScript {
  readonly title: string
  readonly prizes: readonly { readonly name: string; readonly quantity: number }[]
  readonly conditions: string
  readonly claim: string
  /** Minutes from posting until entries close. */
  readonly closesAfter: number
  readonly entrants: readonly string[]
  /** True when the script waits for it to be drawn. */
  readonly drawn: boolean
}
export interface GroupScript {
  /** `friends` is the shop group that orders invite to. */
  readonly key: 'friends' | 'brewing' | 'bread'
  readonly name: string
  readonly description: string
  readonly admins: readonly string[]
  readonly members: readonly string[]
  readonly lines: readonly Line[]
}
/** A card with what people do on it. Instants count from when it is posted. */
export interface PlayScript {
  readonly kind: string
  readonly body: (now: number, lang: Lang) => unknown
  readonly acts: readonly { readonly by: string; readonly action: string; readonly input: (lang: Lang) => unknown }[]
}
