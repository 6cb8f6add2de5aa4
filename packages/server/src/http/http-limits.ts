/** Limits of the HTTP side, each with its reason; those of sockets and budgets are in rates.ts. */
export const httpLimits = {
  /** JSON bodies; the largest message body is 32 KiB. */
  bodyBytesMax: 1_048_576,
  /** JSON bodies in memory at once: a fifteenth of a small machine, sixteen of the largest for one person or host. */
  heldBytes: { max: 64 * 1_048_576, perAppMax: 40 * 1_048_576, perPersonMax: 16 * 1_048_576 },
  urlLengthMax: 8_192,
  headerBytesMax: 16_384,
  headerCountMax: 100,
  /** A parameter of a path; the longest id is 64 characters, which UTF-8 and percent signs stretch. */
  paramLengthMax: 600,
  /** A drip-fed header is cut within 10 s; the check runs every second, so the limit is a little below. */
  headersWithinMs: 8_500,
  /** A drip-fed JSON body. */
  bodyWithinMs: 28_500,
  /** A whole request: the largest picture on a line of 70 KiB a second. Uploads that drip are cut long before. */
  requestWithinMs: 300_000,
  keepAliveMs: 72_000,
  idempotencyKeyLengthMax: 255,
  /** TCP connections of one process; the rest of the file limit is for the store and files. */
  connectionsMax: 19_000,
  /** Of one address that is not a trusted proxy: a thousand sockets and some requests beside them. */
  connectionsPerIpMax: 1_100,
} as const
