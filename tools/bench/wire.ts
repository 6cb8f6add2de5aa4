/** How the generator opens a connection to each peer and publishes on it: bytes out, words to wait for. */
import { createHmac, randomUUID } from 'node:crypto'
import { clientFrame, upgradeRequest } from './websocket-wire.ts'
import type { LoadPlan, Signing } from './plan.ts'

/** A connection opens by sending bytes and waiting for words, in this order. */
export type Greeting = { readonly send: Buffer } | { readonly await: string }

export interface Wire {
  greet(connection: number): Greeting[]
  /** The frame that publishes `text` into the connection's group; `number` is unique. */
  publish(connection: number, number: number, text: string): Buffer
  /** Bytes a received message has at least beyond its text. */
  readonly overheadMin: number
  /** Sent now and then so that the server does not take a silent reader for dead. */
  readonly alive?: Buffer
}

export function wireOf(plan: LoadPlan): Wire {
  const { wire } = plan
  if (wire.kind === 'plain') return plainWire(plan)
  if (wire.kind === 'socket.io') return socketIoWire(plan)
  return qunWire(plan, wire)
}

function plainWire(plan: LoadPlan): Wire {
  return {
    greet: (connection) => [
      { send: upgradeRequest(`/?g=${connection % plan.groups}&u=${connection}`, plan.host) },
      { await: '\r\n\r\n' },
    ],
    publish: (_connection, _number, text) => clientFrame(text),
    overheadMin: 0,
  }
}

function socketIoWire(plan: LoadPlan): Wire {
  const path = '/socket.io/?EIO=4&transport=websocket&g='
  return {
    greet: (connection) => [
      { send: upgradeRequest(`${path}${connection % plan.groups}`, plan.host) },
      { await: '\r\n\r\n' },
      { await: '"sid"' },
      { send: clientFrame('40') },
      { await: '40{"sid"' },
    ],
    publish: (_connection, _number, text) => clientFrame(`42["m","${text}"]`),
    overheadMin: 0,
  }
}

function qunWire(plan: LoadPlan, wire: Extract<LoadPlan['wire'], { kind: 'qun' }>): Wire {
  const groupOf = (connection: number) => wire.groupIds[connection % plan.groups]!
  return {
    greet: (connection) => {
      const signing = wire.signings[connection % wire.signings.length] as Signing
      const token = signToken(signing, `${wire.userPrefix}${connection}`)
      const groups =
        wire.listedGroups === 0
          ? [{ groupId: groupOf(connection), level: 'open' }]
          : Array.from({ length: wire.listedGroups }, (_, at) => ({
              groupId: groupOf(connection + at),
              level: 'listed',
            }))
      return [
        { send: upgradeRequest('/v1/socket', plan.host) },
        { await: '\r\n\r\n' },
        { send: clientFrame(JSON.stringify({ op: 'auth', token })) },
        { await: '"op":"hello"' },
        { send: clientFrame(JSON.stringify({ op: 'subscribe', id: 1, groups })) },
        { await: wire.listedGroups === 0 ? '"op":"snapshot"' : '"op":"done","id":1' },
      ]
    },
    publish: (connection, number, text) =>
      clientFrame(
        `{"op":"send","id":${number},"groupId":"${groupOf(connection)}","clientId":"b${plan.seed}-${number}",` +
          `"kind":"text","body":{"text":"${text}"}}`,
      ),
    // A message's row names its position, sender, kind and state.
    overheadMin: 120,
    alive: clientFrame('', 10),
  }
}

/** A user token for an hour, as a host with the signing key mints it. */
export function signToken(signing: Signing, userId: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const iat = Math.floor(Date.now() / 1_000)
  const claims = {
    iss: signing.appId,
    aud: 'qun',
    sub: userId,
    jti: randomUUID(),
    iat,
    exp: iat + 3_600,
    scope: 'user',
  }
  const unsigned = `${encode({ alg: 'HS256', kid: signing.kid, typ: 'JWT' })}.${encode(claims)}`
  const secret = Buffer.from(signing.secret, 'base64url')
  return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`
}
