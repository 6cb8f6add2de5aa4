/** How the server process is given its memory; what starts it passes these on, since a running process cannot. */

/**
 * Megabytes of each half of the young generation. A server of many quiet sockets makes short-lived objects slowly, and
 * V8 lets a larger one grow full first: by its own choice 3,000 sockets weigh 36 KB each, with 4 MB 11 KB. With 8 MB a
 * socket weighs about 1 KB more and a busy server collects a third less of its time (docs/benchmarks.md).
 */
export const semiSpaceMegabytes = 8

/** Node's arguments for a server process. */
export const heapFlags: readonly string[] = [`--max-semi-space-size=${semiSpaceMegabytes}`]
