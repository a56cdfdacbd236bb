/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: the map of kernel/domain/
 *
 *	image_*.c	what an image file may look like
 *	signature.c	who vouches for it
 *	memory.c	the memory that it runs in
 *	load.c		image file to domain, and back
 *	symbols.c	names and text addresses of domains, for stack traces
 *	gate.c		entering a domain and coming back
 *	fault.c		coming back when it crashes
 *	recover.c	what the slot of a crashed domain does
 *	watchdog.c	ending calls that take too long
 *	bounds.c	where a checked image may store
 *	proxy.c		calling what a slot holds, by kind of interface
 *	ledger.c	what a domain has obtained
 *	heap.c		its private memory
 *	shared.c	objects whose owner changes with a call
 *	store.c		what outlives a domain
 *	timer.c		its timers
 *	service.c	the table of what an image can ask for
 *	registry.c	names and numbers: interfaces, slots, domains
 *	slot.c		what callers hold; binding
 *	update.c	replacing the domain of a slot
 *	control.c	/dev/domain
 *	sysfs.c		/sys/kernel/domain
 *
 * Locks, outermost first:
 *	slot->lock	mutex; serializes bind, unbind and update of a slot. Image
 *			code (init, exit, export, import) runs under it.
 *	domain_shown_lock
 *			mutex; what of slots and domains is in sysfs. Not taken under
 *			slot->lock, and not by a recovery that is not over: who holds
 *			it may wait for I/O, and that for the recovery.
 *	domain_registry_lock
 *			mutex; the lists of interfaces and slots. For the same reason,
 *			nobody waits for I/O under it.
 *	store, shared and ledger locks
 *			spinlocks with interrupts off, leaves, never nested in
 *			each other
 * A call takes none of them, unless its callee keeps an object that it was given, or
 * is a checked image whose store has to be looked up.
 */
#ifndef _KERNEL_DOMAIN_H
#define _KERNEL_DOMAIN_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/domain.h>
#include <linux/domain_fault.h>
#include <linux/domain_image.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/ratelimit_types.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

/* The owner of what no domain owns: the kernel */
#define DOMAIN_ID_KERNEL	0
/* and of a shared object that is being freed */
#define DOMAIN_ID_NOBODY	U32_MAX

typedef long (*domain_fn_t)(unsigned long a0, unsigned long a1,
			    unsigned long a2, unsigned long a3);

/*
 * gate
 *
 * A frame lives on the stack of whoever enters a domain, and is linked from
 * its task. An interrupt that enters a domain links its frame in front of the
 * interrupted task's and unlinks it before it returns, so the chain is always
 * in the order of the stacks. Only the task itself, and interrupts on its CPU,
 * read or write the chain.
 *
 * The fields that gate.c does not read are what fault.c needs: it resumes at
 * domain_gate_return with the stack pointer @sp, after comparing the rest with
 * the state at the fault.
 */
struct domain_frame {
	unsigned long sp;	/* first: domain_gate() stores it */
	struct domain_frame *prev;
	struct task_struct *task;
	struct domain *domain;
	unsigned long irqflags;
	int preempt_count;
#ifdef CONFIG_PREEMPT_RCU
	int rcu_nesting;
#endif
#ifdef CONFIG_LOCKDEP
	int lockdep_depth;
#endif
	u16 in_service;		/* the domain asked for a service that runs */
	u16 flags;		/* DOMAIN_FRAME_*, fixed at entry */
	u32 ticks;		/* watchdog.c */
};

#define DOMAIN_FRAME_MAY_SLEEP	BIT(0)
/* export_state() or import_state(): its slot is closed, so it waits for no other */
#define DOMAIN_FRAME_TRANSFER	BIT(1)
/* the first argument is a buffer to write to, the second its size */
#define DOMAIN_FRAME_OUTPUT	BIT(2)
/* the frame is that of struct domain_bounds */
#define DOMAIN_FRAME_CHECKED	BIT(3)

