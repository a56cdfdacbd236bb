// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: containing their faults
 *
 * A trap in the text of a domain ends the call, not the kernel: the trap
 * handler asks here before it makes an oops of it, and if the domain is to
 * blame, the registers are set so that the call returns from domain_gate() with
 * -EOWNERDEAD. What makes this possible is that everything between the gate and
 * the fault is the image's: its text holds no lock of the kernel's, has no
 * cleanup to be run, and what it obtained is in the ledger.
 *
 * Therefore the decision depends on the task's chain of frames, not on the
 * address of the fault: a call of NULL has the instruction pointer 0. A fault
 * is contained if
 *
 *  - the task is inside of a domain, and no service runs on its behalf: half of
 *    a service cannot be undone, the kernel may hold a lock there;
 *  - the instruction is the image's, or there is none: the image jumped to
 *    where nothing can be executed. A domain that jumped into the kernel's text
 *    runs kernel code in a state that nobody knows;
 *  - no interrupt runs on top of the domain: the counts of preempt_count() for
 *    interrupts are those at entry;
 *  - no lock is held that was not at entry.
 *
 * Preemption that was disabled and RCU readers that were entered since are
 * undone. Everything else is left to the oops, which names the domain.
 *
 * Then the domain is dead. This can happen in any context but a nested fault:
 * the handler takes no lock, and leaves the rest to a work:
 *
 *  - In the handler: the domain is marked, and taken out of its slot by cmpxchg,
 *    so that nobody enters it any more.
 *  - In the work: the text loses its execute permission, and with it whoever is
 *    still in there on another CPU, or sleeps in a service, comes out by the
 *    same way as the first at the next instruction of the image.
 *  - In another one: the slot follows its policy, see recover.c; the fault is
 *    reported. It takes the lock of the slot, under which a failed update waits
 *    for the first one of a successor that died in init(). If they were one work,
 *    that would still be no circle, since the domains are two; but lockdep tells
 *    works apart by what they do, not by whose they are.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kdebug.h>
#include <linux/kallsyms.h>
#include <linux/kasan.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/stacktrace.h>

#include <asm/domain.h>
#include <trace/events/domain.h>

#include "domain.h"
#include "memory.h"

/* The gate's own part of the stack: callee-saved registers, below the frame */
#define DOMAIN_GATE_STACK	1024UL

/* All that can be executed, which ends with a page */
static __always_inline bool domain_in_text(const struct domain *d,
					   unsigned long ip)
{
	return ip >= d->memory.text && ip < PAGE_ALIGN(d->memory.text_end);
}

/**
 * domain_fault_in_image - is this the text of the domain that runs?
 * @ip: an instruction pointer
 *
 * For trap handlers that must know before they have entered properly.
 *
 * Context: any, of the task; may not be instrumented.
 * Return: whether it is.
 */
noinstr bool domain_fault_in_image(unsigned long ip)
{
	const struct domain_frame *frame = current->domain_frame;

	/* an overflow that reaches ->domain has gone over ->task */
	return frame && frame->task == current &&
	       domain_in_text(frame->domain, ip);
}

/*
 * The frame is on the stack, where a wild store may have hit it. That the gate
 * can return by it cannot be known, but what is obviously wrong can.
 */
static bool domain_frame_sane(const struct domain_frame *frame)
{
	unsigned long addr = (unsigned long)kasan_reset_tag(frame);

	if (!IS_ALIGNED(addr, sizeof(long)))
		return false;
	if (addr - (unsigned long)task_stack_page(current) >=
	    THREAD_SIZE - sizeof(*frame) && !arch_domain_stack_left(addr))
		return false;
	return frame->task == current && IS_ALIGNED(frame->sp, sizeof(long)) &&
	       addr - frame->sp - 1 < DOMAIN_GATE_STACK;
}

/* Is it the domain that faulted? */
static bool domain_is_to_blame(const struct domain_frame *frame,
			       unsigned long ip, unsigned int flags)
{
	if (frame->in_service)
		return false;
	/* an interrupt may also hit the kernel's own use of a thunk */
	if (flags & DOMAIN_FAULT_IRQ)
		return domain_in_text(frame->domain, ip);
	return (flags & DOMAIN_FAULT_FETCH) ||
	       domain_in_text(frame->domain, ip) ||
	       arch_domain_in_thunk(ip) || domain_text_address(ip);
}

