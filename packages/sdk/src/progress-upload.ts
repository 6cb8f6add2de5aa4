/** An upload that tells how much has left, where the platform has XMLHttpRequest. Knows no route and no token. */
/* oxlint-disable unicorn/prefer-add-event-listener -- XMLHttpRequest is declared by the few members used. */

/** A request ready to be sent, as often as it takes. */
export interface Prepared {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | Blob | undefined
  /** The body, if it is a file. */
  readonly file: Blob | undefined
  readonly signal: AbortSignal | undefined
}

/** The part of XMLHttpRequest that is used. */
export interface ProgressRequest {
  readonly upload: { onprogress: ((at: { loaded: number; total: number; lengthComputable: boolean }) => void) | null }
  readonly status: number
  readonly responseText: string
  open(method: string, url: string): void
  setRequestHeader(name: string, value: string): void
  getResponseHeader(name: string): string | null
  send(body: unknown): void
  abort(): void
  onload: (() => void) | null
  onerror: (() => void) | null
  onabort: (() => void) | null
}

/** Rejects like `fetch` when the line breaks or the caller gives up. */
export function uploadWithProgress(
  xhr: ProgressRequest,
  request: Prepared,
  onProgress: ((share: number) => void) | undefined,
): Promise<Response> {
  const { signal } = request
  return new Promise((resolve, reject) => {
    const stop = (): void => xhr.abort()
    const lost = (): void => {
      signal?.removeEventListener('abort', stop)
      reject(new TypeError('The upload was lost'))
    }
    if (signal?.aborted) return lost()
    xhr.open(request.method, request.url)
    for (const [name, value] of Object.entries(request.headers)) xhr.setRequestHeader(name, value)
    xhr.upload.onprogress = (at) => {
      if (at.lengthComputable && at.total > 0) onProgress?.(at.loaded / at.total)
    }
    xhr.onload = () => {
      signal?.removeEventListener('abort', stop)
      const type = xhr.getResponseHeader('content-type') ?? ''
      resolve(new Response(xhr.responseText, { status: xhr.status, headers: { 'content-type': type } }))
    }
    xhr.onerror = lost
    xhr.onabort = lost
    signal?.addEventListener('abort', stop)
    xhr.send(request.body)
  })
}
