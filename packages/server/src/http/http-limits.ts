/** Limits of the HTTP side, each with its reason; those of sockets and budgets are in rates.ts. */
export const httpLimits = {
  /** JSON bodies; the largest message body is 32 KiB. */
  bodyBytesMax: 1_048_576,
  /** Pictures: a 40-megapixel JPEG is below it. */
  uploadBytesMax: 20 * 1_048_576,
  /** Bodies of all requests in memory at once: a tenth of a small machine; four large pictures and many small ones. */
  heldBytesMax: 96 * 1_048_576,
  /** Of one app: another's pictures still find room. */
  heldBytesPerAppMax: 64 * 1_048_576,
  /** Of one person: two of the largest pictures on their way at once. */
  heldBytesPerPersonMax: 40 * 1_048_576,
  urlLengthMax: 8_192,
  headerBytesMax: 16_384,
  headerCountMax: 100,
  /** A parameter of a path; the longest id is 64 characters, which UTF-8 and percent signs stretch. */
  paramLengthMax: 600,
  /** A drip-fed header is cut within 10 s; the check runs every second, so the limit is a little below. */
  headersWithinMs: 8_500,
  /** A drip-fed JSON body. */
  bodyWithinMs: 28_500,
  /** A whole request, an upload on a slow line included. */
  requestWithinMs: 60_000,
  keepAliveMs: 72_000,
  idempotencyKeyLengthMax: 255,
  /** TCP connections of one process; the rest of the file limit is for the store and files. */
  connectionsMax: 19_000,
  /** Of one address that is not a trusted proxy: a thousand sockets and some requests beside them. */
  connectionsPerIpMax: 1_100,
} as const
