/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interface "block": a domain decides what a block driver does with each request
 *
 * The driver owns all that the block layer refers to: disk, tags, requests, data
 * and zones. The domain sees a description of a request and answers with a
 * verdict, which the driver carries out. So no update can take away what the
 * block layer still uses, and there is nothing to hand over but what the domain
 * itself keeps, such as counters.
 */
#ifndef _LINUX_DOMAIN_BLOCK_H
#define _LINUX_DOMAIN_BLOCK_H

#include <linux/domain_interface.h>

/**
 * enum domain_block_op - what a request is to do, as enum req_op
 * @DOMAIN_BLOCK_READ: read
 * @DOMAIN_BLOCK_WRITE: write
 * @DOMAIN_BLOCK_FLUSH: write the volatile cache back
 * @DOMAIN_BLOCK_DISCARD: the data is not needed any more
 * @DOMAIN_BLOCK_ZONE_APPEND: write where the zone's write pointer is
 * @DOMAIN_BLOCK_WRITE_ZEROES: write zeroes
 * @DOMAIN_BLOCK_ZONE_OPEN: open a zone
 * @DOMAIN_BLOCK_ZONE_CLOSE: close a zone
 * @DOMAIN_BLOCK_ZONE_FINISH: make a zone full
 * @DOMAIN_BLOCK_ZONE_RESET: make a zone empty
 * @DOMAIN_BLOCK_ZONE_RESET_ALL: make all zones empty
 */
enum domain_block_op {
	DOMAIN_BLOCK_READ		= 0,
	DOMAIN_BLOCK_WRITE		= 1,
	DOMAIN_BLOCK_FLUSH		= 2,
	DOMAIN_BLOCK_DISCARD		= 3,
	DOMAIN_BLOCK_ZONE_APPEND	= 7,
	DOMAIN_BLOCK_WRITE_ZEROES	= 9,
	DOMAIN_BLOCK_ZONE_OPEN		= 11,
	DOMAIN_BLOCK_ZONE_CLOSE		= 13,
	DOMAIN_BLOCK_ZONE_FINISH	= 15,
	DOMAIN_BLOCK_ZONE_RESET		= 17,
	DOMAIN_BLOCK_ZONE_RESET_ALL	= 19,
};

/* Flags of a request */
#define DOMAIN_BLOCK_RQ_FUA	0x01U	/* has to be durable at its end */
#define DOMAIN_BLOCK_RQ_NOWAIT	0x02U	/* rather fail than wait */
#define DOMAIN_BLOCK_RQ_POLLED	0x04U	/* completes when polled for */
#define DOMAIN_BLOCK_RQ_LAST	0x08U	/* no other follows at once */

/**
 * struct domain_block_rq - a request, as a domain sees it
 * @sector: start in 512-byte sectors; of a zone append, the zone's
 * @cookie: the domain's own, from the verdict to complete(); undefined before
 * @bytes: length; 0 for a flush
 * @tag: number of the request, unique among those of @queue in flight
 * @queue: number of the hardware queue
 * @op: enum domain_block_op
 * @flags: DOMAIN_BLOCK_RQ_*
 * @delay_ns: the domain's answer with DOMAIN_BLOCK_DELAY
 * @result: of queue_rqs(), the verdict, DOMAIN_BLOCK_DO before; for complete(), 0
 *	or a negative errno; otherwise undefined
 * @reserved: undefined
 *
 * A copy on the stack of whoever queues the request. It must not be used after
 * the method has returned.
 */
struct domain_block_rq {
	u64 sector;
	u64 cookie;
	u32 bytes;
	u32 tag;
	u16 queue;
	u8 op;
	u8 flags;
	u32 delay_ns;
	s32 result;
	u32 reserved;
};

/*
 * Verdicts: 0, or a sum of these, or a negative errno, with which the request
 * fails. Without an image, or if the image lacks the method, the verdict is 0.
 *
 * DO		what the device does by itself
 * NOTIFY	call complete() when the request has ended
 * DELAY	complete it @delay_ns later than it would, at most
 *		DOMAIN_BLOCK_DELAY_MAX
 * MIRROR	a write, discard or write zeroes goes to the second store as well
 * SECOND	use the second store instead of the first
 * SKIP		succeed without touching the data
 * REQUEUE	alone; back to the block layer, which offers it again
 *
 * A device has a second store if it keeps data and is not zoned; that of a
 * device without data is as empty as the first. Nothing keeps the two equal but
 * MIRROR. What makes no sense fails the request with an I/O error and a message:
 * bits that are not defined, REQUEUE with others, MIRROR with SECOND, either of
 * them with SKIP or on a zoned disk, a delay above DOMAIN_BLOCK_DELAY_MAX.
 */
