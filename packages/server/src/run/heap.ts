/** How the server process is given its memory; what starts it passes these on, since a running process cannot. */

/**
 * Megabytes of each half of the young generation. A server of many quiet sockets makes short-lived objects slowly, and
 * V8 lets a larger one grow full first: by its own choice 3,000 sockets weigh 36 KB each, with 4 MB 11 KB. A busy
 * server spends an eighth less with 16 MB than with 8; what a quiet one has left is given back (load.ts).
 */
export const semiSpaceMegabytes = 16

/** Node's arguments for a server process. */
export const heapFlags: readonly string[] = [`--max-semi-space-size=${semiSpaceMegabytes}`]