static int domain_rcu_excess(const struct domain_frame *frame)
{
#ifdef CONFIG_PREEMPT_RCU
	return current->rcu_read_lock_nesting - frame->rcu_nesting;
#else
	return 0;
#endif
}

static int domain_lock_excess(const struct domain_frame *frame)
{
#ifdef CONFIG_LOCKDEP
	return current->lockdep_depth - frame->lockdep_depth;
#else
	return 0;
#endif
}

/*
 * Without CONFIG_PREEMPT_RCU a reader is one more in the preempt count, with
 * which it is undone, but lockdep has it on record.
 */
static void domain_forget_readers(const struct domain_frame *frame)
{
#if defined(CONFIG_DEBUG_LOCK_ALLOC) && !defined(CONFIG_PREEMPT_RCU)
	const struct task_struct *task = current;
	int excess = domain_lock_excess(frame);

	/* no more often than that: if lockdep is off, it forgets nothing */
	while (excess-- > 0 &&
	       task->held_locks[task->lockdep_depth - 1].instance == &rcu_lock_map)
		rcu_lock_release(&rcu_lock_map);
#endif
}

/* Make the context what it was at entry, or say that it cannot be done */
static bool domain_unwind(const struct domain_frame *frame, unsigned int flags)
{
	int preempt, rcu = domain_rcu_excess(frame);
	int count = preempt_count();

	if (flags & DOMAIN_FAULT_NMI)
		count -= NMI_OFFSET + HARDIRQ_OFFSET;
	if (flags & DOMAIN_FAULT_IRQ)
		count -= HARDIRQ_OFFSET;
	if (flags & DOMAIN_FAULT_DEBUG)
		count -= PREEMPT_DISABLE_OFFSET;
	preempt = count - frame->preempt_count;
	if (((count ^ frame->preempt_count) & ~PREEMPT_MASK) || preempt < 0 ||
	    rcu < 0)
		return false;
	/* a reader that ends may have to take locks */
	if (rcu && (flags & DOMAIN_FAULT_NMI))
		return false;
	while (rcu--)
		rcu_read_unlock();
	if (!(flags & DOMAIN_FAULT_NMI))
		domain_forget_readers(frame);
	if (domain_lock_excess(frame))
		return false;
	if (preempt)
		preempt_count_sub(preempt);
	return true;
}

/*
 * No more callers; those inside come out when the work revokes the text. An
 * update that goes on meanwhile, under the lock of the slot, stores its
 * successor over whatever it finds.
 *
 * The reference comes first: who finds the stub in the slot may destroy it. If
 * there is none to be had, the slot is being freed and the domain not its own.
 */
static void domain_depose(struct domain *d)
{
	struct domain_slot *slot = READ_ONCE(d->slot);
	struct domain *stub, *found;

	if (!domain_claim(d, DOMAIN_ACTIVE, DOMAIN_DEAD))
		domain_claim(d, DOMAIN_RETIRING, DOMAIN_DEAD);
	if (!slot || !refcount_inc_not_zero(&slot->refs))
		return;
	stub = READ_ONCE(slot->policy) == DOMAIN_POLICY_EMPTY ? slot->empty :
								slot->interim;
	found = unrcu_pointer(cmpxchg(&slot->domain, RCU_INITIALIZER(d),
				      RCU_INITIALIZER(stub)));
	if (found == d)
		WRITE_ONCE(d->deposed, true);
	else
		domain_slot_put(slot);
}

static void domain_record(struct domain_fault *fault, struct pt_regs *regs,
			  const char *what, unsigned long addr)
{
	fault->ip = regs ? instruction_pointer(regs) : 0;
	fault->addr = addr;
	fault->cpu = raw_smp_processor_id();
	fault->pid = task_pid_nr(current);
	get_task_comm(fault->comm, current);
	if (regs)
		fault->nr = stack_trace_save_regs(regs, fault->stack,
						  ARRAY_SIZE(fault->stack), 0);
	/* pairs with domain_fault_describe() */
	smp_store_release(&fault->what, what);
}

