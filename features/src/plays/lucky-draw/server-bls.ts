/** Whether a round of drand was made by its chain: the BLS signature against the chain's public key. Pure. */
import { createHash } from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381.js'

/**
 * How drand signs a chain's rounds. `bls-unchained-g1-rfc9380`: the round's number, signatures of 48 bytes.
 * `pedersen-bls-chained`: the round's number after the signature before it, signatures of 96 bytes.
 */
export type DrandScheme = 'bls-unchained-g1-rfc9380' | 'pedersen-bls-chained'
export interface SignedRound {
  readonly round: number
  /** In hex. */
  readonly signature: string
  /** The signature of the round before, in hex; only chained schemes sign it. */
  readonly previousSignature: string
}

/** Names what is hashed to the curve, so that no signature of another protocol fits here. */
const suites = {
  'bls-unchained-g1-rfc9380': 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_',
  'pedersen-bls-chained': 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_',
} as const satisfies Record<DrandScheme, string>
export const signatureBytes = {
  'bls-unchained-g1-rfc9380': 48,
  'pedersen-bls-chained': 96,
} as const satisfies Record<DrandScheme, number>

/** [LD24] False also for bytes that are no point of the curve. */
export function isSigned(scheme: DrandScheme, publicKey: string, signed: SignedRound): boolean {
  const message = messageOf(scheme, signed)
  const bytes = Buffer.from(signed.signature, 'hex')
  const key = Buffer.from(publicKey, 'hex')
  try {
    // The one has short signatures and long keys, the other the reverse.
    if (scheme === 'bls-unchained-g1-rfc9380') {
      const short = bls12_381.shortSignatures
      return short.verify(bytes, short.hash(message, suites[scheme]), key)
    }
    const long = bls12_381.longSignatures
    return long.verify(bytes, long.hash(message, suites[scheme]), key)
  } catch {
    return false
  }
}
function messageOf(scheme: DrandScheme, { round, previousSignature }: SignedRound): Uint8Array {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(round))
  const hash = createHash('sha256')
  if (scheme === 'pedersen-bls-chained') hash.update(Buffer.from(previousSignature, 'hex'))
  return hash.update(number).digest()
}
