// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does what code in a kernel does, for the harness that damages images (see
 * tools/domain/tests/domain-mutate.c): sorts, lists, trees, tables, text, own
 * memory, shared objects and the store.
 *
 * run(job, arg) does one of the jobs with what it makes of @arg, and returns a
 * checksum of all that came out. A part of the jobs keeps what it has for later
 * calls. So a result that is right says something about the memory as well.
 */
#include <linux/domain_command.h>
#include <linux/domain_sdk.h>

#define WORK_KEY	1
#define WORK_TYPE	0x776f726b	/* "work" */

#define WORK_ITEMS	64
#define WORK_BUCKETS	16
#define WORK_RING	32
#define WORK_OBJECTS	4
#define WORK_OBJECT	256
#define WORK_TEXT	512

struct work_node {
	struct work_node *next, *prev;
	struct work_node *child[2];
	u64 key, value;
};

static struct work_node *buckets[WORK_BUCKETS];
static struct {
	u64 head, tail;
	u64 slot[WORK_RING];
} ring;
static u8 *objects[WORK_OBJECTS];
static u64 next_object;
static u64 bitmap[4];
static u32 *crc_table;

static u64 work_random(u64 *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

static u64 work_mix(u64 sum, u64 value)
{
	return (sum ^ value) * 0x100000001b3ULL + (sum >> 29);
}

static struct work_node *work_node(u64 key, u64 value)
{
	struct work_node *n = domain_services->alloc(sizeof(*n));

	if (n) {
		n->key = key;
		n->value = value;
	}
	return n;
}

/* Sorts an array by a comparison function */
static int work_up(u64 a, u64 b)
{
	return a < b ? -1 : a > b;
}

static int work_down(u64 a, u64 b)
{
	return work_up(b, a);
}

static void work_sift(u64 *a, u64 i, u64 n, int (*cmp)(u64 a, u64 b))
{
	u64 child, tmp;

	for (; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && cmp(a[child], a[child + 1]) < 0)
			child++;
		if (cmp(a[i], a[child]) >= 0)
			return;
		tmp = a[i];
		a[i] = a[child];
		a[child] = tmp;
	}
}

static long work_sort(u64 arg)
{
	int (*cmp)(u64 a, u64 b) = arg % 2 ? work_down : work_up;
	u64 *a = domain_services->alloc(WORK_ITEMS * sizeof(*a));
	u64 i, tmp, sum = 0;

	if (!a)
		return -ENOMEM;
	for (i = 0; i < WORK_ITEMS; i++)
		a[i] = work_random(&arg);
	for (i = WORK_ITEMS / 2; i--;)
		work_sift(a, i, WORK_ITEMS, cmp);
	for (i = WORK_ITEMS - 1; i; i--) {
		tmp = a[0];
		a[0] = a[i];
		a[i] = tmp;
		work_sift(a, 0, i, cmp);
	}
	for (i = 0; i < WORK_ITEMS; i++)
		sum = work_mix(sum, a[i]);
	domain_services->free(a);
	return sum >> 1;
}

/* A list in order, of which every third element is taken out again */
static long work_list(u64 arg)
{
	struct work_node head = { .next = &head, .prev = &head }, *n, *at, *next;
	u64 i, sum = 0;

	for (i = 0; i < WORK_ITEMS / 2; i++) {
		n = work_node(work_random(&arg), i);
		if (!n)
			return -ENOMEM;
		for (at = head.next; at != &head && at->key < n->key;)
			at = at->next;
		n->next = at;
		n->prev = at->prev;
		at->prev->next = n;
		at->prev = n;
	}
	for (i = 0, n = head.next; n != &head; n = next, i++) {
		next = n->next;
		if (i % 3)
			continue;
		n->prev->next = n->next;
		n->next->prev = n->prev;
		domain_services->free(n);
	}
	while ((n = head.prev) != &head) {
		sum = work_mix(sum, n->key + n->value);
		n->prev->next = n->next;
		n->next->prev = n->prev;
		domain_services->free(n);
	}
	return sum >> 1;
}

/* A search tree, walked and freed by recursion */
static u64 work_walk(struct work_node *n, u64 depth)
{
	u64 sum;

	if (!n)
		return depth;
	sum = work_walk(n->child[0], depth + 1);
	sum = work_mix(sum, n->key);
	sum = work_mix(sum, work_walk(n->child[1], depth + 1));
	domain_services->free(n);
	return sum;
}

static long work_tree(u64 arg)
{
	struct work_node *root = NULL, **link;
	u64 i, key;

	for (i = 0; i < WORK_ITEMS / 2; i++) {
		key = work_random(&arg) % 1000;
		for (link = &root; *link && (*link)->key != key;)
			link = &(*link)->child[(*link)->key < key];
		if (*link)
			(*link)->value++;
		else
			*link = work_node(key, i);
	}
	return work_walk(root, 0) >> 1;
}

/* A table that lives as long as the domain */
static long work_hash(u64 arg)
{
	u64 i, key, found = 0, sum = 0;
	struct work_node **link, *n;

	for (i = 0; i < WORK_ITEMS / 4; i++) {
		key = work_random(&arg) % 100;
		link = &buckets[key % WORK_BUCKETS];
		while (*link && (*link)->key != key)
			link = &(*link)->next;
		n = *link;
		if (n && i % 2) {
			*link = n->next;
			domain_services->free(n);
			found++;
		} else if (n) {
			n->value++;
		} else {
			*link = work_node(key, arg & 0xff);
		}
	}
	for (i = 0; i < WORK_BUCKETS; i++)
		for (n = buckets[i]; n; n = n->next)
			sum = work_mix(sum, n->key << 8 | (n->value & 0xff));
	return work_mix(sum, found) >> 1;
}

