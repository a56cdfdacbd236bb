// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of where a checked image may store: its data, and what a call comes
 * with, which is stack and arguments. What it owns is in domain_owned_kunit.c.
 */
#include <linux/slab.h>

#include "../gate.h"
#include "domain_bounds_test.h"

#define BOUNDS_KEY	1
#define BOUNDS_TYPE	2

static long bounds_data(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);
	/* what comes first is the pointer to the services */
	u8 *data = (u8 *)b->d->memory.data + sizeof(long);

	MAY(data, 1);
	MAY(data, 48);
	MAY(data + 47, 1);
	MAY(data + 40, 8);
	MAY_NOT(data - 1, 1);
	MAY_NOT(data - 1, 8);
	MAY_NOT(data - 8, 64);
	MAY_NOT(data, 49);
	MAY_NOT(data + 41, 8);
	MAY_NOT(data + 48, 1);
	/* sums that wrap around */
	MAY_NOT(data, U64_MAX);
	MAY_NOT(data + 8, U64_MAX - 7);
	MAY_NOT(data, -(u64)(unsigned long)data);
	MAY_NOT((void *)-1UL, 1);
	MAY_NOT((void *)-1UL, 2);
	MAY_NOT((void *)-8UL, 16);
	MAY_NOT((void *)1, U64_MAX);
	/* what is the kernel's, or nobody's */
	MAY_NOT(NULL, 8);
	MAY_NOT((void *)0x400000, 8);
	MAY_NOT(&domain_services, 8);
	MAY_NOT(b->d, 8);
	MAY_NOT(b->test, 8);
	MAY_NOT(current, 8);
	return 0;
}

static void domain_bounds_test_data(struct kunit *test)
{
	struct bounds_call b;

	bounds_init(test, &b, bounds_data);
	bounds_run(test, &b, bounds_data);
}

static noinline long bounds_deeper(struct bounds_call *b, u64 *above)
{
	u64 here[4] = {};

	MAY(here, sizeof(here));
	MAY(above, 32);
	OPTIMIZER_HIDE_VAR(above);
	return here[0];
}

static long bounds_stack(struct test_call *call)
{
	struct domain_frame *frame = current->domain_frame;
	struct bounds_call *b = bounds_call(call);
	unsigned long sp = frame->sp;
	u64 here[4] = {};

	MAY(here, sizeof(here));
	MAY_NOT(here, sp - (unsigned long)here + 1);
	/* what the gate saved, the frame, and who called */
	MAY_NOT((void *)sp, 8);
	MAY_NOT((void *)(sp - 1), 8);
	MAY_NOT(frame, 8);
	MAY_NOT(frame + 1, 8);
	MAY_NOT(b->p[0], 8);
	MAY_NOT((void *)(here + 3), 1024);
	/* below the stack pointer, and the end of the stack */
	MAY_NOT((void *)(current_stack_pointer - 64), 8);
	MAY_NOT((u8 *)here - 2048, 8);
	MAY_NOT(task_stack_page(current), 8);
	MAY_NOT(task_stack_page(current), THREAD_SIZE);
	/* by which the gate's call returns, and that of the service */
	if (IS_ENABLED(CONFIG_X86_64) || IS_ENABLED(CONFIG_UML)) {
		MAY_NOT((void *)(sp - 8), 8);
		MAY_NOT((void *)(current_stack_pointer - 8), 8);
		MAY_NOT((void *)(current_stack_pointer - 16), 8);
	}
	return bounds_deeper(b, here);
}

static void domain_bounds_test_stack(struct kunit *test)
{
	struct bounds_call b;
	u64 mine[4] = {};

	bounds_init(test, &b, bounds_stack);
	b.p[0] = mine;
	bounds_run(test, &b, bounds_stack);
	OPTIMIZER_HIDE_VAR(b.p[0]);
}

static long bounds_args(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);

	/* one element of the type, not the structure around it */
	MAY(call, sizeof(*call));
	MAY(call, 1);
	MAY((u8 *)call + sizeof(*call) - 1, 1);
	MAY_NOT(call, sizeof(*call) + 1);
	MAY_NOT(call + 1, 1);
	MAY_NOT((u8 *)call - 1, 1);
	return 0;
}

static long bounds_vec(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);
	u64 *vec = b->p[0];

	MAY(vec, 3 * sizeof(*vec));
	MAY(vec + 2, sizeof(*vec));
	MAY_NOT(vec + 2, sizeof(*vec) + 1);
	MAY_NOT(vec + 3, 1);
	MAY_NOT(vec - 1, 8);
	/* what is passed for reading */
	MAY_NOT(call, 1);
	return 0;
}

/* The buffer of export_state() */
static long bounds_output(unsigned long buf, unsigned long size,
			  unsigned long call, unsigned long unused)
{
	struct bounds_call *b = bounds_call((struct test_call *)call);

	MAY((void *)buf, size);
	MAY((u8 *)buf + size - 1, 1);
	MAY_NOT((void *)buf, size + 1);
	MAY_NOT((u8 *)buf - 1, 1);
	return 0;
}

