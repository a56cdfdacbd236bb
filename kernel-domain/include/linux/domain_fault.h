/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the architectures' trap handlers ask before they give up, and what is left
 * to do when they do
 */
#ifndef _LINUX_DOMAIN_FAULT_H
#define _LINUX_DOMAIN_FAULT_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/sched.h>

struct pt_regs;

/* The instruction at the address in @regs could not be fetched */
#define DOMAIN_FAULT_FETCH	BIT(0)
/* The handler counts as one of an NMI, see __nmi_enter() */
#define DOMAIN_FAULT_NMI	BIT(1)
/* There is no fault: the handler is that of a hard interrupt */
#define DOMAIN_FAULT_IRQ	BIT(2)
/* The handler has disabled preemption */
#define DOMAIN_FAULT_DEBUG	BIT(3)

/* Where a call comes back from a domain, with its result in place */
extern const char domain_gate_return[];

#ifdef CONFIG_DOMAIN_FAULT
bool __domain_handle_fault(struct pt_regs *regs, const char *what,
			   unsigned long addr, unsigned int flags);
bool domain_fault_in_image(unsigned long ip);

/**
 * domain_handle_fault - contain a fault of the kernel's if a domain made it
 * @regs: registers at the fault, of kernel mode
 * @what: what kind of fault it is; the string stays
 * @addr: the address that could not be accessed, or 0
 * @flags: DOMAIN_FAULT_*
 *
 * Context: the trap handler, with interrupts as at the fault or disabled, before
 * anything is done that a return to other registers would not undo.
 * Return: whether @regs lead out of the domain and the handler shall return.
 */
static __always_inline bool domain_handle_fault(struct pt_regs *regs,
						const char *what,
						unsigned long addr,
						unsigned int flags)
{
	return unlikely(current->domain_frame) &&
	       __domain_handle_fault(regs, what, addr, flags);
}
#else
static inline bool domain_fault_in_image(unsigned long ip)
{
	return false;
}

static inline bool domain_handle_fault(struct pt_regs *regs, const char *what,
				       unsigned long addr, unsigned int flags)
{
	return false;
}
#endif

#ifdef CONFIG_DOMAIN
/**
 * domain_task_dead - forget what domains a task is inside of, which dies of an oops
 * @task: the task, which is the current one
 *
 * It never comes back to them. Their frames are on its stack, which may begin
 * anew for what it still has to do, and then are overwritten.
 *
 * Context: the task itself, before it sleeps.
 */
static inline void domain_task_dead(struct task_struct *task)
{
	WRITE_ONCE(task->domain_frame, NULL);
}
#else
static inline void domain_task_dead(struct task_struct *task)
{
}
#endif

#endif /* _LINUX_DOMAIN_FAULT_H */
