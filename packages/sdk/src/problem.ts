/** What went wrong, as a caller meets it: one error class with a stable code. Knows no transport. */
import type { Locale, LocalText } from '@qun/contract'
import type { SdkProblem } from './api.ts'

/** Thrown by every call that was refused or could not be made; `code` is stable. */
export class QunError extends Error {
  override readonly name = 'QunError'
  readonly problem: SdkProblem
  constructor(problem: SdkProblem) {
    super(`${problem.code}: ${problem.title}`)
    this.problem = problem
  }
  get code(): string {
    return this.problem.code
  }
}

const own = {
  /** The server could not be reached, or its answer was lost twice. */
  'client.offline': {
    status: 0,
    retry: 'later',
    title: { 'zh-CN': '网络不可用，请稍后再试', en: 'The network is not available; try again later' },
  },
  /** `close()` was called, or another person signed in, before the answer came. */
  'client.closed': { status: 0, retry: 'after-change', title: { 'zh-CN': '连接已关闭', en: 'The client is closed' } },
  /** The app's `token` function failed. */
  'client.token': {
    status: 0,
    retry: 'later',
    title: { 'zh-CN': '无法获取登录凭证', en: 'No token could be fetched' },
  },
  /** Something that is no Qun server answered: a proxy, a captive portal. */
  'client.answer': {
    status: 0,
    retry: 'later',
    title: { 'zh-CN': '服务器的应答无法识别', en: 'The answer of the server cannot be understood' },
  },
  /** The caller's own AbortSignal. */
  'client.aborted': { status: 0, retry: 'after-change', title: { 'zh-CN': '已取消', en: 'It was cancelled' } },
  'group.not_found': {
    status: 404,
    retry: 'never',
    title: { 'zh-CN': '群不存在', en: 'There is no such group' },
  },
} as const satisfies Record<string, Omit<SdkProblem, 'code' | 'title'> & { title: LocalText }>

/** A problem the client itself found, in the reader's language. */
export function problemOf(code: keyof typeof own, locale: Locale): SdkProblem {
  const { status, retry, title } = own[code]
  return { code, status, retry, title: title[locale] }
}

/** The part of a refusal apps act on; undefined when `answer` is not one of ours. */
export function readProblem(answer: unknown): SdkProblem | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  const { code, status, title, retry, retry_after: after } = answer as Record<string, unknown>
  if (typeof code !== 'string' || typeof status !== 'number') return undefined
  if (retry !== 'never' && retry !== 'after-change' && retry !== 'later') return undefined
  return {
    code,
    status,
    retry,
    title: typeof title === 'string' ? title : code,
    ...(typeof after === 'number' ? { retry_after: after } : {}),
  }
}

/**
 * Whether the same request may succeed by itself after a while. Being muted (403) is `later` too, but "later" may be
 * days: a person is told at once instead of watching a clock.
 */
export function isTransient(problem: SdkProblem): boolean {
  return problem.retry === 'later' && problem.status !== 403
}