/*
 * What must be left of the stack when a domain is entered: a quarter, which the
 * functions of an image leave to the services and the interrupts that run on top
 * of them (DOMAIN_STACK_KEPT of the architectures), and what a method may use that
 * does not look for itself (__domain_method).
 */
#define DOMAIN_STACK_RESERVE	(THREAD_SIZE / 4 + 2048UL)
#define DOMAIN_STACK_ROOM	(THREAD_SIZE - DOMAIN_STACK_RESERVE)

/*
 * In arch/.../kernel/domain_gate.S, as domain_gate_return in domain_fault.h. The
 * method's arguments come first, here and in all that leads here, so that they
 * are in its registers from the proxy on.
 */
long domain_gate(unsigned long a0, unsigned long a1, unsigned long a2,
		 unsigned long a3, struct domain_frame *frame, domain_fn_t fn);

long domain_enter_lifecycle(struct domain *d, const void *fn, u16 flags,
			    unsigned long a0, unsigned long a1,
			    unsigned long a2);
long domain_method_empty(unsigned long a0, unsigned long a1, unsigned long a2,
			 unsigned long a3);
long domain_method_busy(unsigned long a0, unsigned long a1, unsigned long a2,
			unsigned long a3);
int domain_ops_check(struct domain *d, const struct domain_image_ops *ops);

/* bounds */
struct domain_span {
	unsigned long start, end;
};

/* For any values: neither end can wrap around */
static inline bool domain_in(unsigned long addr, size_t size,
			     unsigned long start, unsigned long end)
{
	return addr >= start && addr <= end && size <= end - addr;
}

/*
 * In a service itself: the stack pointer of the image when it called. Below are
 * the kernel's frames, which are not the image's to write to. On arm64, clang
 * says where the frame record is. Between that and the image's part are registers
 * that the image gets back.
 */
#define domain_caller_sp()						\
	((unsigned long)__builtin_dwarf_cfa() +				\
	 (IS_ENABLED(CONFIG_ARM64) && IS_ENABLED(CONFIG_CC_IS_CLANG) ?	\
	  2 * sizeof(long) : 0))

void domain_set_checked(struct domain *d, bool checked);
size_t domain_arg_room(const struct domain_method *method, unsigned int i,
		       const unsigned long *arg);
long domain_enter_checked(struct domain *d, domain_fn_t fn,
			  const struct domain_method *method, u16 flags,
			  const unsigned long *arg);
bool domain_may_write(struct domain_frame *frame, const void *p, size_t size,
		      unsigned long sp);
long domain_svc_may_store(const void *p, u64 size);
bool domain_refused_store(struct domain_frame *frame, unsigned long *addr);

/*
 * ledger: everything that a domain obtained through a service
 *
 * Entries are kernel memory of their own, so that a wild store through what
 * they describe does not reach them. @lock protects the tree and the sums.
 */
enum domain_res {
	DOMAIN_RES_HEAP,
	DOMAIN_RES_SLOT,
	DOMAIN_RES_NR,
};

struct domain_entry {
	struct rb_node node;
	enum domain_res res;
	unsigned long key;	/* address or handle, unique with @res */
	size_t size;		/* bytes that the domain may use */
	size_t cost;		/* bytes charged against the limit */
	u16 nr_methods;		/* of a slot: those that may be called */
	void *ptr;
};

struct domain_ledger {
	spinlock_t lock;	/* all below but @limit */
	struct rb_root tree;
	size_t limit;		/* bytes; fixed at creation */
	size_t bytes;		/* above @limit if others gave it objects */
	size_t peak;
	unsigned int count[DOMAIN_RES_NR];
	unsigned long next_handle;
	unsigned long refused;	/* frees of what is not owned */
	unsigned long heap_frees;	/* entries of the heap that were removed */
	unsigned long leaked;	/* what reclaim found, shared objects too */
};

void domain_ledger_init(struct domain_ledger *ledger, size_t limit);
int domain_ledger_charge(struct domain_ledger *ledger, size_t size);
void domain_ledger_charge_given(struct domain_ledger *ledger, size_t size);
void domain_ledger_uncharge(struct domain_ledger *ledger, size_t size);
size_t domain_ledger_cost(size_t size, size_t record);
unsigned long domain_ledger_add(struct domain_ledger *ledger,
				struct domain_entry *entry);
