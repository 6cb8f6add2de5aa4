/** Keeps signing secrets encrypted at rest, with a key that is not in the database. Knows no table. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

export interface Seal {
  seal(secret: Uint8Array): string
  /** Throws when the text was sealed with another key or was altered. */
  open(sealed: string): Uint8Array
}

/**
 * AES-256-GCM with a 32-byte key. Without a key secrets are stored as they are: a server on a foreign database that
 * was given no key still works, and whoever can read that database can then sign tokens.
 */
export function createSeal(key: Uint8Array | undefined): Seal {
  if (key !== undefined && key.length !== 32) throw new Error('the secret key must be 32 bytes')
  return {
    seal(secret) {
      if (key === undefined) return `plain:${Buffer.from(secret).toString('base64')}`
      // NOTE: chance here is not the test world's: a repeated nonce would break the cipher.
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const text = Buffer.concat([cipher.update(secret), cipher.final()])
      return `v1:${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')}`
    },
    open(sealed) {
      const [form, encoded = ''] = sealed.split(':', 2)
      const bytes = Buffer.from(encoded, 'base64')
      if (form === 'plain') return bytes
      if (form !== 'v1' || key === undefined)
        throw new Error('a signing key was sealed with a QUN_SECRET_KEY that is not given')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      decipher.setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
    },
  }
}

export function isOpenedBy(seal: Seal, sealed: string): boolean {
  try {
    seal.open(sealed)
    return true
  } catch {
    return false
  }
}

/** Stored as it is, by a server that was given no key. */
export function isPlain(sealed: string): boolean {
  return sealed.startsWith('plain:')
}
