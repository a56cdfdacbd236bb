// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the conditions of cnull's zones: every operation in every
 * condition, the limits of open and active zones, and the settings. They need
 * neither a disk nor data.
 */
#include <kunit/test.h>
#include <linux/cleanup.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../cnull.h"
#include "../io.h"
#include "../zone_cond.h"
#include "../zoned.h"

#define MIB_SECTORS	(SZ_1M >> SECTOR_SHIFT)

/* A write pointer that zone_test_expect() does not know in sectors. */
#define NO_WP		U64_MAX

static struct cnull_device *zone_test_device(struct kunit *test)
{
	return test->priv;
}

static int zone_test_init(struct kunit *test)
{
	struct cnull_device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	strscpy(dev->name, "kunit");
	mutex_init(&dev->lock);
	dev->conf = cnull_defaults;
	dev->conf.zoned = true;
	test->priv = dev;
	return 0;
}

static void zone_test_exit(struct kunit *test)
{
	if (test->priv)
		cnull_zones_free(test->priv);
}

/* Makes zones from the settings; in MiB: all zones, one zone, its capacity. */
static void zone_test_make(struct kunit *test, unsigned long size,
			   unsigned long zone_size, unsigned long zone_capacity)
{
	struct cnull_device *dev = zone_test_device(test);
	struct queue_limits lim = {};

	cnull_zones_free(dev);
	dev->conf.size = size;
	dev->conf.zone_size = zone_size;
	dev->conf.zone_capacity = zone_capacity;
	guard(mutex)(&dev->lock);
	KUNIT_ASSERT_EQ(test, 0, cnull_zones_init(dev, &lim));
}

static blk_status_t zone_test_io(struct kunit *test, enum req_op op,
				 sector_t *sector, unsigned int nr_sectors)
{
	struct cnull_io io = {
		.op		= op,
		.sector		= *sector,
		.nr_sectors	= nr_sectors,
		.gfp		= CNULL_GFP_SLEEP,
	};
	blk_status_t sts = cnull_zones_execute(zone_test_device(test), &io);

	*sector = io.sector;
	return sts;
}

static sector_t zone_test_start(struct kunit *test, unsigned int no)
{
	struct cnull_zones *zones = zone_test_device(test)->zones;

	return cnull_zone_start(zones, &zones->zone[no]);
}

/* An operation on a zone as such. */
static blk_status_t zone_test_op(struct kunit *test, enum req_op op,
				 unsigned int no)
{
	sector_t sector = zone_test_start(test, no);

	return zone_test_io(test, op, &sector, 0);
}

static blk_status_t zone_test_write(struct kunit *test, unsigned int no,
				    unsigned int offset, unsigned int nr_sectors)
{
	sector_t sector = zone_test_start(test, no) + offset;

	return zone_test_io(test, REQ_OP_WRITE, &sector, nr_sectors);
}

static struct blk_zone zone_test_get(struct kunit *test, unsigned int no)
{
	struct blk_zone blkz;

	cnull_zones_describe(zone_test_device(test)->zones, no, &blkz);
	return blkz;
}

static ssize_t zone_test_set_cond(struct kunit *test, const char *page,
				  enum blk_zone_cond cond)
{
	struct cnull_device *dev = zone_test_device(test);

	guard(mutex)(&dev->lock);
	return cnull_zones_set_cond(dev, page, strlen(page), cond);
}

static void zone_test_fail(struct kunit *test, unsigned int no,
			   enum blk_zone_cond cond)
{
	char page[24];
	ssize_t len = snprintf(page, sizeof(page), "%llu\n",
			       (u64)zone_test_start(test, no));

	KUNIT_EXPECT_EQ(test, zone_test_set_cond(test, page, cond), len);
}

/* Checks a zone; @wp is in sectors from its start, or NO_WP. */
static void zone_test_expect(struct kunit *test, unsigned int no,
			     enum blk_zone_cond cond, u64 wp, const char *when)
{
	struct blk_zone blkz = zone_test_get(test, no);

	KUNIT_EXPECT_STREQ_MSG(test, blk_zone_cond_str(blkz.cond),
			       blk_zone_cond_str(cond), "zone %u %s", no, when);
	KUNIT_EXPECT_EQ_MSG(test, blkz.wp,
			    wp == NO_WP ? NO_WP : blkz.start + wp,
			    "zone %u %s", no, when);
}