/* Of those who fault at the same time, one is the first */
static bool domain_mark_dead(struct domain *d, struct pt_regs *regs,
			     const char *what, unsigned long addr)
{
	struct domain_slot *slot;

	if (atomic_cmpxchg(&d->dead, 0, 1))
		return false;
	/* first: until then, others enter it */
	domain_depose(d);
	slot = READ_ONCE(d->slot);
	if (slot && !refcount_inc_not_zero(&slot->refs))
		slot = NULL;
	if (slot)
		atomic_long_inc(&slot->faults);
	d->fault.slot = slot;
	domain_record(&d->fault, regs, what, addr);
	trace_domain_fault(d->note.name, slot ? slot->name : "", d->id, what,
			   d->fault.ip, addr);
	irq_work_queue(&d->fault_irq_work);
	return true;
}

/**
 * __domain_handle_fault - contain a fault of a task that is inside of a domain
 * @regs: registers at the fault, of kernel mode
 * @what: what kind of fault it is; the string stays
 * @addr: the address that could not be accessed, or 0
 * @flags: DOMAIN_FAULT_*
 *
 * Context: as domain_handle_fault(), which asks for the chain first.
 * Return: as domain_handle_fault().
 */
bool __domain_handle_fault(struct pt_regs *regs, const char *what,
			   unsigned long addr, unsigned int flags)
{
	struct domain_frame *frame = current->domain_frame;

	if (!domain_frame_sane(frame) ||
	    !domain_is_to_blame(frame, instruction_pointer(regs), flags) ||
	    !domain_unwind(frame, flags))
		return false;
	if (domain_refused_store(frame, &addr))
		what = "store outside of its memory";
	domain_mark_dead(frame->domain, regs, what, addr);
	arch_domain_resume(regs, frame->sp, frame->irqflags, -EOWNERDEAD);
	return true;
}

/**
 * domain_fault_published - a domain is in its slot: did it die on the way?
 * @d: the domain
 *
 * Whoever marks a domain dead looks then whether it is in its slot. Whoever
 * puts it there looks then whether it is dead. One of them finds it so.
 *
 * Context: process context, under the lock of the slot.
 */
void domain_fault_published(struct domain *d)
{
	/* pairs with the cmpxchg of domain_mark_dead() */
	smp_mb();
	if (!domain_is_dead(d))
		return;
	domain_depose(d);
	irq_work_queue(&d->fault_irq_work);
}

/**
 * domain_kill - end a domain as if it had faulted
 * @d: the domain
 * @what: the reason, for the report; the string stays
 *
 * Calls that are under way end with -EOWNERDEAD at the next instruction of the
 * image, loops included; a service that runs is completed first.
 *
 * Context: any.
 * Return: 0; -ESRCH if it is dead already, or nobody can be inside of it.
 */
int domain_kill(struct domain *d, const char *what)
{
	/*
	 * The slot of a domain that is not RETIRED yet is there, and is freed a
	 * grace period after it was given up.
	 */
	guard(rcu)();
	switch (atomic_read(&d->state)) {
	case DOMAIN_LOADED:
		/* no number yet: it may be at its entry point, and not come back */
		if (d->id != DOMAIN_ID_KERNEL)
			return -ESRCH;
		fallthrough;
	case DOMAIN_ACTIVE:
	case DOMAIN_BINDING:
	case DOMAIN_RETIRING:
		return domain_mark_dead(d, NULL, what, 0) ? 0 : -ESRCH;
	default:
		return -ESRCH;
	}
}

/**
 * domain_fault_describe - what a domain died of, in one line
 * @d: the domain
 * @buf: filled in
 * @size: its size, 1 or more
 *
 * Context: any.
 * Return: the length of the line, 0 if the domain did not die.
 */
int domain_fault_describe(const struct domain *d, char *buf, size_t size)
{
	const struct domain_fault *fault = &d->fault;
	/* pairs with domain_record() */
	const char *what = smp_load_acquire(&fault->what);

	*buf = '\0';
	if (!what)
		return 0;
	if (!fault->ip && !fault->nr)
		return scnprintf(buf, size, "%s", what);
	return scnprintf(buf, size, "%s at %pS, address %#lx", what,
			 (void *)fault->ip, fault->addr);
}

