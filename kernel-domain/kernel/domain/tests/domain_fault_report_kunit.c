// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what is told about a fault: the tracepoint, the counters, the
 * line that sysfs and domainctl show, and the report in the kernel's log
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <trace/events/domain.h>
#include <trace/events/printk.h>

#include "domain_control_test.h"
#include "domain_fault_test.h"
#include "domain_vfs_test.h"

/* The image, and what the report calls what it does */
#define REPORT_IMAGE	"faulty_rcu"
#define REPORT_WHAT	"page fault (write)"

#define REPORT_SLOT	"kernel/domain/slots/kunit/"

static bool report_made(void *arg)
{
	const struct domain *d = arg;

	return READ_ONCE(d->fault.reported);
}

/*
 * The slot's domain stores to NULL. Returns it, dead and reported, with a
 * reference.
 */
static struct domain *report_crash(struct kunit *test, struct domain_slot *slot)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct domain *d;

	KUNIT_ASSERT_TRUE(test, fault_wait(fault_recovered, slot));
	d = domain_get(domain_slot_current(slot));
	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_EXPECT_EQ(test, -EOWNERDEAD, kind->crash(slot, FAULTY_NULL_WRITE, 0));
	KUNIT_ASSERT_TRUE(test, fault_wait(report_made, d));
	domain_fault_flush(d);
	return d;
}

static bool report_in_text(const struct domain *d, unsigned long ip)
{
	return ip >= d->memory.text && ip < d->memory.text_end;
}

/* The line names what, where by function, and the address; and fits any buffer */
static void domain_fault_report_test_describe(struct kunit *test)
{
	struct domain_slot *slot;
	char line[DOMAIN_FAULT_LINE], expected[DOMAIN_FAULT_LINE], small[8];
	struct domain *d;

	slot = fault_slot(test, &fault_kinds[FAULT_RCU], "kunit", DOMAIN_POLICY_EMPTY);
	d = domain_get(domain_slot_current(slot));
	KUNIT_ASSERT_NOT_NULL(test, d);
	memset(line, 'x', sizeof(line));
	KUNIT_EXPECT_EQ(test, 0, domain_fault_describe(d, line, sizeof(line)));
	KUNIT_EXPECT_STREQ(test, line, "");
	domain_put(d);

	d = report_crash(test, slot);
	KUNIT_EXPECT_TRUE(test, report_in_text(d, d->fault.ip));
	snprintf(expected, sizeof(expected), REPORT_WHAT " at %pS, address %#lx",
		 (void *)d->fault.ip, 0UL);
	KUNIT_EXPECT_EQ(test, strlen(expected),
			domain_fault_describe(d, line, sizeof(line)));
	KUNIT_EXPECT_STREQ(test, line, expected);
	if (IS_ENABLED(CONFIG_KALLSYMS))
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(line, " at " REPORT_IMAGE ":"),
					  "%s", line);
	KUNIT_EXPECT_EQ(test, sizeof(small) - 1,
			domain_fault_describe(d, small, sizeof(small)));
	KUNIT_EXPECT_STREQ(test, small, "page fa");
	KUNIT_EXPECT_EQ(test, 0, domain_fault_describe(d, small, 1));
	KUNIT_EXPECT_STREQ(test, small, "");
	fault_expect_empty(test, &fault_kinds[FAULT_RCU], slot, d);
	domain_put(d);

	/* who was killed was nowhere */
	d = fault_load(test, &fault_kinds[FAULT_RCU]);
	KUNIT_ASSERT_EQ(test, 0, fault_update(slot, d, 0));
	KUNIT_EXPECT_EQ(test, 0, domain_kill(d, "killed by a test"));
	KUNIT_EXPECT_EQ(test, strlen("killed by a test"),
			domain_fault_describe(d, line, sizeof(line)));
	KUNIT_EXPECT_STREQ(test, line, "killed by a test");
	fault_expect_empty(test, &fault_kinds[FAULT_RCU], slot, d);
	domain_put(d);
	fault_done(test, slot);
}

