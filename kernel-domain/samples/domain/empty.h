/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interface "empty_device": what its two versions share
 *
 * The counters move in export_state() and import_state(). The buffers that
 * were given to the domain are shared objects: they belong to the successor
 * when the update is committed, only their list moves with the state.
 */
#include <linux/domain_empty_device.h>
#include <linux/domain_sdk.h>

/* Both versions have the same state, so that either can follow the other */
#define EMPTY_STATE_TYPE	0x656d7074	/* "empt" */
#define EMPTY_STATE_VERSION	1
#define EMPTY_MAX_KEPT		64

struct empty_state {
	u64 opens, reads, writes, bytes, checksum, kept;
	struct domain_empty_buf *buf[EMPTY_MAX_KEPT];
};

static struct empty_state state;
static u64 kept_lock;

#define empty_add(field, n)	\
	__atomic_fetch_add(&state.field, n, __ATOMIC_RELAXED)

/* Short sections that call nothing; a domain has no lock of the kernel's */
static void empty_lock(void)
{
	while (__atomic_exchange_n(&kept_lock, 1, __ATOMIC_ACQUIRE))
		;
}

static void empty_unlock(void)
{
	__atomic_store_n(&kept_lock, 0, __ATOMIC_RELEASE);
}

static void empty_count(const u8 *buf, u64 len)
{
	u64 sum = 0, i;

	for (i = 0; i < len; i++)
		sum += buf[i];
	empty_add(bytes, len);
	empty_add(checksum, sum);
}

static __domain_method long empty_open(void)
{
	empty_add(opens, 1);
	return 0;
}

static __domain_method long empty_release(void)
{
	u64 n = READ_ONCE(state.opens);

	/* not below 0: a file may be older than a domain without a predecessor */
	while (n && !__atomic_compare_exchange_n(&state.opens, &n, n - 1, 0,
						 __ATOMIC_RELAXED,
						 __ATOMIC_RELAXED))
		;
	return 0;
}

static __domain_method long empty_read(u8 *buf, u64 len)
{
	empty_add(reads, 1);
	memset(buf, EMPTY_FILL, len);
	return len;
}

static __domain_method long empty_write(const u8 *buf, u64 len)
{
	empty_add(writes, 1);
	empty_count(buf, len);
	return len;
}

static __domain_method long empty_info(struct domain_empty_info *info)
{
	info->opens = READ_ONCE(state.opens);
	info->reads = READ_ONCE(state.reads);
	info->writes = READ_ONCE(state.writes);
	info->bytes = READ_ONCE(state.bytes);
	info->checksum = READ_ONCE(state.checksum);
	info->kept = READ_ONCE(state.kept);
	info->version = EMPTY_VERSION;
	return 0;
}

static __domain_method long empty_exchange(struct domain_empty_buf *buf)
{
	u64 len = buf->len, i;

	if (len > sizeof(buf->data))
		return -EINVAL;
	empty_count(buf->data, len);
	for (i = 0; i < len; i++)
		buf->data[i] = ~buf->data[i];
	return len;
}

static __domain_method long empty_keep(struct domain_empty_buf *buf)
{
	long ret = -ENOSPC;

	empty_lock();
	if (state.kept < EMPTY_MAX_KEPT) {
		state.buf[state.kept++] = buf;
		ret = state.kept;
	}
	empty_unlock();
	return ret;
}

static __domain_method long empty_drop(void)
{
	struct domain_empty_buf *buf;
	long n;

	for (n = 0;; n++) {
		empty_lock();
		buf = state.kept ? state.buf[--state.kept] : NULL;
		empty_unlock();
		if (!buf)
			return n;
		if (domain_services->shared_free(buf) != -EBUSY)
			continue;
		/* the call of keep() that brought it has not returned yet */
		empty_lock();
		state.buf[state.kept++] = buf;
		empty_unlock();
		return n;
	}
}

static long empty_exit(void)
{
	/* after an update they are the successor's, and not freed by this */
	empty_drop();
	return 0;
}

static long empty_export(void *buf, u64 size)
{
	if (size < sizeof(state))
		return -ENOSPC;
	memcpy(buf, &state, sizeof(state));
	return sizeof(state);
}

static long empty_import(u64 version, const void *buf, u64 size)
{
	if (version > EMPTY_STATE_VERSION || size != sizeof(state))
		return -EINVAL;
	memcpy(&state, buf, sizeof(state));
	return 0;
}

static const struct domain_empty_device_ops methods = {
	.open = empty_open,
	.release = empty_release,
	.read = empty_read,
	.write = empty_write,
	.info = empty_info,
	.exchange = empty_exchange,
	.keep = empty_keep,
	.drop = empty_drop,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_empty_device_NR,
	.methods = &methods,
	.exit = empty_exit,
	.export_state = empty_export,
	.import_state = empty_import,
	.state_size = sizeof(state),
};