struct domain_entry *domain_ledger_take(struct domain_ledger *ledger,
					enum domain_res res, unsigned long key);
struct domain_entry *domain_ledger_pop(struct domain_ledger *ledger);
bool domain_ledger_span(struct domain_ledger *ledger, unsigned long addr,
			struct domain_span *span, unsigned long *frees);
struct domain_slot *domain_ledger_slot(struct domain_ledger *ledger,
				       unsigned long handle, u64 *nr);
const char *domain_res_name(enum domain_res res);

/* heap */
void *domain_heap_alloc(struct domain *d, size_t size, gfp_t gfp);
int domain_heap_free(struct domain *d, const void *p);
unsigned int domain_reclaim(struct domain *d);

/*
 * shared objects
 *
 * @owner leaves an owner by cmpxchg only, so that of two who pass an object one
 * wins; at the end of a loan the lender takes it back. @lent is not 0 while the
 * object is on loan: then it cannot be freed, and only the task that makes the
 * outermost of the calls that lent it, @borrower, can lend it on, so that loans
 * end in the opposite order. The tree, under its lock, finds an object by its
 * payload's address.
 *
 * @holder is the domain that owns the object apart from loans. It pays for it,
 * whoever made it, and has it in its list.
 */
struct domain_shared {
	atomic_t owner;		/* domain id or DOMAIN_ID_* */
	atomic_t lent;		/* loans in progress */
	struct task_struct *borrower;	/* compared only; NULL if not lent */
	refcount_t refs;	/* the tree's and those of domain_shared_find() */
	u32 type;
	size_t size;
	void *data;
	struct rb_node node;
	struct domain *holder;	/* NULL: the kernel; under the tree's lock */
	struct list_head link;	/* of @holder's; under the tree's lock */
};

/* Where an object was, to put it back */
struct domain_loan {
	struct domain_shared *obj;
	u32 from, to;
	bool give;
	bool outermost;		/* it was not lent before */
};

struct domain_shared *domain_shared_create(struct domain *d, size_t size,
					   u32 type, gfp_t gfp, void **data);
struct domain_shared *domain_shared_find(const void *data, u32 owner);
struct domain_shared *domain_shared_around(const void *p, u32 owner);
void domain_shared_put(struct domain_shared *obj);
int domain_shared_release(const void *data, u32 owner);
int domain_shared_pass(struct domain_loan *loan, struct domain_shared *obj,
		       u32 from, u32 to, bool give);
void domain_shared_settle(struct domain_loan *loan, struct domain *keeper);
unsigned int domain_shared_reown(struct domain *from, struct domain *to);
unsigned int domain_shared_reclaim(struct domain *d);
unsigned int domain_shared_count(const struct domain *d);

/* store: key to typed, versioned blob; the xarray's lock protects all of it */
struct domain_store {
	struct xarray blobs;
	size_t bytes;
};

#define DOMAIN_BLOB_MAX		(64U << 10)
#define DOMAIN_STORE_MAX	(1U << 20)

void domain_store_init(struct domain_store *store);
void domain_store_destroy(struct domain_store *store);
long domain_store_put(struct domain_store *store, unsigned long key, u32 type,
		      u32 version, const void *buf, size_t len, gfp_t gfp);
long domain_store_get(struct domain_store *store, unsigned long key, u32 type,
		      u32 version, void *buf, size_t len);

/* timers: the table is fixed, @lock orders arming against the last cancel */
struct domain_timer {
	struct hrtimer hrtimer;
	struct domain *domain;
	ktime_t period;
	bool armed;		/* if not, what expires calls nobody */
};

struct domain_timers {
	spinlock_t lock;	/* all below but the hrtimers' own */
	bool dead;		/* no arming any more */
	struct domain_timer timer[DOMAIN_MAX_TIMERS];
};

void domain_timers_init(struct domain *d);
long domain_timer_arm(struct domain *d, u64 id, u64 delay_ns, u64 period_ns);
long domain_timer_cancel(struct domain *d, u64 id);
unsigned int domain_timers_kill(struct domain *d);