/* Numbers to text, and back after the words have been moved about */
static u64 work_print(char *to, u64 value)
{
	char digits[20];
	u64 n = 0, i;

	do {
		digits[n++] = '0' + value % 10;
		value /= 10;
	} while (value);
	for (i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

static long work_text(u64 arg)
{
	char *text = domain_services->alloc(WORK_TEXT);
	u64 len = 0, i, n, sum = 0;
	char *p;

	if (!text)
		return -ENOMEM;
	for (i = 0; i < 24; i++) {
		len += work_print(text + len, work_random(&arg) % 1000000);
		text[len++] = i % 5 ? ' ' : '\t';
	}
	text[len] = '\0';
	memmove(text + 7, text, len + 1);
	memset(text, '9', 6);
	text[6] = ' ';
	len = strlen(text);
	for (p = text, n = 0; p < text + len; p++) {
		if (*p >= '0' && *p <= '9') {
			n = n * 10 + *p - '0';
			continue;
		}
		sum = work_mix(sum, n);
		n = 0;
	}
	sum = work_mix(sum, memcmp(text, text + 7, 16) < 0);
	domain_services->free(text);
	return sum >> 1;
}

/* A queue that is never full, nor empty for long */
static long work_ring(u64 arg)
{
	u64 i, sum = ring.head;

	for (i = 0; i < WORK_ITEMS; i++) {
		if (ring.head - ring.tail < WORK_RING && work_random(&arg) % 3)
			ring.slot[ring.head++ % WORK_RING] = arg;
		else if (ring.head != ring.tail)
			sum = work_mix(sum, ring.slot[ring.tail++ % WORK_RING]);
	}
	return work_mix(sum, ring.head - ring.tail) >> 1;
}

/* Shared objects, of which the last ones are kept */
static long work_shared(u64 arg)
{
	u8 *obj = domain_services->shared_alloc(WORK_OBJECT, WORK_TYPE);
	u64 i, j, sum = 0;

	if (!obj)
		return -ENOMEM;
	for (i = 0; i < WORK_OBJECT; i++)
		obj[i] = work_random(&arg);
	i = next_object++ % WORK_OBJECTS;
	if (objects[i]) {
		memcpy(obj, objects[i], WORK_OBJECT / 2);
		domain_services->shared_free(objects[i]);
	}
	objects[i] = obj;
	for (i = 0; i < WORK_OBJECTS; i++)
		for (j = 0; objects[i] && j < WORK_OBJECT; j++)
			sum = work_mix(sum, objects[i][j]);
	return sum >> 1;
}

/* The store of the slot */
static long work_store(u64 arg)
{
	struct { u64 count, value[7]; } blob = {};
	u64 i, sum = 0;
	long ret;

	ret = domain_services->state_get(WORK_KEY, WORK_TYPE, 1, &blob,
					 sizeof(blob));
	if (ret < 0 && ret != -ENOENT)
		return ret;
	blob.value[blob.count++ % ARRAY_SIZE(blob.value)] = arg;
	ret = domain_services->state_put(WORK_KEY, WORK_TYPE, 1, &blob,
					 sizeof(blob));
	if (ret < 0)
		return ret;
	for (i = 0; i < ARRAY_SIZE(blob.value); i++)
		sum = work_mix(sum, blob.value[i]);
	return work_mix(sum, blob.count) >> 1;
}

/* Numbers given out and taken back */
static long work_bits(u64 arg)
{
	u64 i, n, sum = 0;

	for (i = 0; i < WORK_ITEMS; i++) {
		if (work_random(&arg) % 3) {
			for (n = 0; n < 256; n++)
				if (!(bitmap[n / 64] >> n % 64 & 1))
					break;
			if (n < 256)
				bitmap[n / 64] |= 1ULL << n % 64;
		} else {
			n = arg >> 40 & 0xff;
			bitmap[n / 64] &= ~(1ULL << n % 64);
		}
		sum = work_mix(sum, n);
	}
	for (i = 0; i < ARRAY_SIZE(bitmap); i++)
		sum = work_mix(sum, bitmap[i]);
	return sum >> 1;
}

/* By a table that init() has made */
static long work_crc(u64 arg)
{
	u32 crc = ~0U;
	u64 i;

	for (i = 0; i < 4 * WORK_ITEMS; i++)
		crc = crc_table[(crc ^ work_random(&arg)) & 0xff] ^ crc >> 8;
	return crc;
}

static long (*const jobs[])(u64 arg) = {
	work_sort, work_list, work_tree, work_hash, work_text,
	work_ring, work_shared, work_store, work_bits, work_crc,
};

static long work_run(u64 nr, u64 arg)
{
	return nr < ARRAY_SIZE(jobs) ? jobs[nr](arg) : -EINVAL;
}

static long work_init(void)
{
	u32 i, bit, crc;

	crc_table = domain_services->alloc(256 * sizeof(*crc_table));
	if (!crc_table)
		return -ENOMEM;
	for (i = 0; i < 256; i++) {
		for (bit = 0, crc = i; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
		crc_table[i] = crc;
	}
	return 0;
}

static long work_exit(void)
{
	struct work_node *n;
	u64 i;

	for (i = 0; i < WORK_BUCKETS; i++) {
		while ((n = buckets[i])) {
			buckets[i] = n->next;
			domain_services->free(n);
		}
	}
	for (i = 0; i < WORK_OBJECTS; i++)
		if (objects[i])
			domain_services->shared_free(objects[i]);
	domain_services->free(crc_table);
	return 0;
}

static const struct domain_command_ops methods = {
	.run = work_run,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = &methods,
	.init = work_init,
	.exit = work_exit,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "work", .version = "1");
