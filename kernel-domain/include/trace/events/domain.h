/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM domain

#if !defined(_TRACE_DOMAIN_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_DOMAIN_H

#include <linux/domain.h>
#include <linux/tracepoint.h>

int domain_trace_reg(void);
void domain_trace_unreg(void);

TRACE_EVENT_FN(domain_call,
	TP_PROTO(const char *slot, const struct domain_interface *iface, u32 id,
		 unsigned long nr),
	TP_ARGS(slot, iface, id, nr),
	TP_STRUCT__entry(
		__string(slot, slot)
		__string(iface, iface->name)
		__string(method, iface->methods[nr].name)
		__field(u32, id)
	),
	TP_fast_assign(
		__assign_str(slot);
		__assign_str(iface);
		__assign_str(method);
		__entry->id = id;
	),
	TP_printk("slot=%s domain=%u %s.%s", __get_str(slot), __entry->id,
		  __get_str(iface), __get_str(method)),
	domain_trace_reg, domain_trace_unreg
);

TRACE_EVENT_FN(domain_return,
	TP_PROTO(const char *slot, const struct domain_interface *iface, u32 id,
		 unsigned long nr, long ret),
	TP_ARGS(slot, iface, id, nr, ret),
	TP_STRUCT__entry(
		__string(slot, slot)
		__string(iface, iface->name)
		__string(method, iface->methods[nr].name)
		__field(u32, id)
		__field(long, ret)
	),
	TP_fast_assign(
		__assign_str(slot);
		__assign_str(iface);
		__assign_str(method);
		__entry->id = id;
		__entry->ret = ret;
	),
	TP_printk("slot=%s domain=%u %s.%s ret=%ld", __get_str(slot),
		  __entry->id, __get_str(iface), __get_str(method),
		  __entry->ret),
	domain_trace_reg, domain_trace_unreg
);

TRACE_EVENT(domain_load,
	TP_PROTO(const char *image, u32 id, size_t size, int ret),
	TP_ARGS(image, id, size, ret),
	TP_STRUCT__entry(
		__string(image, image)
		__field(u32, id)
		__field(size_t, size)
		__field(int, ret)
	),
	TP_fast_assign(
		__assign_str(image);
		__entry->id = id;
		__entry->size = size;
		__entry->ret = ret;
	),
	TP_printk("image=%s domain=%u size=%zu ret=%d", __get_str(image),
		  __entry->id, __entry->size, __entry->ret)
);

TRACE_EVENT(domain_update,
	TP_PROTO(const char *slot, u32 old, u32 new, u64 drain_ns,
		 u64 transfer_ns, u64 swap_ns, u64 pause_ns, int ret),
	TP_ARGS(slot, old, new, drain_ns, transfer_ns, swap_ns, pause_ns, ret),
	TP_STRUCT__entry(
		__string(slot, slot)
		__field(u32, old)
		__field(u32, new)
		__field(u64, drain_ns)
		__field(u64, transfer_ns)
		__field(u64, swap_ns)
		__field(u64, pause_ns)
		__field(int, ret)
	),
	TP_fast_assign(
		__assign_str(slot);
		__entry->old = old;
		__entry->new = new;
		__entry->drain_ns = drain_ns;
		__entry->transfer_ns = transfer_ns;
		__entry->swap_ns = swap_ns;
		__entry->pause_ns = pause_ns;
		__entry->ret = ret;
	),
	TP_printk("slot=%s old=%u new=%u drain=%llu transfer=%llu swap=%llu pause=%llu ret=%d",
		  __get_str(slot), __entry->old, __entry->new,
		  __entry->drain_ns, __entry->transfer_ns, __entry->swap_ns,
		  __entry->pause_ns, __entry->ret)
);

TRACE_EVENT(domain_retire,
	TP_PROTO(const char *slot, u32 id, unsigned int leaked, u64 ns),
	TP_ARGS(slot, id, leaked, ns),
	TP_STRUCT__entry(
		__string(slot, slot)
		__field(u32, id)
		__field(unsigned int, leaked)
		__field(u64, ns)
	),
	TP_fast_assign(
		__assign_str(slot);
		__entry->id = id;
		__entry->leaked = leaked;
		__entry->ns = ns;
	),
	TP_printk("slot=%s domain=%u leaked=%u ns=%llu", __get_str(slot),
		  __entry->id, __entry->leaked, __entry->ns)
);

TRACE_EVENT(domain_fault,
	TP_PROTO(const char *image, const char *slot, u32 id, const char *what,
		 unsigned long ip, unsigned long addr),
	TP_ARGS(image, slot, id, what, ip, addr),
	TP_STRUCT__entry(
		__string(image, image)
		__string(slot, slot)
		__string(what, what)
		__field(unsigned long, ip)
		__field(unsigned long, addr)
		__field(u32, id)
	),
	TP_fast_assign(
		__assign_str(image);
		__assign_str(slot);
		__assign_str(what);
		__entry->ip = ip;
		__entry->addr = addr;
		__entry->id = id;
	),
	TP_printk("image=%s slot=%s domain=%u what=\"%s\" ip=%pS addr=%#lx",
		  __get_str(image), __get_str(slot), __entry->id,
		  __get_str(what), (void *)__entry->ip, __entry->addr)
);

#endif /* _TRACE_DOMAIN_H */

#include <trace/define_trace.h>
