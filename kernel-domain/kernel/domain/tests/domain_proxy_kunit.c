// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of gate and proxies: arguments and results, the chain of frames,
 * the stack's end, contexts, shared objects, and what an image may return from
 * its entry point.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/smp.h>

#include "../gate.h"
#include "domain_test.h"

struct test_kind {
	const char *name;
	struct domain_interface *iface;
};

static const struct test_kind test_kinds[] = {
	{ "rcu", &domain_test_rcu_interface },
	{ "srcu", &domain_test_srcu_interface },
	{ "ref", &domain_test_ref_interface },
	{ "ref_atomic", &domain_test_ref_atomic_interface },
};
KUNIT_ARRAY_PARAM_DESC(kind, test_kinds, name);

/* The typed proxies of the four interfaces differ in their names only */
#define TEST_PROXY(slot, method, ...)					\
({									\
	struct domain_slot *__s = (slot);				\
	long __ret;							\
									\
	switch (__s->iface->kind) {					\
	case DOMAIN_KIND_RCU:						\
		__ret = domain_test_rcu_##method(__s, ##__VA_ARGS__);	\
		break;							\
	case DOMAIN_KIND_SRCU:						\
		__ret = domain_test_srcu_##method(__s, ##__VA_ARGS__);	\
		break;							\
	case DOMAIN_KIND_REF:						\
		__ret = domain_test_ref_##method(__s, ##__VA_ARGS__);	\
		break;							\
	default:							\
		__ret = domain_test_ref_atomic_##method(__s, ##__VA_ARGS__); \
		break;							\
	}								\
	__ret;								\
})

static void domain_proxy_test_empty(struct kunit *test)
{
	const struct test_kind *kind = test->param_value;
	struct domain_slot *slot = test_slot(test, kind->iface);

	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, echo, 1), -ENOSYS);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, weigh, 1, 2, 3, 4), -ENOSYS);
	KUNIT_EXPECT_EQ(test, domain_slot_calls(slot), 2);
}

static void domain_proxy_test_args(struct kunit *test)
{
	const struct test_kind *kind = test->param_value;
	struct domain_slot *slot = test_slot(test, kind->iface);
	struct domain *d = test_domain(test, kind->iface, 0);

	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, weigh, 1, 2, 3, 4), 4321);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, echo, LONG_MAX), LONG_MAX);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, echo, -EIO), -EIO);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, missing), -ENOSYS);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, count), 1);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, count), 2);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, echo, 1), -ENOSYS);
	kunit_domain_forget(d);
}

/* What the frame must say while a domain runs */
static long test_check_frame(struct test_call *call)
{
	struct domain *d = call->arg;
	struct domain_frame *frame = current->domain_frame;
	unsigned long here = (unsigned long)__builtin_frame_address(0);

	if (!frame || frame->domain != d || frame->prev)
		return -EINVAL;
	if (frame->task != current || frame->in_service)
		return -ESRCH;
	/* the gate's stack is between the frame and us */
	if (frame->sp <= here || frame->sp >= (unsigned long)frame)
		return -ERANGE;
	if (frame->preempt_count != preempt_count())
		return -EBUSY;
	return 42;
}

static void domain_proxy_test_frame(struct kunit *test)
{
	const struct test_kind *kind = test->param_value;
	struct domain_slot *slot = test_slot(test, kind->iface);
	struct domain *d = test_domain(test, kind->iface, 0);
	struct test_call call = { .fn = test_check_frame, .arg = d };
	int count = preempt_count();

	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_NULL(test, current->domain_frame);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, run, &call), 42);
	KUNIT_EXPECT_NULL(test, current->domain_frame);
	KUNIT_EXPECT_EQ(test, preempt_count(), count);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	kunit_domain_forget(d);
}

struct test_depth {
	struct test_call call;
	struct domain_slot *slot;
	unsigned int depth, limit;
	bool chain_ok;
};

static unsigned int test_chain_length(void)
{
	struct domain_frame *frame;
	unsigned int n = 0;

	for (frame = current->domain_frame; frame; frame = frame->prev)
		n++;
	return n;
}

