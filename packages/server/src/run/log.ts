/** The logger: JSON lines, with secrets taken out by name and by pattern. */
import { pino, type DestinationStream, type Logger } from 'pino'

const secretNames = [
  'authorization',
  'token',
  'access_token',
  'apiKey',
  'secret',
  'password',
  'cookie',
  'idempotency-key',
]
const secretPattern = /\bqsk_[a-z0-9-]+\.[0-9a-f]+_[0-9a-f]+|\beyJ[\w-]+\.[\w-]*\.[\w-]*/g
const secretQuery = /([?&](?:access_token|token|key|secret|password|code|sig|signature)=)[^&#\s"]*/gi

/** Text with tokens, API keys and secret query values replaced. */
export function redact(text: string): string {
  return text.replace(secretPattern, '[redacted]').replace(secretQuery, '$1[redacted]')
}

export type LogLevel = 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    redact: {
      paths: secretNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
      censor: '[redacted]',
    },
    hooks: {
      // The last wall: whatever was put into a message or an error's text.
      streamWrite: redact,
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