/*
 * memory: one allocation holds the image; the kernel writes to it until it is
 * protected, and never after
 */
struct domain_memory {
	void *base;
	size_t size;
	unsigned long text, text_end;
	unsigned long rodata, rodata_end;
	unsigned long data, data_end;
};

struct domain_symbol {
	unsigned long addr;
	unsigned long size;
	u32 name;		/* offset in the names */
};

/*
 * The states of a domain. They change by cmpxchg in domain_claim() and by
 * whoever claimed it, under the lock of the slot that it was claimed for.
 *
 *	LOADED -> BINDING -> ACTIVE -> RETIRING -> RETIRED
 *	   |         |          `-> DEAD <-'          |
 *	   |         `-> FAILED <---'                 |
 *	   `--------------------+---------------------'-> UNLOADING
 *
 * A domain whose init() ran is not used a second time: its data is not what it
 * was in the image. DEAD is entered from any context, when a fault was
 * contained; callers leave it and what it obtained is taken back, as in
 * RETIRING, but none of its functions is called any more.
 */
enum domain_state {
	DOMAIN_LOADED,
	DOMAIN_BINDING,
	DOMAIN_ACTIVE,
	DOMAIN_RETIRING,
	DOMAIN_RETIRED,
	DOMAIN_FAILED,
	DOMAIN_UNLOADING,
	DOMAIN_DEAD,
	DOMAIN_NR_STATES,
};

/*
 * fault: what a domain died of, written once by whoever marked it dead; valid
 * when @what is not NULL
 */
#define DOMAIN_FAULT_STACK	16

struct domain_fault {
	const char *what;
	struct domain_slot *slot;	/* with a reference until the report */
	unsigned long ip, addr;
	int cpu;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	unsigned int nr;
	unsigned long stack[DOMAIN_FAULT_STACK];
	bool reported;
};

/*
 * The bytes of an image, which a domain, its successors after a crash and the
 * slot that would fall back to it have in common
 */
struct domain_file {
	refcount_t refs;
	bool is_signed;
	size_t heap_limit;	/* what it was loaded with */
	size_t len;
	u8 data[] __counted_by(len);
};

/*
 * A domain. What a call reads is written before the domain is published in its
 * slot and not changed while it can be called; @state as above; @slot is set
 * when the domain is claimed for it and stays.
 */
struct domain {
	/* what calls read */
	u32 id;
	struct domain_slot *slot;
	unsigned long stack_room;	/* DOMAIN_STACK_ROOM, see bounds.c */

	/* the rest */
	atomic_t state;
	refcount_t refs;
	u64 slot_serial;		/* @slot may be gone, see registry.c */
	const struct domain_interface *iface;
	struct domain_memory memory;
	struct domain_image_ops ops;	/* the kernel's copy, checked */
	struct domain_image_note note;
	struct domain_ledger ledger;
	struct list_head shared;	/* the lock of shared.c */
	unsigned int nr_shared;		/* its length, written under that lock */
	struct domain_timers timers;
	struct ratelimit_state prints;	/* lines of its own */
	u64 load_ns, validate_ns;
	struct domain_file *file;
	bool is_signed;
	bool is_checked;

	/* symbols.c */
	struct domain_symbol *symbols;
	unsigned int nr_symbols;
	char *symbol_names;
	struct list_head text_list;

	/* retirement, see update.c */
	atomic_t leaving;
	bool forget;			/* unload it then: nobody knows it */
	struct work_struct retire_work;
	struct completion retired;

	/* see fault.c */
	atomic_t dead;
	bool deposed;			/* it was the slot's when it died */
	u64 generation;			/* of the slot when it was bound */
	struct domain_fault fault;
	struct irq_work fault_irq_work;
	struct work_struct fault_work;
	struct work_struct recover_work;

	struct domain_kobj *kobj;	/* sysfs.c; NULL until it is shown */

	/* one function per method, never NULL */
	domain_fn_t method[];
};

