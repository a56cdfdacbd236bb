// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the KUnit suites of the core share, see domain_test.h
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/sched.h>

#include "domain_test.h"

DOMAIN_DEFINE_INTERFACE(test_rcu, TEST_METHODS);
DOMAIN_DEFINE_INTERFACE(test_srcu, TEST_METHODS);
DOMAIN_DEFINE_INTERFACE(test_ref, TEST_METHODS);
DOMAIN_DEFINE_INTERFACE(test_ref_atomic, TEST_METHODS);

static struct domain_interface * const test_interfaces[] = {
	&domain_test_rcu_interface,
	&domain_test_srcu_interface,
	&domain_test_ref_interface,
	&domain_test_ref_atomic_interface,
};

static struct test_instance test_instances[TEST_INSTANCES];

/* The data of the domain with this number */
struct test_instance *test_instance(u32 id)
{
	return &test_instances[id % TEST_INSTANCES];
}

/* The data of the domain that runs */
struct test_instance *test_current(void)
{
	return test_instance(current->domain_frame->domain->id);
}

static struct test_instance *test_enter(void)
{
	struct test_instance *inst = test_current();

	atomic_inc(&inst->inside);
	if (READ_ONCE(inst->closed))
		atomic_inc(&inst->violations);
	return inst;
}

static void test_leave(struct test_instance *inst)
{
	if (READ_ONCE(inst->closed))
		atomic_inc(&inst->violations);
	atomic_dec(&inst->inside);
}

static long test_echo(u64 a)
{
	return a;
}

static long test_weigh(u64 a, u64 b, u64 c, u64 d)
{
	return a + 10 * b + 100 * c + 1000 * d;
}

static long test_count(void)
{
	struct test_instance *inst = test_enter();
	long ret = atomic64_inc_return(&inst->count);

	test_leave(inst);
	return ret;
}

static long test_run(struct test_call *call)
{
	struct test_instance *inst = test_enter();
	long ret = call->fn(call);

	test_leave(inst);
	return ret;
}

static long test_take(struct test_buf *buf, u64 ret)
{
	buf->value++;
	return ret;
}

static long test_vec(u64 *v, u64 n, const struct test_call *call)
{
	return call->fn((struct test_call *)call);
}

static long test_take_run(struct test_buf *buf, struct test_call *call)
{
	return call->fn(call);
}

static long test_init(void)
{
	struct test_instance *inst = test_current();

	atomic_inc(&inst->inits);
	return inst->init_ret;
}

static long test_exit(void)
{
	struct test_instance *inst = test_current();

	WRITE_ONCE(inst->closed, true);
	atomic_inc(&inst->exits);
	if (atomic_read(&inst->inside))
		atomic_inc(&inst->violations);
	if (inst->in_exit)
		inst->in_exit_ret = inst->in_exit->fn(inst->in_exit);
	return 0;
}

/*
 * Leaves the instance as it is but for the mark that no call may enter until
 * the slot is open again; a roll-back takes it away, see test_update().
 */
static long test_export(void *buf, u64 size)
{
	struct test_instance *inst = test_current();

	atomic_inc(&inst->exports);
	WRITE_ONCE(inst->closed, true);
	if (atomic_read(&inst->inside))
		atomic_inc(&inst->violations);
	if (inst->in_export)
		inst->export_ret = inst->in_export->fn(inst->in_export);
	if (inst->export_ret) {
		WRITE_ONCE(inst->closed, false);
		return inst->export_ret;
	}
	*(u64 *)buf = atomic64_read(&inst->count);
	return sizeof(u64);
}

static long test_import(u64 version, const void *buf, u64 size)
{
	struct test_instance *inst = test_current();

	atomic_inc(&inst->imports);
	inst->import_version = version;
	if (size != sizeof(u64))
		return -EBADMSG;
	atomic64_set(&inst->count, *(const u64 *)buf);
	return inst->import_ret;
}

static long test_timer(u64 id)
{
	struct test_instance *inst = test_current();

	atomic_inc(&inst->ticks);
	if (inst->in_timer)
		inst->in_timer->fn(inst->in_timer);
	return id;
}

/**
 * test_domain - a domain that is loaded
 * @test: the test, fails if there is no memory
 * @iface: one of the test's interfaces
 * @state_version: version of its state, 0 for none
 *
 * Return: the domain, with a reference, see kunit_domain_forget().
 */
struct domain *test_domain(struct kunit *test, struct domain_interface *iface,
			   u32 state_version)
{
	static const struct domain_test_rcu_ops methods = {
		.echo = test_echo,
		.weigh = test_weigh,
		.count = test_count,
		.run = test_run,
		.lend = test_take,
		.give = test_take,
		.vec = test_vec,
		.lend_run = test_take_run,
		.give_run = test_take_run,
	};
	static const struct domain_image_ops ops = {
		.init = test_init,
		.exit = test_exit,
		.export_state = test_export,
		.import_state = test_import,
		.timer = test_timer,
		.state_size = sizeof(u64),
	};
	struct domain *d;

	d = kunit_domain_create(iface, (const void *const *)&methods, &ops,
				state_version ? TEST_STATE_TYPE : 0,
				state_version);
	KUNIT_ASSERT_FALSE(test, IS_ERR(d));
	memset(test_instance(d->id), 0, sizeof(struct test_instance));
	return d;
}

static void test_slot_destroy(void *slot)
{
	domain_slot_destroy(slot);
}

/**
 * test_slot - an empty slot, which goes with the test
 * @test: the test, fails if there is no memory
 * @iface: one of the test's interfaces
 *
 * Return: the slot.
 */
struct domain_slot *test_slot(struct kunit *test,
			      struct domain_interface *iface)
{
	struct domain_slot *slot = domain_slot_create(iface, "kunit");

	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, test_slot_destroy, slot));
	return slot;
}

/**
 * test_update - domain_slot_update() with a deadline of 10 s
 * @slot: the slot
 * @new: the domain to have, or NULL
 * @old_id: the domain that is expected
 *
 * Return: what domain_slot_update() returns.
 */
int test_update(struct domain_slot *slot, struct domain *new, u32 old_id)
{
	struct domain_update update = {
		.new = new,
		.expected_old = old_id,
		.deadline_ns = 10 * NSEC_PER_SEC,
	};

	return domain_slot_update(slot, &update);
}

/* Suite functions that make the test's interfaces known while it runs */
int test_interfaces_init(struct kunit_suite *suite)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(test_interfaces); i++) {
		ret = domain_interface_register(test_interfaces[i]);
		if (ret)
			return ret;
	}
	return 0;
}

void test_interfaces_exit(struct kunit_suite *suite)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(test_interfaces); i++)
		domain_interface_unregister(test_interfaces[i]);
}