/* The counters that limits go by must be what counting gives. */
static void zone_test_expect_counts(struct kunit *test, const char *when)
{
	struct cnull_zones *zones = zone_test_device(test)->zones;
	unsigned int nr[ARRAY_SIZE(zones->nr)] = {};
	unsigned int i;

	if (!zones->limited)
		return;
	for (i = zones->nr_conv; i < zones->nr_zones; i++)
		nr[zones->zone[i].cond]++;
	for (i = 0; i < ARRAY_SIZE(nr); i++)
		KUNIT_EXPECT_EQ_MSG(test, zones->nr[i], nr[i], "%s zones %s",
				    blk_zone_cond_str(i), when);
}

/* Every operation in every condition. */

enum zone_test_state {
	AT_CONV, AT_EMPTY, AT_IMP_OPEN, AT_EXP_OPEN_EMPTY, AT_EXP_OPEN,
	AT_CLOSED, AT_FULL, AT_FINISHED, AT_READONLY, AT_OFFLINE,
};

enum zone_test_action {
	DO_OPEN, DO_CLOSE, DO_FINISH, DO_RESET, DO_RESET_ALL, DO_WRITE,
	DO_WRITE_AHEAD, DO_APPEND, DO_FILL, DO_OVERFILL, DO_READ, DO_DISCARD,
	SET_READONLY, SET_OFFLINE, NR_ACTIONS
};

static const char *const zone_test_action_name[NR_ACTIONS] = {
	[DO_OPEN] = "open", [DO_CLOSE] = "close", [DO_FINISH] = "finish",
	[DO_RESET] = "reset", [DO_RESET_ALL] = "reset all",
	[DO_WRITE] = "write", [DO_WRITE_AHEAD] = "write ahead of the pointer",
	[DO_APPEND] = "append", [DO_FILL] = "fill", [DO_OVERFILL] = "overfill",
	[DO_READ] = "read", [DO_DISCARD] = "discard",
	[SET_READONLY] = "set read-only", [SET_OFFLINE] = "set offline",
};

/* A zone of the test: 1 MiB of 2 MiB can be written; writes are of 8 sectors. */
#define W		8
#define CAP		MIB_SECTORS
#define LEN		(2 * MIB_SECTORS)

struct zone_test_result {
	blk_status_t		sts;
	bool			moves;
	enum blk_zone_cond	cond;
	u64			wp;
};

#define STAYS		{ BLK_STS_OK }
#define FAILS		{ BLK_STS_IOERR }
#define UNKNOWN		{ BLK_STS_NOTSUPP }
#define TO(_cond, _wp)	{ BLK_STS_OK, true, BLK_ZONE_COND_##_cond, _wp }

struct zone_test_row {
	const char		*name;
	enum zone_test_state	state;
	struct zone_test_result	result[NR_ACTIONS];
};