/* Lines that a domain may print in DEFAULT_RATELIMIT_INTERVAL */
#define DOMAIN_PRINT_BURST	100

/* Private memory of one domain, in bytes */
#define DOMAIN_HEAP_DEFAULT	(16UL << 20)
#define DOMAIN_HEAP_MAX		(1UL << 30)

static inline bool domain_is_dead(const struct domain *d)
{
	return atomic_read(&d->dead);
}

struct domain *domain_load(const void *buf, size_t len, size_t heap_limit);
struct domain *domain_load_file(struct domain_file *file, bool show);
void domain_file_put(struct domain_file *file);
struct domain *domain_load_fd(int fd, size_t heap_limit);
struct domain *domain_alloc(const struct domain_interface *iface);
void domain_put(struct domain *d);
bool domain_claim(struct domain *d, enum domain_state from,
		  enum domain_state to);
int domain_unload(struct domain *d);
const char *domain_state_name(enum domain_state state);
int domain_signature_check(const void *buf, size_t *len, bool *is_signed);

/* symbols */
struct domain_image_layout;
int domain_symbols_add(struct domain *d, const void *buf,
		       const struct domain_image_layout *layout);
bool domain_has_text(const struct domain *d);
void domain_symbols_del(struct domain *d);
void domain_symbols_free(struct domain *d);

/*
 * slot
 *
 * @domain is never NULL: with nothing bound it is @empty, whose methods answer
 * -ENOSYS. It changes under @lock; callers read it in the way of the
 * interface's kind, see proxy.c, and update.c proves why that is enough.
 */
struct domain_slot {
	struct domain __rcu *domain;
	u64 __percpu *calls;
	union {
		struct srcu_struct srcu;	/* SRCU */
		struct percpu_ref users;	/* REF, REF_ATOMIC */
	};
	const struct domain_interface *iface;
	struct domain *empty;
	struct domain *interim;		/* answers while a successor is made */

	/* where process context waits for the end of an update */
	wait_queue_head_t reopened;
	void (*on_reopen)(void *arg);	/* under @lock */
	void *on_reopen_arg;		/* under @lock */
	struct completion drained;
	atomic_long_t busy;		/* calls refused during updates */
	atomic_long_t waited;		/* calls that waited for one */

	struct mutex lock;		/* binding; see the head of this file */
	bool checked_only;		/* demands checked images; under @lock */
	bool gone;			/* being destroyed; under @lock */
	u64 updates, rollbacks;		/* under @lock */
	u64 last_pause_ns, max_pause_ns;	/* under @lock */

	/* after a crash, see recover.c */
	enum domain_policy policy;	/* written under @lock */
	atomic_long_t faults;
	u64 generation;			/* domains it has had; under @lock */
	u64 recoveries;			/* under @lock */
	struct domain_file *previous;	/* under @lock */
	struct ratelimit_state restarts;

	struct domain_store store;
	char name[DOMAIN_NAME_LEN];
	u64 serial;			/* no other has or had it */
	struct list_head list;		/* the registry's lock */
	refcount_t refs;
	struct completion unused;	/* no reference left */
	struct domain_kobj *kobj;	/* sysfs.c */
	bool from_user;			/* created by a controller */
};

static inline bool domain_slot_is_ref(const struct domain_slot *slot)
{
	return slot->iface->kind == DOMAIN_KIND_REF ||
	       slot->iface->kind == DOMAIN_KIND_REF_ATOMIC;
}

struct domain_slot *domain_slot_new(const struct domain_interface *iface,
				    const char *name, bool from_user);
int domain_slot_destroy_user(struct domain_slot *slot);
void domain_slot_put(struct domain_slot *slot);

/* proxy: besides the calls of <linux/domain.h> */
long domain_call_timer(struct domain *d, u64 id);
void domain_slot_synchronize(struct domain_slot *slot);

/*
 * update: an empty slot is bound, and a bound one emptied, by an update from
 * or to no domain
 */
