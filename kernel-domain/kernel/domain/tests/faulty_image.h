/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The images that crash: what is the same in all of them
 */
#include "../../../samples/domain/faulty_ways.h"
#include "domain_faulty.h"

static long faulty_lend(struct faulty_buf *buf, u64 way)
{
	buf->value = way;
	return faulty_crash(way, 0);
}

static long faulty_give(struct faulty_buf *buf, u64 way)
{
	buf->value = way;
	return faulty_crash(way, 0);
}

static long faulty_inner(u64 nr, u64 arg0, u64 arg1)
{
	const u64 args[DOMAIN_MAX_ARGS] = { arg0, arg1 };
	long handle, ret;

	handle = domain_services->slot_open("kunit_inner",
					    DOMAIN_faulty_rcu_MAJOR,
					    DOMAIN_INTERFACE_HASH(faulty_rcu, FAULTY_METHODS),
					    DOMAIN_faulty_rcu_NR);
	if (handle < 0)
		return handle;
	ret = domain_services->slot_call(handle, nr, args);
	domain_services->slot_close(handle);
	return ret + 1000;
}

static long faulty_nest(u64 way)
{
	return faulty_inner(DOMAIN_faulty_rcu_crash, way, 0);
}

static long faulty_nest_pass(u64 way, u64 give)
{
	struct faulty_buf *buf;
	long ret;

	buf = domain_services->shared_alloc(sizeof(*buf), FAULTY_BUF_TYPE);
	if (!buf)
		return -ENOMEM;
	ret = faulty_inner(give ? DOMAIN_faulty_rcu_give : DOMAIN_faulty_rcu_lend,
			   (u64)(unsigned long)buf, way);
	/* mine again, with what was written to it */
	if (buf->value != way)
		return -EBADMSG;
	return domain_services->shared_free(buf) ?: ret;
}

static long faulty_remember(u64 n)
{
	u64 sum = 0;
	long ret;

	ret = domain_services->state_get(FAULTY_KEY, FAULTY_TYPE, 1, &sum,
					 sizeof(sum));
	if (ret < 0 && ret != -ENOENT)
		return ret;
	sum += n;
	ret = domain_services->state_put(FAULTY_KEY, FAULTY_TYPE, 1, &sum,
					 sizeof(sum));
	return ret ? ret : (long)sum;
}

static long faulty_arguments(void)
{
	const struct domain_services *s = domain_services;
	static const unsigned long bad[] = {
		0, 8, 0x400000, 0x6b6b6b6b6b6b6b6bUL, -4096UL * 3,
	};
	long taken = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		void *p = (void *)bad[i];

		taken += !s->print(6, p, 16);
		/* NULL is taken */
		taken += p && !s->free(p);
		taken += !s->shared_free(p);
		taken += !s->state_put(2, 2, 2, p, 16);
		taken += s->state_get(FAULTY_KEY, FAULTY_TYPE, 1, p, 8) >= 0;
		taken += s->slot_open(p, 1, 1, 1) >= 0;
		taken += s->slot_call(bad[i], 0, p) >= 0;
		taken += s->slot_close(bad[i]) >= 0;
		taken += s->timer_arm(bad[i] | 0x1000, 1, 1) >= 0;
	}
	return taken;
}

/* Crash if the slot's store says so under a key; a successor finds it there, too */
static long faulty_stored(u64 key)
{
	u64 way = 0;

	if (domain_services->state_get(key, FAULTY_TYPE, 1, &way,
				       sizeof(way)) == sizeof(way) && way)
		return faulty_crash(way, 0);
	return 0;
}

static long faulty_misalign(void)
{
	u64 local __aligned(16) = 0;
	u64 address = (u64)&local;

	/* or the compiler says what it believes */
	asm volatile("" : "+r" (address), "+m" (local));
	return address % 16;
}

static long faulty_init(void)
{
	return faulty_stored(FAULTY_KEY_INIT);
}

static long faulty_export(void *buf, u64 size)
{
	long ret = faulty_stored(FAULTY_KEY_EXPORT);

	if (ret)
		return ret;
	memcpy(buf, &faulty_calls, sizeof(faulty_calls));
	return sizeof(faulty_calls);
}

static long faulty_import(u64 version, const void *buf, u64 size)
{
	long ret = faulty_stored(FAULTY_KEY_IMPORT);

	if (ret)
		return ret;
	if (size != sizeof(faulty_calls))
		return -EINVAL;
	memcpy(&faulty_calls, buf, sizeof(faulty_calls));
	return 0;
}

static long faulty_exit(void)
{
	return faulty_stored(FAULTY_KEY_EXIT);
}

#define FAULTY_IMAGE(iface)						\
static const struct domain_##iface##_ops methods = {			\
	.crash = faulty_crash,						\
	.lend = faulty_lend,						\
	.give = faulty_give,						\
	.nest = faulty_nest,						\
	.remember = faulty_remember,					\
	.arguments = faulty_arguments,					\
	.nest_pass = faulty_nest_pass,					\
	.misalign = faulty_misalign,					\
};									\
									\
static const struct domain_image_ops ops = {				\
	.size = sizeof(ops),						\
	.nr_methods = DOMAIN_##iface##_NR,				\
	.methods = &methods,						\
	.init = faulty_init,						\
	.exit = faulty_exit,						\
	.export_state = faulty_export,					\
	.import_state = faulty_import,					\
	.state_size = sizeof(faulty_calls),				\
	.timer = faulty_expired,					\
};									\
									\
DOMAIN_IMAGE(iface, FAULTY_METHODS, ops,				\
	     .name = #iface, .version = "1",				\
	     .state_type = FAULTY_TYPE, .state_version = 1)
