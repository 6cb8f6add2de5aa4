/** An upload that tells how much has left. */
import { expect, test } from 'vitest'
import { uploadWithProgress, type Prepared, type ProgressRequest } from './progress-upload.ts'

const prepared = (signal?: AbortSignal): Prepared => ({
  method: 'POST',
  url: 'https://chat.example.com/v1/groups/g/media',
  headers: { 'content-type': 'image/png' },
  body: new Blob(['x']),
  file: undefined,
  signal,
})
/** The platform's part, played by the test. */
function platformRequest() {
  const said: string[] = []
  const request: ProgressRequest = {
    upload: { onprogress: null },
    status: 201,
    responseText: '{"mediaId":"m1"}',
    open: (method, url) => void said.push(`${method} ${url}`),
    setRequestHeader: (name, value) => void said.push(`${name}: ${value}`),
    getResponseHeader: () => 'application/json',
    send: () => void said.push('send'),
    abort: () => request.onabort?.(),
    onload: null,
    onerror: null,
    onabort: null,
  }
  return { request, said }
}

test('progress is told as a share, the answer as fetch tells it', async () => {
  const { request, said } = platformRequest()
  const shares: number[] = []
  const answer = uploadWithProgress(request, prepared(), (share) => shares.push(share))
  request.upload.onprogress?.({ loaded: 1, total: 4, lengthComputable: true })
  request.upload.onprogress?.({ loaded: 2, total: 0, lengthComputable: false })
  request.onload?.()
  expect(said).toEqual(['POST https://chat.example.com/v1/groups/g/media', 'content-type: image/png', 'send'])
  expect(shares).toEqual([0.25])
  expect((await answer).status).toBe(201)
  expect(await (await answer).json()).toEqual({ mediaId: 'm1' })
})

test('a broken line and a caller who gives up reject', async () => {
  const broken = platformRequest()
  const lost = uploadWithProgress(broken.request, prepared(), undefined)
  broken.request.onerror?.()
  await expect(lost).rejects.toThrow('lost')
  const abort = new AbortController()
  const stopped = uploadWithProgress(platformRequest().request, prepared(abort.signal), undefined)
  abort.abort()
  await expect(stopped).rejects.toThrow('lost')
  await expect(uploadWithProgress(platformRequest().request, prepared(abort.signal), undefined)).rejects.toThrow('lost')
})
