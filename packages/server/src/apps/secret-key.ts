/** The key that encrypts signing secrets, kept beside the embedded database: made once, readable by this user only. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Throws when the file holds something else than 64 hexadecimal digits. */
export async function readSecretKey(dataDir: string): Promise<Uint8Array> {
  const file = join(dataDir, 'secret-key')
  await mkdir(dataDir, { recursive: true })
  try {
    // Two processes may start at once; the first to create the file decides.
    await writeFile(file, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  }
  return parseSecretKey(await readFile(file, 'utf8'), file)
}

/** 32 bytes as hexadecimal digits. `origin` names the place in the error. */
export function parseSecretKey(text: string, origin: string): Uint8Array {
  const hex = text.trim()
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new Error(`${origin}: a secret key is 64 hexadecimal digits`)
  return Buffer.from(hex, 'hex')
}