/* Each fault is counted once, and shown by sysfs and the control device alike */
static void domain_fault_report_test_count(struct kunit *test)
{
	struct vfsmount *sysfs = vfs_test_mount(test, "sysfs");
	const struct control_env *env = control_test_open(test);
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct domain_ioc_info info = {};
	char line[DOMAIN_FAULT_LINE];
	struct domain_slot *slot;
	const char *text;
	struct domain *d;
	int i;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	for (i = 1; i <= 3; i++) {
		d = report_crash(test, slot);
		KUNIT_ASSERT_TRUE(test, fault_wait(fault_recovered, slot));
		text = vfs_test_format(test, "%d\n", i);
		KUNIT_EXPECT_STREQ(test, text,
				   vfs_test_read(test, sysfs, REPORT_SLOT "faults"));
		KUNIT_EXPECT_STREQ(test, text,
				   vfs_test_read(test, sysfs, REPORT_SLOT "recoveries"));
		info.id = domain_slot_current(slot);
		KUNIT_EXPECT_EQ(test, 0, control_test_ask(test, env, DOMAIN_IOC_INFO, &info));
		KUNIT_EXPECT_EQ(test, i, info.slot_faults);
		KUNIT_EXPECT_EQ(test, i, info.slot_recoveries);
		KUNIT_EXPECT_STREQ(test, "", info.fault);
		domain_put(d);
	}
	/* the last one stays, to be looked at */
	KUNIT_EXPECT_EQ(test, 0, domain_slot_set_policy(slot, DOMAIN_POLICY_EMPTY));
	d = report_crash(test, slot);
	domain_fault_describe(d, line, sizeof(line));
	KUNIT_EXPECT_STREQ(test, vfs_test_format(test, "%s\n", line),
			   vfs_test_read(test, sysfs, "kernel/domain/domains/%u/fault", d->id));
	info.id = d->id;
	KUNIT_EXPECT_EQ(test, 0, control_test_ask(test, env, DOMAIN_IOC_INFO, &info));
	KUNIT_EXPECT_STREQ(test, line, info.fault);
	KUNIT_EXPECT_EQ(test, 4, info.slot_faults);
	KUNIT_EXPECT_EQ(test, 3, info.slot_recoveries);
	KUNIT_EXPECT_TRUE(test, test_taint(TAINT_DOMAIN));
	fault_expect_empty(test, kind, slot, d);
	domain_put(d);
	fault_done(test, slot);
}

#ifdef CONFIG_TRACEPOINTS
/* What the tracepoint was passed; it fires where nothing can be asserted */
struct report_event {
	int n;
	u32 id;
	unsigned long ip, addr;
	char image[DOMAIN_NAME_LEN], slot[DOMAIN_NAME_LEN], what[32];
};

static void report_traced(void *arg, const char *image, const char *slot, u32 id,
			  const char *what, unsigned long ip, unsigned long addr)
{
	struct report_event *event = arg;

	event->n++;
	event->id = id;
	event->ip = ip;
	event->addr = addr;
	strscpy(event->image, image);
	strscpy(event->slot, slot);
	strscpy(event->what, what);
}

static void report_untrace(void *event)
{
	unregister_trace_domain_fault(report_traced, event);
	tracepoint_synchronize_unregister();
}

/* One event for each domain that dies, of a fault or because it is killed */
static void domain_fault_report_test_trace(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct report_event *event;
	struct domain_slot *slot;
	struct domain *d;

	event = kunit_kzalloc(test, sizeof(*event), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, event);
	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_EMPTY);
	KUNIT_ASSERT_EQ(test, 0, register_trace_domain_fault(report_traced, event));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, report_untrace, event));
	KUNIT_EXPECT_EQ(test, 1, kind->crash(slot, FAULTY_NONE, 0));
	KUNIT_EXPECT_EQ(test, event->n, 0);
	d = report_crash(test, slot);
	KUNIT_EXPECT_EQ(test, event->n, 1);
	KUNIT_EXPECT_EQ(test, event->id, d->id);
	KUNIT_EXPECT_STREQ(test, event->image, REPORT_IMAGE);
	KUNIT_EXPECT_STREQ(test, event->slot, "kunit");
	KUNIT_EXPECT_STREQ(test, event->what, REPORT_WHAT);
	KUNIT_EXPECT_EQ(test, event->ip, d->fault.ip);
	KUNIT_EXPECT_TRUE(test, report_in_text(d, event->ip));
	KUNIT_EXPECT_EQ(test, event->addr, 0);
	/* it is dead: nothing more to tell */
	KUNIT_EXPECT_EQ(test, -ESRCH, domain_kill(d, "killed by a test"));
	KUNIT_EXPECT_EQ(test, event->n, 1);
	fault_expect_empty(test, kind, slot, d);
	domain_put(d);

	d = fault_load(test, kind);
	KUNIT_ASSERT_EQ(test, 0, fault_update(slot, d, 0));
	KUNIT_EXPECT_EQ(test, 0, domain_kill(d, "killed by a test"));
	kunit_release_action(test, report_untrace, event);
	KUNIT_EXPECT_EQ(test, event->n, 2);
	KUNIT_EXPECT_EQ(test, event->id, d->id);
	KUNIT_EXPECT_STREQ(test, event->what, "killed by a test");
	KUNIT_EXPECT_EQ(test, event->ip, 0);
	fault_expect_empty(test, kind, slot, d);
	domain_put(d);
	fault_done(test, slot);
}

/* Lines of the log; other CPUs and interrupts write some as well */
struct report_log {
	raw_spinlock_t lock;
	int reports, n;
	char head[192];			/* the last report's first line */
	char stack[DOMAIN_FAULT_STACK + 1][128];
};

static void report_printed(void *arg, const char *text, size_t len)
{
	static const char mark[] = "domain " REPORT_IMAGE " ";
	struct report_log *log = arg;
	const char *rest = text + sizeof(mark) - 1;

	if (len < sizeof(mark) || memcmp(text, mark, sizeof(mark) - 1))
		return;
	guard(raw_spinlock_irqsave)(&log->lock);
	if (*rest == '(') {
		if (log->n < ARRAY_SIZE(log->stack))
			scnprintf(log->stack[log->n++], sizeof(log->stack[0]),
				  "%.*s", (int)len, text);
		return;
	}
	log->reports++;
	log->n = 0;
	scnprintf(log->head, sizeof(log->head), "%.*s", (int)len, text);
}