static void domain_fault_report(const struct domain *d)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);
	const struct domain_fault *fault = &d->fault;
	const struct domain_slot *slot = fault->slot;
	char line[DOMAIN_FAULT_LINE];
	unsigned int i;

	if (!__ratelimit(&limit))
		return;
	domain_fault_describe(d, line, sizeof(line));
	pr_err("domain %s %s (%u): %s; CPU %d, task %s (%d); slot %s, policy %s\n",
	       d->note.name, d->note.version, d->id, line, fault->cpu,
	       fault->comm, fault->pid, slot ? slot->name : "-",
	       slot ? domain_policy_name(slot->policy) : "-");
	for (i = 0; i < fault->nr; i++) {
		/* up to the gate; above it, it is the caller's business */
		if (fault->stack[i] == (unsigned long)domain_gate_return)
			break;
		pr_err("domain %s (%u):   %pS\n", d->note.name, d->id,
		       (void *)fault->stack[i]);
	}
}

static void domain_fault_irq_work(struct irq_work *irq_work)
{
	struct domain *d = container_of(irq_work, struct domain, fault_irq_work);

	/*
	 * No queue with a rescuer: to change what is executable may flush a
	 * work of vmalloc's, which has none either.
	 */
	queue_work(system_dfl_wq, &d->fault_work);
}

static void domain_fault_conclude(struct domain *d)
{
	/* pairs with domain_record(), after which fault_work is queued again */
	if (!smp_load_acquire(&d->fault.what) || xchg(&d->fault.reported, true))
		return;
	/* what it wrote before it faulted, nobody knows */
	add_taint(TAINT_DOMAIN, LOCKDEP_STILL_OK);
	domain_fault_report(d);
	if (d->fault.slot)
		domain_slot_put(d->fault.slot);
}

static void domain_recover_work(struct work_struct *work)
{
	struct domain *d = container_of(work, struct domain, recover_work);

	/* first: callers wait for the successor, and should not for a console */
	domain_slot_recover(d->slot, d);
	domain_fault_conclude(d);
}

static void domain_fault_work(struct work_struct *work)
{
	struct domain *d = container_of(work, struct domain, fault_work);

	domain_memory_revoke(&d->memory);
	/* once, however often this is queued */
	if (xchg(&d->deposed, false))
		queue_work(system_dfl_wq, &d->recover_work);
	else
		domain_fault_conclude(d);
}

/**
 * domain_fault_init - prepare a domain for its faults
 * @d: the domain
 */
void domain_fault_init(struct domain *d)
{
	/* on PREEMPT_RT, callers that try again would starve the thread of others */
	d->fault_irq_work = IRQ_WORK_INIT_HARD(domain_fault_irq_work);
	INIT_WORK(&d->fault_work, domain_fault_work);
	INIT_WORK(&d->recover_work, domain_recover_work);
}

/**
 * domain_fault_flush - wait until a fault has been dealt with
 * @d: the domain, which nobody enters any more
 *
 * Context: process context. May sleep. Not under the lock of a slot that the
 * domain was bound to.
 */
void domain_fault_flush(struct domain *d)
{
	irq_work_sync(&d->fault_irq_work);
	flush_work(&d->fault_work);
	flush_work(&d->recover_work);
}

/*
 * What cannot be contained is an oops like any other, but it should say whose
 * it is.
 */
static int domain_die(struct notifier_block *nb, unsigned long reason, void *data)
{
	const struct domain_frame *frame = current->domain_frame;

	if (reason != DIE_OOPS || !frame || !domain_frame_sane(frame))
		return NOTIFY_DONE;
	pr_emerg("domain %s %s (%u): inside of it%s, not contained\n",
		 frame->domain->note.name, frame->domain->note.version,
		 frame->domain->id, frame->in_service ? ", in a service" : "");
	return NOTIFY_DONE;
}

static struct notifier_block domain_die_nb = {
	.notifier_call = domain_die,
};

static int __init domain_fault_setup(void)
{
	return register_die_notifier(&domain_die_nb);
}
core_initcall(domain_fault_setup);
