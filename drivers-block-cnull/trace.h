/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of cnull: what happens to the zones of a zoned disk. The fields and
 * the text, with its two spaces, are those of null_blk's nullb_zone_op and
 * nullb_report_zones.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cnull

#if !defined(_CNULL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _CNULL_TRACE_H

#include <linux/blkdev.h>
#include <linux/tracepoint.h>

TRACE_EVENT(cnull_zone_op,
	    TP_PROTO(struct gendisk *disk, enum req_op op, unsigned int zone_no,
		     unsigned int zone_cond),
	    TP_ARGS(disk, op, zone_no, zone_cond),
	    TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		/* enum req_op is a bitwise type, which __field() cannot hold. */
		__field_struct(enum req_op, op)
		__field(unsigned int, zone_no)
		__field(unsigned int, zone_cond)
	    ),
	    TP_fast_assign(
		strscpy_pad(__entry->disk, disk ? disk->disk_name : "",
			    DISK_NAME_LEN);
		__entry->op = op;
		__entry->zone_no = zone_no;
		__entry->zone_cond = zone_cond;
	    ),
	    TP_printk("disk=%s,  req=%-15s zone_no=%u zone_cond=%-10s",
		      __entry->disk, blk_op_str(__entry->op), __entry->zone_no,
		      blk_zone_cond_str(__entry->zone_cond))
);

TRACE_EVENT(cnull_report_zones,
	    TP_PROTO(struct gendisk *disk, unsigned int nr_zones),
	    TP_ARGS(disk, nr_zones),
	    TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__field(unsigned int, nr_zones)
	    ),
	    TP_fast_assign(
		strscpy_pad(__entry->disk, disk->disk_name, DISK_NAME_LEN);
		__entry->nr_zones = nr_zones;
	    ),
	    TP_printk("disk=%s,  nr_zones=%u", __entry->disk, __entry->nr_zones)
);

#endif /* _CNULL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

/* This part must be outside protection */
#include <trace/define_trace.h>
