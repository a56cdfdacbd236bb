// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "command": its slots are made and called by controllers, see
 * DOMAIN_IOC_SLOT_CREATE and DOMAIN_IOC_CALL
 */
#include <linux/domain_command.h>
#include <linux/init.h>

DOMAIN_DEFINE_INTERFACE(command, DOMAIN_COMMAND_METHODS);

static int __init domain_command_init(void)
{
	domain_command_interface.user_slots = true;
	return domain_interface_register(&domain_command_interface);
}
subsys_initcall(domain_command_init);