/* In the order of enum zone_test_action. */
static const struct zone_test_row zone_test_rows[] = {
	{ "conventional", AT_CONV, {
		FAILS, FAILS, FAILS, FAILS, STAYS, STAYS, STAYS, FAILS, STAYS,
		STAYS, STAYS, UNKNOWN, FAILS, FAILS } },
	{ "empty", AT_EMPTY, {
		TO(EXP_OPEN, 0), FAILS, TO(FULL, LEN), TO(EMPTY, 0),
		TO(EMPTY, 0), TO(IMP_OPEN, W), FAILS, TO(IMP_OPEN, W),
		TO(FULL, CAP), FAILS, STAYS, UNKNOWN,
		TO(READONLY, NO_WP), TO(OFFLINE, NO_WP) } },
	{ "implicitly_open", AT_IMP_OPEN, {
		TO(EXP_OPEN, W), TO(CLOSED, W), TO(FULL, LEN), TO(EMPTY, 0),
		TO(EMPTY, 0), TO(IMP_OPEN, 2 * W), FAILS, TO(IMP_OPEN, 2 * W),
		TO(FULL, CAP), FAILS, STAYS, UNKNOWN,
		TO(READONLY, NO_WP), TO(OFFLINE, NO_WP) } },
	{ "explicitly_open_empty", AT_EXP_OPEN_EMPTY, {
		STAYS, TO(EMPTY, 0), TO(FULL, LEN), TO(EMPTY, 0),
		TO(EMPTY, 0), TO(EXP_OPEN, W), FAILS, TO(EXP_OPEN, W),
		TO(FULL, CAP), FAILS, STAYS, UNKNOWN,
		TO(READONLY, NO_WP), TO(OFFLINE, NO_WP) } },
	{ "explicitly_open", AT_EXP_OPEN, {
		STAYS, TO(CLOSED, W), TO(FULL, LEN), TO(EMPTY, 0),
		TO(EMPTY, 0), TO(EXP_OPEN, 2 * W), FAILS, TO(EXP_OPEN, 2 * W),
		TO(FULL, CAP), FAILS, STAYS, UNKNOWN,
		TO(READONLY, NO_WP), TO(OFFLINE, NO_WP) } },
	{ "closed", AT_CLOSED, {
		TO(EXP_OPEN, W), STAYS, TO(FULL, LEN), TO(EMPTY, 0),
		TO(EMPTY, 0), TO(IMP_OPEN, 2 * W), FAILS, TO(IMP_OPEN, 2 * W),
		TO(FULL, CAP), FAILS, STAYS, UNKNOWN,
		TO(READONLY, NO_WP), TO(OFFLINE, NO_WP) } },
	{ "full", AT_FULL, {
		FAILS, FAILS, TO(FULL, LEN), TO(EMPTY, 0), TO(EMPTY, 0), FAILS,
		FAILS, FAILS, FAILS, FAILS, STAYS, UNKNOWN,
		TO(READONLY, NO_WP), TO(OFFLINE, NO_WP) } },
	{ "finished", AT_FINISHED, {
		FAILS, FAILS, STAYS, TO(EMPTY, 0), TO(EMPTY, 0), FAILS,
		FAILS, FAILS, FAILS, FAILS, STAYS, UNKNOWN,
		TO(READONLY, NO_WP), TO(OFFLINE, NO_WP) } },
	{ "readonly", AT_READONLY, {
		FAILS, FAILS, FAILS, FAILS, STAYS, FAILS, FAILS, FAILS, FAILS,
		FAILS, STAYS, UNKNOWN, TO(EMPTY, 0), TO(OFFLINE, NO_WP) } },
	{ "offline", AT_OFFLINE, {
		FAILS, FAILS, FAILS, FAILS, STAYS, FAILS, FAILS, FAILS, FAILS,
		FAILS, FAILS, UNKNOWN, TO(READONLY, NO_WP), TO(EMPTY, 0) } },
};

KUNIT_ARRAY_PARAM_DESC(zone_test_row, zone_test_rows, name);

static void zone_test_bring_to(struct kunit *test, unsigned int no,
			       enum zone_test_state state)
{
	switch (state) {
	case AT_CONV:
	case AT_EMPTY:
		break;
	case AT_IMP_OPEN:
		KUNIT_ASSERT_EQ(test, BLK_STS_OK, zone_test_write(test, no, 0, W));
		break;
	case AT_EXP_OPEN:
		KUNIT_ASSERT_EQ(test, BLK_STS_OK, zone_test_write(test, no, 0, W));
		fallthrough;
	case AT_EXP_OPEN_EMPTY:
		KUNIT_ASSERT_EQ(test, BLK_STS_OK,
				zone_test_op(test, REQ_OP_ZONE_OPEN, no));
		break;
	case AT_CLOSED:
		KUNIT_ASSERT_EQ(test, BLK_STS_OK, zone_test_write(test, no, 0, W));
		KUNIT_ASSERT_EQ(test, BLK_STS_OK,
				zone_test_op(test, REQ_OP_ZONE_CLOSE, no));
		break;
	case AT_FULL:
		KUNIT_ASSERT_EQ(test, BLK_STS_OK,
				zone_test_write(test, no, 0, CAP));
		break;
	case AT_FINISHED:
		KUNIT_ASSERT_EQ(test, BLK_STS_OK,
				zone_test_op(test, REQ_OP_ZONE_FINISH, no));
		break;
	case AT_READONLY:
		zone_test_fail(test, no, BLK_ZONE_COND_READONLY);
		break;
	case AT_OFFLINE:
		zone_test_fail(test, no, BLK_ZONE_COND_OFFLINE);
		break;
	}
}

static blk_status_t zone_test_set(struct kunit *test, unsigned int no,
				  enum blk_zone_cond cond)
{
	char page[24];

	snprintf(page, sizeof(page), "%llu", (u64)zone_test_start(test, no));
	return zone_test_set_cond(test, page, cond) < 0 ? BLK_STS_IOERR :
							  BLK_STS_OK;
}

static blk_status_t zone_test_act(struct kunit *test, unsigned int no,
				  enum zone_test_action action)
{
	struct blk_zone blkz = zone_test_get(test, no);
	bool has_wp = blkz.type != BLK_ZONE_TYPE_CONVENTIONAL &&
		      blkz.wp != NO_WP;
	/* That of a finished zone is at the next zone. */
	unsigned int wp = has_wp ? min_t(u64, blkz.wp - blkz.start, CAP) : 0;
	unsigned int left = wp < CAP ? CAP - wp : W;
	sector_t sector = blkz.start;

