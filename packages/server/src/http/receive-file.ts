/** Receives the file of a request: what can be refused by its head is, before a byte of it is read. Knows no route. */
import type { IncomingMessage } from 'node:http'
import { isTypeAmong, refuse, Refusal, type FileLimits, type SentFile } from '@qun/contract'
import type { Admission } from '@qun/core'
import type { FastifyRequest } from 'fastify'
import type { Uploads } from '../files/uploads.ts'
import { lengthOf, senderOf } from './bodies.ts'
import { sayContinue } from './expect.ts'
import { strangerAt } from '../ground/doors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes a file instead of JSON. */
    file?: FileRoute | undefined
  }
  interface FastifyRequest {
    /** Lets the call of a file go on though the server stops. */
    admission: Admission | undefined
  }
}
/** What a route says of the files it takes. */
export interface FileRoute {
  readonly limits: FileLimits
  /** Refuses who may not call, and what of a head is not valid. */
  readonly admit: (request: FastifyRequest) => Promise<Admission>
  /** Told of who was let in, and then sent next to nothing. */
  readonly onIdle: (request: FastifyRequest) => void
}

/** Whoever sent less before they were cut kept a place from others for nothing. */
const idleBelowBytes = 65_536

export async function receiveFile(
  uploads: Uploads,
  request: FastifyRequest,
  payload: IncomingMessage,
): Promise<SentFile> {
  const { file } = request.routeOptions.config
  const contentType = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
  if (file === undefined || !isTypeAmong(file.limits, contentType)) throw refuse('request.media_type')
  const { bytesMax } = file.limits
  const payer = request.payer ?? strangerAt(request.clientAddress)
  const head = { sender: senderOf(request), payer, contentType, length: lengthOf(request), bytesMax }
  uploads.check(head)
  const admission = await file.admit(request)
  try {
    const upload = uploads.admit(head)
    upload.onFreed = () => admission.end()
    request.heldBody = upload
    request.admission = admission
    sayContinue(payload)
    return await upload.receive(payload).catch((error: unknown) => {
      const isCut = error instanceof Refusal && error.code === 'request.timeout'
      if (isCut && upload.arrived < idleBelowBytes) file.onIdle(request)
      throw error
    })
  } catch (error) {
    if (request.heldBody === undefined) admission.end()
    throw error
  }
}