static long bounds_input(unsigned long buf, unsigned long size,
			 unsigned long call, unsigned long unused)
{
	struct bounds_call *b = bounds_call((struct test_call *)call);

	MAY_NOT((void *)buf, 1);
	return 0;
}

static long bounds_vec_none(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);

	MAY_NOT(b->p[0], 1);
	MAY_NOT(b->p[0], 8);
	return 0;
}

static void domain_bounds_test_args(struct kunit *test)
{
	struct bounds_env *env = test->priv;
	struct domain_slot *slot = env->slot;
	u64 *vec = kunit_kcalloc(test, 5, sizeof(*vec), GFP_KERNEL);
	struct bounds_call *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vec);
	KUNIT_ASSERT_NOT_NULL(test, b);
	bounds_init(test, b, bounds_args);
	bounds_run(test, b, bounds_args);

	b->p[0] = vec + 1;
	b->call.fn = bounds_vec;
	KUNIT_EXPECT_EQ(test, 0, domain_test_srcu_vec(slot, vec + 1, 3, &b->call));
	b->call.fn = bounds_vec_none;
	KUNIT_EXPECT_EQ(test, 0, domain_test_srcu_vec(slot, vec + 1, 0, &b->call));
	/* more than there can be is as good as none */
	KUNIT_EXPECT_EQ(test, 0, domain_test_srcu_vec(slot, vec + 1, U64_MAX / 4,
						      &b->call));
	KUNIT_EXPECT_EQ(test, 0, domain_test_srcu_vec(slot, vec + 1, U64_MAX / 8,
						      &b->call));
	/* nor is it allowed in the next call */
	bounds_run(test, b, bounds_vec_none);

	KUNIT_EXPECT_EQ(test, 0,
			domain_enter_lifecycle(env->d, bounds_output,
					       DOMAIN_FRAME_OUTPUT,
					       (unsigned long)(vec + 1), 13,
					       (unsigned long)&b->call));
	KUNIT_EXPECT_EQ(test, 0,
			domain_enter_lifecycle(env->d, bounds_input, 0,
					       (unsigned long)(vec + 1), 13,
					       (unsigned long)&b->call));
}

/* What a domain may not write, services do not write for it */
static long bounds_services(struct test_call *call)
{
	const struct domain_services *s = &domain_services;
	struct bounds_call *b = bounds_call(call);
	u64 mine = 0x1234, *victim = b->p[0];
	u64 args[DOMAIN_MAX_ARGS] = {};
	long handle;

	KUNIT_EXPECT_EQ(b->test, 0, s->state_put(BOUNDS_KEY, BOUNDS_TYPE, 1,
						 &mine, sizeof(mine)));
	mine = 0;
	KUNIT_EXPECT_EQ(b->test, sizeof(mine),
			s->state_get(BOUNDS_KEY, BOUNDS_TYPE, 1, &mine,
				     sizeof(mine)));
	KUNIT_EXPECT_EQ(b->test, mine, 0x1234);
	KUNIT_EXPECT_EQ(b->test, -EFAULT,
			s->state_get(BOUNDS_KEY, BOUNDS_TYPE, 1, victim,
				     sizeof(mine)));
	KUNIT_EXPECT_EQ(b->test, sizeof(mine),
			s->state_get(BOUNDS_KEY, BOUNDS_TYPE, 1, victim, 0));
	/* where the service has its own frame */
	KUNIT_EXPECT_EQ(b->test, -EFAULT,
			s->state_get(BOUNDS_KEY, BOUNDS_TYPE, 1,
				     (void *)(current_stack_pointer - 64),
				     sizeof(mine)));

	handle = s->slot_open("kunit_inner", 1, b->d->note.interface_hash,
			      DOMAIN_test_rcu_NR);
	KUNIT_ASSERT_GT(b->test, handle, 0);
	args[0] = (unsigned long)victim;
	args[1] = 1;
	args[2] = (unsigned long)b->p[1];
	KUNIT_EXPECT_EQ(b->test, -EFAULT,
			s->slot_call(handle, DOMAIN_test_rcu_vec, args));
	args[0] = (unsigned long)&mine;
	KUNIT_EXPECT_EQ(b->test, 0,
			s->slot_call(handle, DOMAIN_test_rcu_vec, args));
	args[1] = 1 << 20;
	KUNIT_EXPECT_EQ(b->test, -EFAULT,
			s->slot_call(handle, DOMAIN_test_rcu_vec, args));
	args[1] = U64_MAX / 8 + 2;
	KUNIT_EXPECT_EQ(b->test, -EFAULT,
			s->slot_call(handle, DOMAIN_test_rcu_vec, args));
	KUNIT_EXPECT_EQ(b->test, s->slot_close(handle), 0);
	return 0;
}

static long bounds_nothing(struct test_call *call)
{
	return 0;
}