	switch (action) {
	case DO_OPEN:
		return zone_test_op(test, REQ_OP_ZONE_OPEN, no);
	case DO_CLOSE:
		return zone_test_op(test, REQ_OP_ZONE_CLOSE, no);
	case DO_FINISH:
		return zone_test_op(test, REQ_OP_ZONE_FINISH, no);
	case DO_RESET:
		return zone_test_op(test, REQ_OP_ZONE_RESET, no);
	case DO_RESET_ALL:
		return zone_test_op(test, REQ_OP_ZONE_RESET_ALL, 0);
	case DO_WRITE:
		return zone_test_write(test, no, wp, W);
	case DO_WRITE_AHEAD:
		return zone_test_write(test, no, wp + W, W);
	case DO_APPEND:
		return zone_test_io(test, REQ_OP_ZONE_APPEND, &sector, W);
	case DO_FILL:
		return zone_test_write(test, no, wp, left);
	case DO_OVERFILL:
		return zone_test_write(test, no, wp, left + W);
	case DO_READ:
		return zone_test_io(test, REQ_OP_READ, &sector, W);
	case DO_DISCARD:
		return zone_test_io(test, REQ_OP_DISCARD, &sector, W);
	case SET_READONLY:
		return zone_test_set(test, no, BLK_ZONE_COND_READONLY);
	case SET_OFFLINE:
		return zone_test_set(test, no, BLK_ZONE_COND_OFFLINE);
	default:
		return BLK_STS_NOTSUPP;
	}
}

static void zone_test_transitions(struct kunit *test)
{
	const struct zone_test_row *row = test->param_value;
	unsigned int no = row->state == AT_CONV ? 0 : 2;
	struct cnull_config *conf = &zone_test_device(test)->conf;
	unsigned int action, limit;

	for (limit = 0; limit <= 2; limit += 2) {
		for (action = 0; action < NR_ACTIONS; action++) {
			const struct zone_test_result *r = &row->result[action];
			const char *name = zone_test_action_name[action];
			struct blk_zone before;

			conf->zone_nr_conv = 1;
			conf->zone_max_open = limit;
			conf->zone_max_active = limit;
			zone_test_make(test, 8, 2, 1);
			zone_test_bring_to(test, no, row->state);
			zone_test_expect_counts(test, "before");

			before = zone_test_get(test, no);
			KUNIT_EXPECT_EQ_MSG(test, r->sts,
					    zone_test_act(test, no, action),
					    "%s", name);
			if (r->moves)
				zone_test_expect(test, no, r->cond, r->wp, name);
			else
				zone_test_expect(test, no, before.cond,
						 before.wp == NO_WP ? NO_WP :
						 before.wp - before.start, name);
			zone_test_expect_counts(test, name);
			/* Nobody else is concerned. */
			zone_test_expect(test, 3, BLK_ZONE_COND_EMPTY, 0, name);
		}
	}
}

/* Limits */

