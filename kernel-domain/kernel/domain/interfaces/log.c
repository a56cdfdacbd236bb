// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "log" and /dev/domain_log: each write(2) is a line for the domain
 */
#include <linux/cleanup.h>
#include <linux/domain_log.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kern_levels.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/uaccess.h>

DOMAIN_DEFINE_INTERFACE(log, DOMAIN_LOG_METHODS);

static struct domain_slot *domain_log_slot;

static ssize_t domain_log_dev_write(struct file *file, const char __user *ubuf,
				    size_t len, loff_t *pos)
{
	size_t n = min_t(size_t, len, DOMAIN_LOG_LINE);
	char line[DOMAIN_LOG_LINE];
	long ret;

	if (copy_from_user(line, ubuf, n))
		return -EFAULT;
	ret = domain_log_write(domain_log_slot, LOGLEVEL_INFO, line,
			       n && line[n - 1] == '\n' ? n - 1 : n);
	if (ret == -ENOSYS)
		return -ENXIO;
	return ret < 0 ? domain_errno(ret) : n;
}

static const struct file_operations domain_log_fops = {
	.owner = THIS_MODULE,
	.write = domain_log_dev_write,
	.llseek = noop_llseek,
};

static struct miscdevice domain_log_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "domain_log",
	.fops = &domain_log_fops,
	.mode = 0600,
};

static int __init domain_log_init(void)
{
	int ret;

	ret = domain_interface_register(&domain_log_interface);
	if (ret)
		return ret;
	domain_log_slot = domain_slot_create(&domain_log_interface, "log");
	if (IS_ERR(domain_log_slot)) {
		ret = PTR_ERR(domain_log_slot);
		goto err_unregister;
	}
	ret = misc_register(&domain_log_misc);
	if (ret)
		goto err_destroy;
	return 0;

err_destroy:
	domain_slot_destroy(domain_log_slot);
err_unregister:
	domain_interface_unregister(&domain_log_interface);
	return ret;
}
device_initcall(domain_log_init);
