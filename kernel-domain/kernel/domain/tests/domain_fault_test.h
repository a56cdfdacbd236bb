/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites of faults share: images that crash, and slots for them
 */
#ifndef _DOMAIN_FAULT_TEST_H
#define _DOMAIN_FAULT_TEST_H

#include <kunit/test.h>
#include <linux/completion.h>

#include "../../../samples/domain/faulty.h"
#include "../domain.h"
#include "domain_faulty.h"

struct fault_kind {
	struct domain_interface *iface;
	const u8 *image, *image_end;
	long (*crash)(struct domain_slot *slot, u64 way, u64 arg);
	long (*give)(struct domain_slot *slot, struct domain_shared *buf, u64 way);
};

enum { FAULT_RCU, FAULT_SRCU, FAULT_REF, FAULT_KINDS };
extern const struct fault_kind fault_kinds[FAULT_KINDS];

/* A way to crash, and what the report calls it if that is always the same */
struct fault_way {
	u64 way;
	const char *name, *what;
	bool checked;		/* found by the checks of an image that has them */
};

/* a shadow call stack is kept in a register that this way loses */
#if defined(CONFIG_X86_64) || defined(CONFIG_ARM64) || \
	(defined(CONFIG_RISCV) && !defined(CONFIG_SHADOW_CALL_STACK))
#define FAULT_FLAGS
#endif

#ifdef CONFIG_X86_64
#define FAULT_WAYS	33
#elif defined(FAULT_FLAGS)
#define FAULT_WAYS	31
#else
#define FAULT_WAYS	30
#endif
extern const struct fault_way fault_ways[FAULT_WAYS];

/* A thread that calls a domain once, and does not come back by itself */
struct fault_looper {
	struct task_struct *task;
	const struct fault_kind *kind;
	struct domain_slot *slot;
	struct completion done;
	u64 way;
	u64 then;		/* for FAULTY_SPIN_CRASH, written when it may crash */
	long ret;
};

const struct fault_kind *fault_kind(const struct fault_way *way, int nr);
struct domain *fault_load(struct kunit *test, const struct fault_kind *kind);
int fault_update(struct domain_slot *slot, struct domain *new, u32 old_id);
void fault_skip_way(struct kunit *test, const struct fault_way *way);
struct domain_slot *fault_slot(struct kunit *test,
			       const struct fault_kind *kind, const char *name,
			       enum domain_policy policy);
void fault_done(struct kunit *test, struct domain_slot *slot);
void fault_give(struct kunit *test, const struct fault_kind *kind,
		struct domain_slot *slot);
void fault_watchdog_set_ms(struct kunit *test, unsigned int ms);
bool fault_wait(bool (*done)(void *arg), void *arg);
bool fault_recovered(void *slot);
bool fault_failed(void *d);
void fault_expect_restart(struct kunit *test, const struct fault_kind *kind,
			  struct domain_slot *slot, u32 id);
void fault_expect_empty(struct kunit *test, const struct fault_kind *kind,
			struct domain_slot *slot, struct domain *d);
void fault_looper_start_on(struct kunit *test, struct fault_looper *looper,
			   const struct fault_kind *kind,
			   struct domain_slot *slot, u64 way, int cpu);
void fault_looper_start(struct kunit *test, struct fault_looper *looper,
			const struct fault_kind *kind, struct domain_slot *slot,
			u64 way);
long fault_looper_end(struct kunit *test, struct fault_looper *looper);
int fault_suite_init(struct kunit_suite *suite);
void fault_suite_exit(struct kunit_suite *suite);

#endif /* _DOMAIN_FAULT_TEST_H */