/* Each call goes one deeper, until it is refused or deep enough */
static long test_go_deeper(struct test_call *call)
{
	struct test_depth *t = container_of(call, struct test_depth, call);
	unsigned int depth = ++t->depth;
	/* the stack is to end before MAX_LOCK_DEPTH is reached */
	char used[512];
	long ret = 0;

	barrier_data(used);
	if (test_chain_length() != depth)
		t->chain_ok = false;
	if (depth < t->limit)
		ret = TEST_PROXY(t->slot, run, call);
	if (test_chain_length() != depth)
		t->chain_ok = false;
	return ret;
}

static void domain_proxy_test_nested(struct kunit *test)
{
	const struct test_kind *kind = test->param_value;
	struct domain_slot *slot = test_slot(test, kind->iface);
	struct domain *d = test_domain(test, kind->iface, 0);
	struct test_depth t = {
		.call.fn = test_go_deeper,
		.slot = slot,
		.limit = 3,
		.chain_ok = true,
	};

	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, run, &t.call), 0);
	KUNIT_EXPECT_EQ(test, t.depth, 3);
	KUNIT_EXPECT_NULL(test, current->domain_frame);

	/* without an end: the stack's is found before it is reached */
	t.depth = 0;
	t.limit = UINT_MAX;
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, run, &t.call), -ENOBUFS);
	KUNIT_EXPECT_GT(test, t.depth, 3);
	KUNIT_EXPECT_TRUE(test, t.chain_ok);
	KUNIT_EXPECT_NULL(test, current->domain_frame);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	kunit_domain_forget(d);
}

struct test_oops {
	struct test_call call;
	struct domain *d;
	struct completion inside;
	struct domain *found;
};

/* As what cannot be contained ends: it does not come back, and counts as an oops */
static long test_oopses(struct test_call *call)
{
	struct test_oops *t = container_of(call, struct test_oops, call);

	t->found = current->domain_frame->domain;
	complete(&t->inside);
	make_task_dead(SIGKILL);
}

static int test_oops_thread(void *arg)
{
	struct test_oops *t = arg;

	/* by no slot, which would keep who dies there */
	return domain_enter((unsigned long)&t->call, 0, 0, 0, t->d,
			    t->d->method[DOMAIN_test_rcu_run],
			    DOMAIN_FRAME_MAY_SLEEP);
}

/* Who dies inside of a domain leaves no frame behind, on a stack that it goes on using */
static void domain_proxy_test_oops(struct kunit *test)
{
	struct test_oops t = { .call.fn = test_oopses };
	struct task_struct *task;

	t.d = test_domain(test, &domain_test_rcu_interface, 0);
	init_completion(&t.inside);
	task = kthread_create(test_oops_thread, &t, "domain_oops");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	wake_up_process(task);
	wait_for_completion(&t.inside);
	/* it is as dead then as it will be */
	kthread_stop(task);
	KUNIT_EXPECT_PTR_EQ(test, t.found, t.d);
	KUNIT_EXPECT_NULL(test, task->domain_frame);
	put_task_struct(task);
	kunit_domain_forget(t.d);
}

/*
 * An update can publish a domain, or replace it, between a timer's look at the slot
 * and its look at the domain
 */
static void domain_proxy_test_timer_commit(struct kunit *test)
{
	static const struct {
		enum domain_state state;
		long ret;
	} cases[] = {
		{ DOMAIN_BINDING, -EBUSY },
		{ DOMAIN_ACTIVE, -EBUSY },
		{ DOMAIN_RETIRING, -ESHUTDOWN },
		{ DOMAIN_DEAD, -ESHUTDOWN },
		{ DOMAIN_FAILED, -ESHUTDOWN },
	};
	const struct test_kind *kind = test->param_value;
	struct domain_slot *slot = test_slot(test, kind->iface);
	struct domain *d = test_domain(test, kind->iface, 0);
	int i;

	d->slot = slot;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		atomic_set(&d->state, cases[i].state);
		KUNIT_EXPECT_EQ_MSG(test, domain_call_timer(d, 0), cases[i].ret,
				    "%s", domain_state_name(cases[i].state));
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(d->id)->ticks), 0);
	atomic_set(&d->state, DOMAIN_LOADED);
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_call_timer(d, 0), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(d->id)->ticks), 1);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	kunit_domain_forget(d);
}

