/* Stands in for liburing where it is not installed: the C server is run in its send() mode, which calls none of it. */
#pragma once
#include <stdint.h>
struct io_uring { int unused; };
struct io_uring_cqe { uint64_t user_data; int res; };
struct io_uring_sqe { uint64_t user_data; };
#define IORING_SETUP_SINGLE_ISSUER 0
#define IORING_SETUP_COOP_TASKRUN 0
#define io_uring_for_each_cqe(ring, head, cqe) for (head = 0, cqe = 0; head && cqe; head++)
static inline int io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags) { return -1; }
static inline void io_uring_cq_advance(struct io_uring *ring, unsigned count) {}
static inline struct io_uring_sqe *io_uring_get_sqe(struct io_uring *ring) { return 0; }
static inline int io_uring_submit_and_wait(struct io_uring *ring, unsigned count) { return -1; }
static inline void io_uring_prep_send(struct io_uring_sqe *sqe, int fd, const void *bytes, unsigned length, int flags) {}