static void zone_test_open_limit(struct kunit *test)
{
	struct cnull_config *conf = &zone_test_device(test)->conf;
	unsigned int i;

	conf->zone_max_open = 2;
	zone_test_make(test, 8, 1, 1);

	/* Explicitly open zones are not closed for others. */
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, BLK_STS_OK,
				zone_test_op(test, REQ_OP_ZONE_OPEN, i));
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_OPEN_RESOURCE,
			zone_test_op(test, REQ_OP_ZONE_OPEN, 2));
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_OPEN_RESOURCE,
			zone_test_write(test, 2, 0, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_OPEN_RESOURCE,
			zone_test_op(test, REQ_OP_ZONE_FINISH, 2));
	zone_test_expect(test, 2, BLK_ZONE_COND_EMPTY, 0, "refused");
	zone_test_expect_counts(test, "refused");

	/* Each way to leave the open conditions makes room. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_CLOSE, 0));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 2, 0, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_FINISH, 1));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_OPEN, 3));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_RESET, 3));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_OPEN, 4));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zone_test_write(test, 4, 0, MIB_SECTORS));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_OPEN, 5));
	zone_test_fail(test, 5, BLK_ZONE_COND_OFFLINE);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_OPEN, 6));
	zone_test_expect(test, 2, BLK_ZONE_COND_IMP_OPEN, W, "at the end");
	zone_test_expect_counts(test, "at the end");
}

static void zone_test_implicit_close(struct kunit *test)
{
	struct cnull_config *conf = &zone_test_device(test)->conf;
	unsigned int i;

	conf->zone_nr_conv = 1;
	conf->zone_max_open = 2;
	zone_test_make(test, 8, 1, 1);

	/* In turn, starting after the conventional zones... */
	for (i = 1; i < 8; i++) {
		KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, i, 0, W));
		zone_test_expect(test, i, BLK_ZONE_COND_IMP_OPEN, W, "written");
		if (i > 2)
			zone_test_expect(test, i - 2, BLK_ZONE_COND_CLOSED, W,
					 "closed for another");
	}
	/* ...over the end, and past what is not open implicitly. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_OPEN, 6));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_OPEN, 1));
	zone_test_expect(test, 7, BLK_ZONE_COND_CLOSED, W, "closed for zone 1");
	zone_test_expect(test, 6, BLK_ZONE_COND_EXP_OPEN, W, "not closed");
	zone_test_expect_counts(test, "in between");

	/* A finish needs room for a moment, too. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_CLOSE, 1));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 2, W, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_op(test, REQ_OP_ZONE_FINISH, 3));
	zone_test_expect(test, 2, BLK_ZONE_COND_CLOSED, 2 * W, "closed for zone 3");
	zone_test_expect_counts(test, "at the end");

	/* The one to close may be the last that the search comes to. */
	conf->zone_nr_conv = 3;
	conf->zone_max_open = 1;
	zone_test_make(test, 8, 1, 1);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 3, 0, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 4, 0, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 3, W, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 4, W, W));
	zone_test_expect(test, 3, BLK_ZONE_COND_CLOSED, 2 * W, "closed for zone 4");
	zone_test_expect_counts(test, "after the search");
}

static void zone_test_active_limit(struct kunit *test)
{
	struct cnull_config *conf = &zone_test_device(test)->conf;

	conf->zone_max_open = 2;
	conf->zone_max_active = 3;
	zone_test_make(test, 8, 1, 1);

	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 0, 0, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 1, 0, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 2, 0, W));
	zone_test_expect(test, 0, BLK_ZONE_COND_CLOSED, W, "closed for zone 2");

	/* A fourth one would be active, whether it is opened, written or finished. */
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_ACTIVE_RESOURCE,
			zone_test_write(test, 3, 0, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_ACTIVE_RESOURCE,
			zone_test_op(test, REQ_OP_ZONE_OPEN, 3));
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_ACTIVE_RESOURCE,
			zone_test_op(test, REQ_OP_ZONE_FINISH, 3));
	zone_test_expect(test, 3, BLK_ZONE_COND_EMPTY, 0, "refused");
	/* As in null_blk: at this limit, no zone is closed for another. */
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_OPEN_RESOURCE,
			zone_test_write(test, 0, W, W));
	zone_test_expect(test, 0, BLK_ZONE_COND_CLOSED, W, "refused");
	zone_test_expect_counts(test, "at the limit");

	/* Open zones can still be written; a full one is not active. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zone_test_write(test, 1, W, MIB_SECTORS - W));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 3, 0, W));
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_ACTIVE_RESOURCE,
			zone_test_write(test, 4, 0, W));
	/* Neither is a dead one, and a repaired one is empty. */
	zone_test_fail(test, 0, BLK_ZONE_COND_READONLY);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, zone_test_write(test, 4, 0, W));
	zone_test_fail(test, 0, BLK_ZONE_COND_READONLY);
	zone_test_expect(test, 0, BLK_ZONE_COND_EMPTY, 0, "repaired");
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_ACTIVE_RESOURCE,
			zone_test_write(test, 0, 0, W));
	/* After all are reset there is room for all again. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zone_test_op(test, REQ_OP_ZONE_RESET_ALL, 0));
	KUNIT_EXPECT_EQ(test, zone_test_device(test)->zones->nr[BLK_ZONE_COND_EMPTY], 8);
	zone_test_expect_counts(test, "at the end");
}

static struct kunit_case zone_test_cases[] = {
	KUNIT_CASE_PARAM(zone_test_transitions, zone_test_row_gen_params),
	KUNIT_CASE(zone_test_open_limit),
	KUNIT_CASE(zone_test_implicit_close),
	KUNIT_CASE(zone_test_active_limit),
	{}
};

static struct kunit_suite zone_test_suite = {
	.name = "cnull_zone_cond",
	.init = zone_test_init,
	.exit = zone_test_exit,
	.test_cases = zone_test_cases,
};

kunit_test_suite(zone_test_suite);

MODULE_DESCRIPTION("KUnit tests of the conditions of cnull zones");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
