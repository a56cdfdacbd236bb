/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every setting of a cnull device, once. This file is included several times,
 * each time with another definition of
 *
 *	CNULL_ATTR(type, name, param, default, min, max, flags, help)
 *
 * and yields the members of struct cnull_config, the table that parsing and
 * checking use, the module parameters, the configfs attributes and the
 * "features" line. To add a setting, add a line here and use conf->name.
 *
 * type is bool, int, uint or ulong; name is the configfs attribute; param the
 * module parameter that sets the default of devices created later. min and max
 * are inclusive and ignored for bool. flags: enum cnull_attr_flags. Names and
 * defaults are null_blk's.
 */
CNULL_ATTR(bool, badblocks_once, badblocks_once, false, 0, 1, 0,
	   "A bad block is good again once an access has failed")
CNULL_ATTR(bool, badblocks_partial_io, badblocks_partial_io, false, 0, 1, 0,
	   "Move the data before a bad block, although the access fails")
CNULL_ATTR(bool, blocking, blocking, false, 0, 1, 0,
	   "Let ->queue_rq() sleep (BLK_MQ_F_BLOCKING)")
CNULL_ATTR(uint, blocksize, bs, 512, SECTOR_SIZE, BLK_MAX_BLOCK_SIZE,
	   CNULL_ATTR_POW2,
	   "Logical and physical block size in bytes")
CNULL_ATTR(ulong, cache_size, cache_size, 0, 0, ULONG_MAX >> 20, 0,
	   "Size of the volatile write cache in MiB, 0 for none; needs memory_backed")
CNULL_ATTR(ulong, completion_nsec, completion_nsec, 10000, 0, LONG_MAX, 0,
	   "Time to complete a request in ns, with irqmode=2")
CNULL_ATTR(bool, discard, discard, false, 0, 1, 0,
	   "Support discard; needs memory_backed")
CNULL_ATTR(bool, fua, fua, true, 0, 1, 0,
	   "Support FUA writes; needs cache_size")
CNULL_ATTR(int, home_node, home_node, NUMA_NO_NODE, NUMA_NO_NODE,
	   MAX_NUMNODES - 1, 0,
	   "NUMA node of queues, requests and data, -1 for none")
CNULL_ATTR(uint, hw_queue_depth, hw_queue_depth, 64, 1, BLK_MQ_MAX_DEPTH, 0,
	   "Number of requests in flight per hardware queue")
CNULL_ATTR(uint, irqmode, irqmode, CNULL_IRQ_SOFTIRQ, CNULL_IRQ_NONE,
	   CNULL_IRQ_TIMER, 0,
	   "How requests complete: 0 inline, 1 softirq, 2 timer")
CNULL_ATTR(uint, max_sectors, max_sectors, 0, 0, UINT_MAX, 0,
	   "Largest request in 512-byte sectors, 0 for no limit of the device")
CNULL_ATTR(uint, mbps, mbps, 0, 0, UINT_MAX, 0,
	   "Largest bandwidth in MiB/s, 0 for no limit")
CNULL_ATTR(bool, memory_backed, memory_backed, false, 0, 1, 0,
	   "Keep written data in memory; otherwise writes are dropped")
CNULL_ATTR(bool, no_sched, no_sched, false, 0, 1, 0,
	   "Start with the I/O scheduler none")
CNULL_ATTR(ulong, pattern, pattern, 0, 0, LONG_MAX, 0,
	   "Reads return a pattern with this seed, 0 for none; not with memory_backed")
CNULL_ATTR(uint, poll_queues, poll_queues, 1, 0, UINT_MAX, CNULL_ATTR_LIVE,
	   "Number of polled hardware queues, at most one per possible CPU")
CNULL_ATTR(uint, queue_mode, queue_mode, CNULL_Q_MQ, CNULL_Q_BIO, CNULL_Q_MQ, 0,
	   "Interface to the block layer: 0 for bios, 2 for blk-mq")
CNULL_ATTR(bool, rotational, rotational, false, 0, 1, 0,
	   "Claim to be a rotating disk")
CNULL_ATTR(bool, shared_tag_bitmap, shared_tag_bitmap, false, 0, 1, 0,
	   "One set of tags for all hardware queues")
CNULL_ATTR(bool, shared_tags, shared_tags, false, 0, 1, 0,
	   "One tag set, made from the module parameters, for all such devices")
CNULL_ATTR(ulong, size, gb, 250 * 1024, 1, CNULL_MAX_SIZE_MIB,
	   CNULL_ATTR_PARAM_GIB,
	   "Size: attribute in MiB, parameter in GiB")
CNULL_ATTR(bool, stats, stats, false, 0, 1, 0,
	   "Count what the device does; see debugfs")
CNULL_ATTR(uint, submit_queues, submit_queues, 1, 1, UINT_MAX, CNULL_ATTR_LIVE,
	   "Number of hardware queues, at most one per possible CPU")
CNULL_ATTR(bool, use_per_node_hctx, use_per_node_hctx, false, 0, 1, 0,
	   "One hardware queue per online NUMA node, overrides submit_queues")
CNULL_ATTR(bool, virt_boundary, virt_boundary, false, 0, 1, 0,
	   "No gaps between the segments of a request, as NVMe asks for")
CNULL_ATTR(uint, zone_append_max_sectors, zone_append_max_sectors, INT_MAX, 0,
	   UINT_MAX, 0,
	   "Largest zone append in 512-byte sectors, 0 to emulate it with writes")
CNULL_ATTR(ulong, zone_capacity, zone_capacity, 0, 0, CNULL_MAX_ZONE_MIB, 0,
	   "Usable size of a zone in MiB, 0 for zone_size")
CNULL_ATTR(bool, zone_full, zone_full, false, 0, 1, 0,
	   "Start with all sequential zones full")
CNULL_ATTR(uint, zone_max_active, zone_max_active, 0, 0, UINT_MAX, 0,
	   "Largest number of active zones, 0 for no limit")
CNULL_ATTR(uint, zone_max_open, zone_max_open, 0, 0, UINT_MAX, 0,
	   "Largest number of open zones, 0 for no limit")
CNULL_ATTR(uint, zone_nr_conv, zone_nr_conv, 0, 0, UINT_MAX, 0,
	   "Number of conventional zones, at the start")
CNULL_ATTR(ulong, zone_size, zone_size, 256, 1, CNULL_MAX_ZONE_MIB,
	   CNULL_ATTR_POW2,
	   "Size of a zone in MiB")
CNULL_ATTR(bool, zoned, zoned, false, 0, 1, 0,
	   "Be a host-managed zoned device")