static void report_unwatch(void *log)
{
	unregister_trace_console(report_printed, log);
	tracepoint_synchronize_unregister();
}

static struct report_log *report_watch(struct kunit *test)
{
	struct report_log *log = kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, log);
	raw_spin_lock_init(&log->lock);
	KUNIT_ASSERT_EQ(test, 0, register_trace_console(report_printed, log));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, report_unwatch, log));
	return log;
}

/* Suites before this one may have used up the reports of this interval */
static struct domain *report_crash_in_log(struct kunit *test, struct domain_slot *slot,
					  struct report_log *log)
{
	unsigned long end = jiffies + 4 * DEFAULT_RATELIMIT_INTERVAL;
	struct domain *d = report_crash(test, slot);

	while (!log->reports && time_before(jiffies, end)) {
		schedule_timeout_uninterruptible(DEFAULT_RATELIMIT_INTERVAL / 4);
		domain_put(d);
		d = report_crash(test, slot);
	}
	return d;
}

/* What, where, by whom, and what becomes of the slot; then the domain's stack */
static void domain_fault_report_test_log(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct report_log *log = report_watch(test);
	char why[DOMAIN_FAULT_LINE], expected[256];
	struct domain_slot *slot;
	struct domain *d;
	int i;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	d = report_crash_in_log(test, slot, log);
	KUNIT_ASSERT_EQ(test, 1, log->reports);
	domain_fault_describe(d, why, sizeof(why));
	snprintf(expected, sizeof(expected),
		 "domain " REPORT_IMAGE " %s (%u): %s; CPU %d, task %s (%d); slot %s, policy %s",
		 d->note.version, d->id, why, d->fault.cpu, current->comm,
		 task_pid_nr(current), "kunit", "restart");
	KUNIT_EXPECT_STREQ(test, log->head, expected);

	/* its functions, the innermost first, and none of who called it */
	KUNIT_EXPECT_GT(test, log->n, 0);
	KUNIT_EXPECT_LE(test, log->n, DOMAIN_FAULT_STACK);
	snprintf(expected, sizeof(expected), "domain " REPORT_IMAGE " (%u):   %pS",
		 d->id, (void *)d->fault.ip);
	KUNIT_EXPECT_STREQ(test, log->stack[0], expected);
	for (i = 0; i < log->n; i++)
		KUNIT_EXPECT_NULL_MSG(test, strstr(log->stack[i], "domain_gate"),
				      "%s", log->stack[i]);
	domain_put(d);
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_recovered, slot));
	fault_done(test, slot);
}

/* One that crashes all the time does not fill the log, but is counted */
static void domain_fault_report_test_limit(struct kunit *test)
{
	const int crashes = 3 * DEFAULT_RATELIMIT_BURST;
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct report_log *log = report_watch(test);
	unsigned long begin = jiffies, intervals;
	struct domain_slot *slot;
	int i;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	for (i = 0; i < crashes; i++)
		domain_put(report_crash(test, slot));
	/* one that had begun before, and one that has not ended */
	intervals = (jiffies - begin) / DEFAULT_RATELIMIT_INTERVAL + 2;
	KUNIT_EXPECT_EQ(test, crashes, atomic_long_read(&slot->faults));
	KUNIT_EXPECT_LE(test, log->reports, intervals * DEFAULT_RATELIMIT_BURST);
	KUNIT_EXPECT_LE(test, log->reports, crashes);
	if (intervals > 2)
		kunit_info(test, "%d crashes took too long to exceed the limit", crashes);
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_recovered, slot));
	fault_done(test, slot);
}
#else
static void domain_fault_report_test_trace(struct kunit *test)
{
	kunit_skip(test, "needs tracepoints");
}

static void domain_fault_report_test_log(struct kunit *test)
{
	kunit_skip(test, "needs tracepoints");
}

static void domain_fault_report_test_limit(struct kunit *test)
{
	kunit_skip(test, "needs tracepoints");
}
#endif

static struct kunit_case domain_fault_report_cases[] = {
	KUNIT_CASE(domain_fault_report_test_describe),
	KUNIT_CASE(domain_fault_report_test_count),
	KUNIT_CASE(domain_fault_report_test_trace),
	KUNIT_CASE_SLOW(domain_fault_report_test_log),
	KUNIT_CASE_SLOW(domain_fault_report_test_limit),
	{}
};

static struct kunit_suite domain_fault_report_suite = {
	.name = "domain_fault_report",
	.suite_init = fault_suite_init,
	.suite_exit = fault_suite_exit,
	.test_cases = domain_fault_report_cases,
};

kunit_test_suite(domain_fault_report_suite);

MODULE_DESCRIPTION("KUnit tests of the reports of faults of domains");
MODULE_LICENSE("GPL");