static void domain_bounds_test_services(struct kunit *test)
{
	struct test_call inner_call = { .fn = bounds_nothing };
	struct bounds_env *env = test->priv;
	struct domain_slot *slot;
	struct bounds_call b;
	struct domain *inner;
	u64 victim = 42;
	unsigned int i;

	slot = domain_slot_create(&domain_test_rcu_interface, "kunit_inner");
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	inner = test_domain(test, &domain_test_rcu_interface, 0);
	KUNIT_ASSERT_EQ(test, test_update(slot, inner, 0), 0);
	for (i = 0; i < DOMAIN_test_rcu_NR; i++)
		env->d->note.interface_hash += slot->iface->methods[i].hash;

	bounds_init(test, &b, bounds_services);
	b.p[0] = &victim;
	b.p[1] = &inner_call;
	bounds_run(test, &b, bounds_services);
	KUNIT_EXPECT_EQ(test, victim, 42);
	domain_slot_destroy(slot);
	kunit_domain_forget(inner);
}

/* Each call has its own bounds; those of an outer one come back */
static long bounds_inner(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);

	MAY(call, sizeof(*call));
	MAY_NOT(b->p[0], 1);
	return 0;
}

static long bounds_outer(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);
	struct bounds_call *inner = b->p[1];

	MAY(call, sizeof(*call));
	inner->p[0] = call;
	KUNIT_EXPECT_EQ(b->test, 0, domain_test_srcu_run(b->p[2], &inner->call));
	MAY(call, sizeof(*call));
	MAY_NOT(&inner->call, 1);
	return 0;
}

static void domain_bounds_test_nested(struct kunit *test)
{
	struct bounds_call *b = kunit_kcalloc(test, 2, sizeof(*b), GFP_KERNEL);
	struct bounds_env *env = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, b);
	bounds_init(test, &b[0], bounds_outer);
	bounds_init(test, &b[1], bounds_inner);
	b[0].p[1] = &b[1];
	b[0].p[2] = env->slot;
	bounds_run(test, &b[0], bounds_outer);
}

/* The service is for those who are checked, and inside */
static long bounds_unchecked(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);
	u64 here;

	KUNIT_EXPECT_EQ(b->test, -EPERM, domain_services.may_store(&here, 8));
	KUNIT_EXPECT_TRUE(b->test, domain_may_write(current->domain_frame,
						    b->test, 8, 0));
	return 0;
}

static void domain_bounds_test_unchecked(struct kunit *test)
{
	struct domain *d = test_domain(test, &domain_test_srcu_interface, 0);
	struct bounds_env *env = test->priv;
	struct bounds_call b;
	u64 here;

	KUNIT_EXPECT_EQ(test, -EPERM, domain_services.may_store(&here, 8));
	KUNIT_ASSERT_EQ(test, test_update(env->slot, d, env->d->id), 0);
	bounds_init(test, &b, bounds_unchecked);
	bounds_run(test, &b, bounds_unchecked);
	KUNIT_EXPECT_EQ(test, test_update(env->slot, NULL, d->id), 0);
	kunit_domain_forget(d);
}

/* A slot that demands checked images */
static void domain_bounds_test_demand(struct kunit *test)
{
	struct domain *checked = test_domain(test, &domain_test_srcu_interface, 0);
	struct domain *other = test_domain(test, &domain_test_srcu_interface, 0);
	struct bounds_env *env = test->priv;
	struct domain_slot *slot = env->slot;

	domain_set_checked(checked, true);
	KUNIT_EXPECT_FALSE(test, slot->checked_only);
	KUNIT_EXPECT_EQ(test, domain_slot_demand_checked(slot, true), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, other, env->d->id), -EACCES);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), env->d->id);
	KUNIT_EXPECT_EQ(test, test_update(slot, checked, env->d->id), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, checked->id), 0);
	/* an empty slot demands it, too; it refuses before init() */
	KUNIT_EXPECT_EQ(test, test_update(slot, other, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(other->id)->inits), 0);

	KUNIT_EXPECT_EQ(test, domain_slot_demand_checked(slot, false), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, other, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_slot_demand_checked(slot, true), -EACCES);
	KUNIT_EXPECT_FALSE(test, slot->checked_only);
	KUNIT_EXPECT_EQ(test, domain_slot_demand_checked(slot, false), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, other->id), 0);
	kunit_domain_forget(other);
	kunit_domain_forget(checked);
}

static struct kunit_case domain_bounds_cases[] = {
	KUNIT_CASE(domain_bounds_test_data),
	KUNIT_CASE(domain_bounds_test_stack),
	KUNIT_CASE(domain_bounds_test_args),
	KUNIT_CASE(domain_bounds_test_services),
	KUNIT_CASE(domain_bounds_test_nested),
	KUNIT_CASE(domain_bounds_test_unchecked),
	KUNIT_CASE(domain_bounds_test_demand),
	{}
};

static struct kunit_suite domain_bounds_suite = {
	.name = "domain_bounds",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.init = bounds_test_init,
	.exit = bounds_test_exit,
	.test_cases = domain_bounds_cases,
};
kunit_test_suite(domain_bounds_suite);

MODULE_DESCRIPTION("KUnit tests of where a checked image may store");
MODULE_LICENSE("GPL");
