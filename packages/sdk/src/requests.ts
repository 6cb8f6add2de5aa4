/** Requests over HTTP: token, idempotency key, one retry of a lost answer, refusals as errors. Knows no route. */
import type { Platform } from './defaults.ts'
import { problemOf, QunError, readProblem } from './problem.ts'
import { uploadWithProgress, type Prepared } from './progress-upload.ts'
import type { Route } from './routes.ts'
import type { Tokens } from './tokens.ts'

export interface Ask {
  readonly params?: unknown
  readonly query?: unknown
  /** JSON, or `{ bytes, contentType }` for endpoints that take bytes. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}
/** Longer than the server's own request timeout of 30 s, so that its answer is heard rather than guessed. */
const answerMs = 35_000
/** Before the one retry of a lost answer, and between questions whether the first try is through. */
const retryMs = 500
/** Times to ask again while the server still handles the first try of the same key. */
const inProgressMax = 5

export class Requests {
  readonly #base: string
  readonly #platform: Platform
  readonly #tokens: Tokens

  constructor(url: string, platform: Platform, tokens: Tokens) {
    this.#base = `${url}/v1`
    this.#platform = platform
    this.#tokens = tokens
  }

  /** The answer's JSON, or `{ bytes, contentType }` where the endpoint answers with bytes. */
  async call(route: Route, ask: Ask = {}): Promise<unknown> {
    const [body, contentType] = bodyOf(ask.body)
    return this.#settle({
      method: route.method,
      url: `${this.#base}${pathOf(route.path, ask.params)}${queryOf(ask.query)}`,
      headers: this.#headers(route.method, contentType),
      body,
      file: undefined,
      signal: ask.signal,
    })
  }
  /** Posts a file to a path below `/v1`. With `onProgress`, through XMLHttpRequest where the platform has it. */
  async upload(path: string, file: Blob, onProgress?: (share: number) => void, signal?: AbortSignal): Promise<unknown> {
    const request: Prepared = {
      method: 'POST',
      url: `${this.#base}${path}`,
      headers: this.#headers('POST', file.type === '' ? 'application/octet-stream' : file.type),
      body: file,
      file,
      signal,
    }
    const answer = await this.#settle(request, onProgress)
    onProgress?.(1)
    return answer
  }

  #headers(method: string, contentType: string | undefined): Record<string, string> {
    return {
      accept: 'application/json',
      'accept-language': this.#platform.locale,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(method === 'GET' ? {} : { 'idempotency-key': this.#platform.freshId() }),
    }
  }
  /** One request to its end: at most one lost answer and one stale token are forgiven, under the same key. */
  async #settle(request: Prepared, onProgress?: (share: number) => void): Promise<unknown> {
    let isLost = false
    let isRenewed = false
    for (let inProgress = 0; ;) {
      const token = await this.#tokens.read()
      let answer: Response
      try {
        answer = await this.#send(request, token, onProgress)
      } catch (error) {
        if (request.signal?.aborted) throw new QunError(problemOf('client.aborted', this.#platform.locale))
        if (error instanceof QunError) throw error
        if (isLost) throw new QunError(problemOf('client.offline', this.#platform.locale))
        isLost = true
        await this.#pause()
        continue
      }
      if (answer.ok) return this.#readAnswer(answer)
      const problem = await this.#readRefusal(answer)
      if (problem.status === 401 && problem.retry === 'after-change' && !isRenewed) {
        isRenewed = true
        await this.#tokens.forget(token)
      } else if (problem.code === 'idempotency.in_progress' && isLost && inProgress < inProgressMax) {
        inProgress++
        await this.#pause()
      } else throw new QunError(problem)
    }
  }
  async #send(request: Prepared, token: string, onProgress?: (share: number) => void): Promise<Response> {
    const headers = { ...request.headers, authorization: `Bearer ${token}` }
    const { file, signal } = request
    const upload = file === undefined || onProgress === undefined ? undefined : this.#platform.openUpload?.()
    if (upload !== undefined) return uploadWithProgress(upload, { ...request, headers }, onProgress)
    const abort = this.#platform.openAbort()
    const stop = (): void => abort?.abort()
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    // An upload takes as long as the line is slow.
    const endWait = file === undefined ? this.#platform.wait(answerMs, stop) : undefined
    try {
      return await this.#platform.fetch(request.url, {
        method: request.method,
        headers,
        ...(abort === undefined ? {} : { signal: abort.signal }),
        ...(request.body === undefined ? {} : { body: request.body as string }),
      })
    } finally {
      endWait?.()
      signal?.removeEventListener('abort', stop)
    }
  }
  async #readAnswer(answer: Response): Promise<unknown> {
    const type = answer.headers.get('content-type') ?? ''
    if (answer.status === 204) return {}
    try {
      if (/\bjson\b/.test(type)) return await answer.json()
      return { bytes: new Uint8Array(await answer.arrayBuffer()), contentType: type }
    } catch {
      throw new QunError(problemOf('client.answer', this.#platform.locale))
    }
  }
  async #readRefusal(answer: Response) {
    const body: unknown = await answer.json().catch(() => undefined)
    return readProblem(body) ?? { ...problemOf('client.answer', this.#platform.locale), status: answer.status }
  }
  #pause(): Promise<void> {
    const delayMs = retryMs * (0.5 + this.#platform.random())
    return new Promise((resolve) => void this.#platform.wait(delayMs, resolve))
  }
}

/** `:params` of a path, encoded; a missing one is a fault of the caller's code. */
export function pathOf(path: string, params: unknown): string {
  const values = (params ?? {}) as Readonly<Record<string, string | number | undefined>>
  return path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new TypeError(`The path ${path} needs the parameter ${name}.`)
    return encodeURIComponent(String(value))
  })
}

function queryOf(query: unknown): string {
  const parts = Object.entries((query ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function bodyOf(body: unknown): [string | Uint8Array | undefined, string | undefined] {
  if (body === undefined) return [undefined, undefined]
  if (typeof body === 'object' && body !== null && 'bytes' in body && body.bytes instanceof Uint8Array) {
    const { bytes, contentType } = body as { bytes: Uint8Array; contentType?: string }
    return [bytes, contentType ?? 'application/octet-stream']
  }
  return [JSON.stringify(body), 'application/json']
}