struct test_irq {
	struct domain_slot *slot;
	long ret;
	bool in_irq, chain_kept;
};

static void test_irq_call(void *arg)
{
	struct test_irq *t = arg;
	struct domain_frame *frame = current->domain_frame;

	t->in_irq = irqs_disabled();
	t->ret = TEST_PROXY(t->slot, echo, 77);
	t->chain_kept = current->domain_frame == frame;
}

/* From an interrupt, on every CPU, beside whatever runs there */
static void domain_proxy_test_interrupt(struct kunit *test)
{
	static const struct test_kind kinds[] = {
		{ "rcu", &domain_test_rcu_interface },
		{ "ref_atomic", &domain_test_ref_atomic_interface },
	};
	int i, cpu;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct domain_slot *slot = domain_slot_create(kinds[i].iface,
							      "kunit_irq");
		struct domain *d = test_domain(test, kinds[i].iface, 0);

		KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
		KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
		for_each_online_cpu(cpu) {
			struct test_irq t = { .slot = slot };

			KUNIT_EXPECT_EQ(test, 0,
					smp_call_function_single(cpu, test_irq_call,
								 &t, true));
			KUNIT_EXPECT_TRUE(test, t.in_irq);
			KUNIT_EXPECT_TRUE(test, t.chain_kept);
			KUNIT_EXPECT_EQ(test, t.ret, 77);
		}
		domain_slot_destroy(slot);
		kunit_domain_forget(d);
	}
}

struct test_irq_lend {
	struct test_call call;
	struct hrtimer timer;
	struct domain_slot *slot;
	struct domain_shared *obj;
	bool done;
	long ret;
};

static enum hrtimer_restart test_irq_lends(struct hrtimer *timer)
{
	struct test_irq_lend *t = container_of(timer, struct test_irq_lend, timer);

	t->ret = domain_test_rcu_lend(t->slot, t->obj, 77);
	/* pairs with test_is_interrupted() */
	smp_store_release(&t->done, true);
	return HRTIMER_NORESTART;
}

static long test_is_interrupted(struct test_call *call)
{
	struct test_irq_lend *t = container_of(call, struct test_irq_lend, call);

	preempt_disable();
	hrtimer_start(&t->timer, ns_to_ktime(1000), HRTIMER_MODE_REL_PINNED_HARD);
	/* pairs with test_irq_lends() */
	while (!smp_load_acquire(&t->done))
		cpu_relax();
	preempt_enable();
	return domain_test_rcu_lend(t->slot, t->obj, 77);
}

/* An interrupt lends what is the kernel's, not what is the interrupted domain's */
static void domain_proxy_test_interrupt_lends(struct kunit *test)
{
	struct domain_slot *slot = test_slot(test, &domain_test_rcu_interface);
	struct domain *d = test_domain(test, &domain_test_rcu_interface, 0);
	struct test_irq_lend t = { .call.fn = test_is_interrupted, .slot = slot };

	t.obj = domain_shared_alloc(sizeof(struct test_buf), TEST_BUF_TYPE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t.obj);
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	hrtimer_setup_on_stack(&t.timer, test_irq_lends, CLOCK_MONOTONIC,
			       HRTIMER_MODE_REL_PINNED_HARD);
	/* the domain itself may not */
	KUNIT_EXPECT_EQ(test, domain_test_rcu_run(slot, &t.call), -EPERM);
	hrtimer_cancel(&t.timer);
	destroy_hrtimer_on_stack(&t.timer);
	KUNIT_EXPECT_EQ(test, t.ret, 77);
	KUNIT_EXPECT_EQ(test, domain_shared_free(t.obj), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	kunit_domain_forget(d);
}

static void domain_proxy_test_shared(struct kunit *test)
{
	const struct test_kind *kind = test->param_value;
	struct domain_slot *slot = test_slot(test, kind->iface);
	struct domain *d = test_domain(test, kind->iface, 0);
	struct domain_shared *obj;
	struct test_buf *buf;

	obj = domain_shared_alloc(sizeof(*buf), TEST_BUF_TYPE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	buf = domain_shared_data(obj);
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);

	/* lent: back with the kernel, whatever the method returns */
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, lend, obj, 5), 5);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, lend, obj, -EIO), -EIO);
	KUNIT_EXPECT_EQ(test, buf->value, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), DOMAIN_ID_KERNEL);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->lent), 0);

	/* given: gone on success only */
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, give, obj, -EIO), -EIO);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), DOMAIN_ID_KERNEL);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, give, obj, 0), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), d->id);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 1);

	/* not the kernel's any more: neither to pass nor to free */
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, lend, obj, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, give, obj, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, domain_shared_free(obj), -EINVAL);
	KUNIT_EXPECT_EQ(test, TEST_PROXY(slot, lend, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, buf->value, 4);

	/* it goes with its owner */
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 0);
	kunit_domain_forget(d);
}

