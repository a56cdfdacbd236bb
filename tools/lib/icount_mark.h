/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the shim and the plugin meet: calling one of these user addresses
 * starts or stops counting. An address works with every version of QEMU's
 * plugin interface, instruction bytes and registers do not.
 */
#define MARK_PAGE	0x5ca1ab1e0000UL
#define MARK_START	(MARK_PAGE + 0x100)
#define MARK_STOP	(MARK_PAGE + 0x200)
