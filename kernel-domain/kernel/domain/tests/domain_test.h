/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites of the core share: domains whose image is the kernel
 *
 * A test's domain has functions of the test in the place of an image. What an
 * image would keep in its data is in a table by the domain's number.
 */
#ifndef _DOMAIN_TEST_H
#define _DOMAIN_TEST_H

#include <kunit/domain.h>
#include <kunit/test.h>
#include <linux/domain_interface.h>
#include <linux/string.h>

#include "../domain.h"

struct test_buf {
	u64 value;
	u8 rest[56];
};

#define TEST_BUF_TYPE	0x74657374U

#define TEST_METHODS(M, i)						\
	M(i, echo, (VAL, u64, a))					\
	M(i, weigh, (VAL, u64, a), (VAL, u64, b), (VAL, u64, c), (VAL, u64, d)) \
	M(i, count)							\
	M(i, run, (PTR, struct test_call *, call))			\
	M(i, lend, (LEND, struct test_buf *, buf), (VAL, u64, ret))	\
	M(i, give, (GIVE, struct test_buf *, buf), (VAL, u64, ret))	\
	M(i, missing)							\
	M(i, vec, (VEC, u64 *, v), (VAL, u64, n),			\
	  (PTR, const struct test_call *, call))			\
	M(i, lend_run, (LEND, struct test_buf *, buf),			\
	  (PTR, struct test_call *, call))				\
	M(i, give_run, (GIVE, struct test_buf *, buf),			\
	  (PTR, struct test_call *, call))

/* run() and others call back into the test, which so is inside of a domain */
struct test_call {
	long (*fn)(struct test_call *call);
	void *arg;
};

DOMAIN_DECLARE_INTERFACE(test_rcu, TEST_METHODS, 1, RCU);
DOMAIN_DECLARE_INTERFACE(test_srcu, TEST_METHODS, 1, SRCU);
DOMAIN_DECLARE_INTERFACE(test_ref, TEST_METHODS, 1, REF);
DOMAIN_DECLARE_INTERFACE(test_ref_atomic, TEST_METHODS, 1, REF_ATOMIC);

#define TEST_STATE_TYPE		0x73746174U
#define TEST_INSTANCES		1024

/* What an image would keep in its data */
struct test_instance {
	atomic64_t count;
	atomic_t inside;
	atomic_t inits, exits, exports, imports, ticks;
	atomic_t violations;	/* called when it must not be */
	bool closed;		/* exported or left: no call may enter */
	long init_ret, export_ret, import_ret;
	u64 import_version;
	struct test_call *in_export;	/* run by export_state() */
	struct test_call *in_exit;	/* run by exit() */
	long in_exit_ret;
	struct test_call *in_timer;	/* run by timer() */
};

struct test_instance *test_instance(u32 id);
struct test_instance *test_current(void);
struct domain *test_domain(struct kunit *test, struct domain_interface *iface,
			   u32 state_version);
struct domain_slot *test_slot(struct kunit *test,
			      struct domain_interface *iface);
int test_update(struct domain_slot *slot, struct domain *new, u32 old_id);
int test_interfaces_init(struct kunit_suite *suite);
void test_interfaces_exit(struct kunit_suite *suite);

#endif /* _DOMAIN_TEST_H */