/* An image in a buffer, to hand domain_ops_check() what an entry returns */
struct test_image {
	struct domain_image_ops ops;
	const void *methods[DOMAIN_test_rcu_NR];
	u8 text[64];
};

struct test_ops_case {
	const char *name;
	void (*damage)(struct test_image *image);
	long ops_offset;	/* of the pointer returned, from the right one */
	int ret;
};

static void test_size(struct test_image *image)
{
	image->ops.size--;
}

static void test_larger(struct test_image *image)
{
	image->ops.size += 8;
}

static void test_nr_methods(struct test_image *image)
{
	image->ops.nr_methods++;
}

static void test_no_methods(struct test_image *image)
{
	image->ops.methods = NULL;
}

static void test_methods_end(struct test_image *image)
{
	image->ops.methods = &image->methods[1];
}

static void test_methods_odd(struct test_image *image)
{
	image->ops.methods = (void *)image->methods + 1;
}

static void test_method_null(struct test_image *image)
{
	image->methods[0] = NULL;
}

static void test_method_data(struct test_image *image)
{
	image->methods[3] = image;
}

static void test_method_kernel(struct test_image *image)
{
	image->methods[DOMAIN_test_rcu_NR - 1] = domain_method_empty;
}

static void test_method_end(struct test_image *image)
{
	image->methods[0] = image->text + sizeof(image->text);
}

static void test_init_user(struct test_image *image)
{
	image->ops.init = (void *)0x1000;
}

static void test_exit_wild(struct test_image *image)
{
	image->ops.exit = (void *)ULONG_MAX;
}

static void test_export_data(struct test_image *image)
{
	image->ops.export_state = (void *)image;
}

static void test_import_data(struct test_image *image)
{
	image->ops.import_state = (void *)image;
}

static void test_timer_data(struct test_image *image)
{
	image->ops.timer = (void *)image;
}

static void test_state_size(struct test_image *image)
{
	image->ops.state_size = DOMAIN_STATE_MAX + 1ULL;
}

static const struct test_ops_case test_ops_cases[] = {
	{ "valid", NULL, 0, 0 },
	{ "a NULL method", test_method_null, 0, 0 },
	{ "longer ops of a later ABI", test_larger, 0, 0 },
	{ "ops unaligned", NULL, 4, -EBADMSG },
	{ "ops before the image", NULL, -8, -EBADMSG },
	{ "ops reach over the end", NULL, sizeof(struct test_image) - 8, -EBADMSG },
	{ "size too small", test_size, 0, -EPROTO },
	{ "other number of methods", test_nr_methods, 0, -EPROTO },
	{ "methods NULL", test_no_methods, 0, -EBADMSG },
	{ "methods reach over the end", test_methods_end, 0, -EBADMSG },
	{ "methods unaligned", test_methods_odd, 0, -EBADMSG },
	{ "method in data", test_method_data, 0, -EBADMSG },
	{ "method in the kernel", test_method_kernel, 0, -EBADMSG },
	{ "method at the end of the text", test_method_end, 0, -EBADMSG },
	{ "init in user space", test_init_user, 0, -EBADMSG },
	{ "exit at the end of the world", test_exit_wild, 0, -EBADMSG },
	{ "export_state in data", test_export_data, 0, -EBADMSG },
	{ "import_state in data", test_import_data, 0, -EBADMSG },
	{ "timer in data", test_timer_data, 0, -EBADMSG },
	{ "state_size beyond the limit", test_state_size, 0, -EBADMSG },
};
KUNIT_ARRAY_PARAM_DESC(ops, test_ops_cases, name);

