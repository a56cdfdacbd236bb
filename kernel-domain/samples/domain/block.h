/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interface "block": what all images for it share. Each defines
 *
 *	BLOCK_VERSION	its number, which stats() tells
 *	block_verdict()	what to do with a request
 *
 * and if it does more than that
 *
 *	block_on_queue_rq(), block_on_complete()
 *			called when that is all but done
 *	BLOCK_METHODS	initializers of further methods
 *	BLOCK_OPS	and of other functions
 *
 * All have the same state, so that each can follow each other.
 */
#ifndef block_on_queue_rq
#define block_on_queue_rq()	do { } while (0)
#endif
#ifndef block_on_complete
#define block_on_complete()	do { } while (0)
#endif
#ifndef BLOCK_METHODS
#define BLOCK_METHODS
#endif
#ifndef BLOCK_OPS
#define BLOCK_OPS
#endif

#define BLOCK_STATE_TYPE	0x626c6f63	/* "bloc" */
#define BLOCK_STATE_VERSION	1

/*
 * The counters of a group of hardware queues, whose CPUs do not share a cache
 * line with those of others.
 */
#define BLOCK_GROUPS		8

struct block_counters {
	u64 queued, notify, completed, errors;
	u64 delayed, mirrored, second;
	u64 bytes[2];		/* read, written */
} __aligned(64);

static struct block_counters counters[BLOCK_GROUPS];

#define block_add(field, n)	\
	__atomic_fetch_add(&(field), (n), __ATOMIC_RELAXED)

/* The verdict, counted; inlined, so that only what it can be is tested for */
static inline __attribute__((always_inline)) long
block_decide(struct domain_block_rq *rq)
{
	struct block_counters *c = &counters[rq->queue % BLOCK_GROUPS];
	const long verdict = block_verdict(rq);

	block_add(c->queued, 1);
	if (rq->op <= DOMAIN_BLOCK_WRITE)
		block_add(c->bytes[rq->op], rq->bytes);
	if (verdict & DOMAIN_BLOCK_NOTIFY)
		block_add(c->notify, 1);
	if (verdict & DOMAIN_BLOCK_DELAY)
		block_add(c->delayed, 1);
	if (verdict & DOMAIN_BLOCK_MIRROR)
		block_add(c->mirrored, 1);
	if (verdict & DOMAIN_BLOCK_SECOND)
		block_add(c->second, 1);
	block_on_queue_rq();
	return verdict;
}

static __domain_method long block_queue_rq(struct domain_block_rq *rq)
{
	return block_decide(rq);
}

static __domain_method long block_queue_rqs(struct domain_block_rq *rqs, u64 nr)
{
	u64 i;

	for (i = 0; i < nr; i++)
		rqs[i].result = block_decide(&rqs[i]);
	return 0;
}

/* Also of images that never ask for it: what a predecessor queued completes here */
static __domain_method long block_complete(const struct domain_block_rq *rq)
{
	struct block_counters *c = &counters[rq->queue % BLOCK_GROUPS];

	block_add(c->completed, 1);
	if (rq->result)
		block_add(c->errors, 1);
	block_on_complete();
	return 0;
}

static __domain_method long block_stats(struct domain_block_stats *stats)
{
	struct block_counters *c;

	for (c = counters; c < counters + BLOCK_GROUPS; c++) {
		stats->queued += READ_ONCE(c->queued);
		stats->notify += READ_ONCE(c->notify);
		stats->completed += READ_ONCE(c->completed);
		stats->errors += READ_ONCE(c->errors);
		stats->delayed += READ_ONCE(c->delayed);
		stats->mirrored += READ_ONCE(c->mirrored);
		stats->second += READ_ONCE(c->second);
		stats->read_bytes += READ_ONCE(c->bytes[0]);
		stats->written_bytes += READ_ONCE(c->bytes[1]);
	}
	stats->version = BLOCK_VERSION;
	return 0;
}

static long block_export(void *buf, u64 size)
{
	if (size < sizeof(counters))
		return -ENOSPC;
	memcpy(buf, counters, sizeof(counters));
	return sizeof(counters);
}

static long block_import(u64 version, const void *buf, u64 size)
{
	if (version > BLOCK_STATE_VERSION || size != sizeof(counters))
		return -EINVAL;
	memcpy(counters, buf, sizeof(counters));
	return 0;
}

static const struct domain_block_ops methods = {
	.queue_rq = block_queue_rq,
	.queue_rqs = block_queue_rqs,
	.complete = block_complete,
	.stats = block_stats,
	BLOCK_METHODS
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_block_NR,
	.methods = &methods,
	.export_state = block_export,
	.import_state = block_import,
	.state_size = sizeof(counters),
	BLOCK_OPS
};

#define BLOCK_IMAGE(_name, _version)					\
	DOMAIN_IMAGE(block, DOMAIN_BLOCK_METHODS, ops,			\
		     .name = _name, .version = _version,		\
		     .state_type = BLOCK_STATE_TYPE,			\
		     .state_version = BLOCK_STATE_VERSION)