struct domain_update {
	struct domain *new;		/* NULL: leave the slot empty */
	u32 expected_old;		/* 0: the slot is empty */
	u64 deadline_ns;		/* of the time that callers are kept out */
	bool uninterruptible;		/* a task that was killed waits, too */
	bool recover;			/* the slot's domain is dead */
	/* results: phases in nanoseconds */
	u64 init_ns, drain_ns, transfer_ns, swap_ns, retire_ns, pause_ns;
	bool retiring;			/* the old one's last calls still run */
};

#define DOMAIN_DEADLINE_DEFAULT	NSEC_PER_SEC
#define DOMAIN_DEADLINE_MAX	(60 * NSEC_PER_SEC)

int domain_slot_update(struct domain_slot *slot, struct domain_update *update);
int domain_update_locked(struct domain_slot *slot, struct domain_update *update);
void domain_retire(struct domain *d);
void domain_retire_work(struct work_struct *work);

/* fault, recover */
#define DOMAIN_FAULT_LINE	128

/* Restarts of a slot in so many seconds; one more, and it stays empty */
#define DOMAIN_RESTART_INTERVAL	10
#define DOMAIN_RESTART_BURST	20

const char *domain_policy_name(enum domain_policy policy);
#ifdef CONFIG_DOMAIN_FAULT
void domain_fault_init(struct domain *d);
void domain_fault_flush(struct domain *d);
void domain_fault_published(struct domain *d);
int domain_fault_describe(const struct domain *d, char *buf, size_t size);
int domain_kill(struct domain *d, const char *what);
void domain_slot_recover(struct domain_slot *slot, struct domain *d);
void domain_watchdog_get(void);
void domain_watchdog_put(void);
unsigned int domain_watchdog_set_ms(unsigned int ms);
#if IS_ENABLED(CONFIG_KUNIT)
int domain_watchdog_online(unsigned int cpu);
int domain_watchdog_offline(unsigned int cpu);
#endif
#else
static inline void domain_watchdog_get(void)
{
}

static inline void domain_watchdog_put(void)
{
}

static inline void domain_fault_init(struct domain *d)
{
}

static inline void domain_fault_flush(struct domain *d)
{
}

static inline void domain_fault_published(struct domain *d)
{
}

static inline int domain_fault_describe(const struct domain *d, char *buf,
					size_t size)
{
	*buf = '\0';
	return 0;
}

static inline int domain_kill(struct domain *d, const char *what)
{
	return -EOPNOTSUPP;
}
#endif

/* registry */
extern struct mutex domain_registry_lock;
int domain_register(struct domain *d, bool show);
void domain_show(struct domain *d);
void domain_unregister(struct domain *d);
struct domain *domain_get(u32 id);
struct domain *domain_next_get(u32 id);
struct domain_interface *domain_interface_find(const char *name);
bool domain_interface_fits(const struct domain_interface *iface, u64 major,
			   u64 nr_methods, u64 hash);
int domain_slot_register(struct domain_slot *slot);
bool domain_slot_unregister(struct domain_slot *slot);
int domain_slot_unregister_unused(struct domain_slot *slot);
void domain_slot_notify(struct domain_slot *slot);
struct domain_slot *domain_slot_of(const struct domain *d);
struct domain_slot *domain_slot_get(const char *name);
struct domain_slot *domain_slot_next(struct domain_slot *prev);

/* sysfs; the objects' memory is not the kobjects' but their owners' */
struct domain_kobj {
	struct kobject kobj;
	void *owner;		/* struct domain or struct domain_slot */
};

void domain_sysfs_announce(struct domain_kobj *dk);
int domain_sysfs_add(struct domain *d);
void domain_sysfs_del(struct domain *d);
int domain_sysfs_add_slot(struct domain_slot *slot);
void domain_sysfs_del_slot(struct domain_slot *slot);
void domain_sysfs_put_slot(struct domain_slot *slot);
void domain_sysfs_notify(struct domain_slot *slot);
u64 domain_slot_calls(const struct domain_slot *slot);
u32 domain_slot_current(const struct domain_slot *slot);

/* service */
extern const struct domain_services domain_services;

#endif /* _KERNEL_DOMAIN_H */