static void domain_gate_test_ops(struct kunit *test)
{
	const struct test_ops_case *c = test->param_value;
	struct domain *d = domain_alloc(&domain_test_rcu_interface);
	struct test_image *image;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, d);
	image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, image);
	/* what is not text ends with the methods */
	d->memory.rodata = (unsigned long)image;
	d->memory.rodata_end = (unsigned long)image->text;
	d->memory.text = (unsigned long)image->text;
	d->memory.text_end = d->memory.text + sizeof(image->text);
	strscpy(d->note.name, "kunit");
	d->note.interface_minor = DOMAIN_test_rcu_NR;

	image->ops.size = sizeof(image->ops);
	image->ops.nr_methods = DOMAIN_test_rcu_NR;
	image->ops.methods = image->methods;
	for (i = 0; i < DOMAIN_test_rcu_NR; i++)
		image->methods[i] = image->text + 4 * i;
	if (c->damage)
		c->damage(image);

	KUNIT_EXPECT_EQ(test, c->ret,
			domain_ops_check(d, (void *)image + c->ops_offset));
	if (!c->ret)
		KUNIT_EXPECT_PTR_EQ(test, (void *)d->method[1],
				    (void *)image->text + 4);
	domain_put(d);
}

/* The kernel's older and newer images by the interface's hash */
static void domain_interface_test_fits(struct kunit *test)
{
	static const u64 hash = DOMAIN_INTERFACE_HASH(test_rcu, TEST_METHODS);
	struct domain_interface *iface = &domain_test_rcu_interface;
	u64 older = hash - iface->methods[DOMAIN_test_rcu_NR - 1].hash;

	KUNIT_EXPECT_TRUE(test, domain_interface_fits(iface, 1,
						      DOMAIN_test_rcu_NR, hash));
	KUNIT_EXPECT_TRUE(test, domain_interface_fits(iface, 1,
						      DOMAIN_test_rcu_NR - 1, older));
	KUNIT_EXPECT_FALSE(test, domain_interface_fits(iface, 2,
						       DOMAIN_test_rcu_NR, hash));
	KUNIT_EXPECT_FALSE(test, domain_interface_fits(iface, 1,
						       DOMAIN_test_rcu_NR + 1, hash));
	KUNIT_EXPECT_FALSE(test, domain_interface_fits(iface, 1,
						       DOMAIN_test_rcu_NR, hash + 1));
	KUNIT_EXPECT_FALSE(test, domain_interface_fits(iface, 1,
						       DOMAIN_test_rcu_NR, older));
	/* the position of a method counts */
	KUNIT_EXPECT_NE(test, iface->methods[DOMAIN_test_rcu_lend].hash,
			iface->methods[DOMAIN_test_rcu_give].hash);
	KUNIT_EXPECT_EQ(test, domain_interface_register(iface), -EEXIST);
}

static struct kunit_case domain_proxy_cases[] = {
	KUNIT_CASE_PARAM(domain_proxy_test_empty, kind_gen_params),
	KUNIT_CASE_PARAM(domain_proxy_test_args, kind_gen_params),
	KUNIT_CASE_PARAM(domain_proxy_test_frame, kind_gen_params),
	KUNIT_CASE_PARAM(domain_proxy_test_nested, kind_gen_params),
	KUNIT_CASE(domain_proxy_test_oops),
	KUNIT_CASE_PARAM(domain_proxy_test_timer_commit, kind_gen_params),
	KUNIT_CASE(domain_proxy_test_interrupt),
	KUNIT_CASE(domain_proxy_test_interrupt_lends),
	KUNIT_CASE_PARAM(domain_proxy_test_shared, kind_gen_params),
	KUNIT_CASE_PARAM(domain_gate_test_ops, ops_gen_params),
	KUNIT_CASE(domain_interface_test_fits),
	{}
};

static struct kunit_suite domain_proxy_suite = {
	.name = "domain_proxy",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_proxy_cases,
};
kunit_test_suite(domain_proxy_suite);