#define DOMAIN_BLOCK_DO		0
#define DOMAIN_BLOCK_NOTIFY	0x01U
#define DOMAIN_BLOCK_DELAY	0x02U
#define DOMAIN_BLOCK_MIRROR	0x04U
#define DOMAIN_BLOCK_SECOND	0x08U
#define DOMAIN_BLOCK_SKIP	0x10U
#define DOMAIN_BLOCK_REQUEUE	0x20U
#define DOMAIN_BLOCK_VERDICTS	0x3fU

#define DOMAIN_BLOCK_DELAY_MAX	1000000000U	/* ns */

/* The most requests that one call of queue_rqs() is about */
#define DOMAIN_BLOCK_BATCH	16

/**
 * struct domain_block_stats - what a domain has counted, over all updates
 * @version: of the image that answers
 * @queued: verdicts, without those that were DOMAIN_BLOCK_REQUEUE
 * @notify: of these, with DOMAIN_BLOCK_NOTIFY
 * @completed: calls of complete()
 * @errors: of these, with an error
 * @delayed: verdicts with DOMAIN_BLOCK_DELAY
 * @mirrored: verdicts with DOMAIN_BLOCK_MIRROR
 * @second: verdicts with DOMAIN_BLOCK_SECOND
 * @read_bytes: of the reads
 * @written_bytes: of the writes
 */
struct domain_block_stats {
	u64 version;
	u64 queued;
	u64 notify;
	u64 completed;
	u64 errors;
	u64 delayed;
	u64 mirrored;
	u64 second;
	u64 read_bytes;
	u64 written_bytes;
};

/*
 * queue_rq: a verdict about @rq. Each request gets one, but for REQUEUE: one that
 *	the driver cannot start after all is not offered a second time.
 * queue_rqs: a verdict in @result of each of @nr requests, at most
 *	DOMAIN_BLOCK_BATCH. Returns 0. Without it queue_rq() is called for each.
 * commit: no more requests follow on @queue, after one without
 *	DOMAIN_BLOCK_RQ_LAST. Its return value is ignored.
 * complete: @rq has ended, with @result; called once for each verdict with
 *	NOTIFY, perhaps in the successor of the domain that gave it, and on any
 *	CPU. If the domain dies of it, it is not called again. Its return value is
 *	ignored.
 * poll: @nr polled requests of @queue are done. Returns how many of them may
 *	complete now. Without it all do.
 * init_hctx: the hardware queue @queue comes, with @depth tags. A negative errno
 *	refuses it, and with it the power-on of the disk. A domain that is bound
 *	to a disk in use is not told of its queues.
 * exit_hctx: @queue goes. Its return value is ignored.
 * open: somebody opens the disk. A negative errno refuses.
 * release: the counterpart of open(). Its return value is ignored.
 * stats: fill in what was counted. Returns 0.
 *
 * No method returns -EBUSY or -ENOBUFS, with which the kernel says that it did
 * not call it, or -EOWNERDEAD, with which it says that the domain died in it.
 * There is none for the report of zones: they are the driver's. For what a driver
 * would keep with each request there is the cookie.
 */
#define DOMAIN_BLOCK_METHODS(M, i)					\
	M(i, queue_rq, (PTR, struct domain_block_rq *, rq))		\
	M(i, queue_rqs, (VEC, struct domain_block_rq *, rqs), (VAL, u64, nr)) \
	M(i, commit, (VAL, u64, queue))					\
	M(i, complete, (PTR, const struct domain_block_rq *, rq))	\
	M(i, poll, (VAL, u64, queue), (VAL, u64, nr))			\
	M(i, init_hctx, (VAL, u64, queue), (VAL, u64, depth))		\
	M(i, exit_hctx, (VAL, u64, queue))				\
	M(i, open)							\
	M(i, release)							\
	M(i, stats, (PTR, struct domain_block_stats *, stats))

DOMAIN_DECLARE_INTERFACE(block, DOMAIN_BLOCK_METHODS, 1, REF_ATOMIC);

#endif /* _LINUX_DOMAIN_BLOCK_H */
