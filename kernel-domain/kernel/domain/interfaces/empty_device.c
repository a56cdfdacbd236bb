// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "empty_device" and /dev/domain_empty, a device whose domain counts
 * what passes through
 */
#include <linux/cleanup.h>
#include <linux/domain_empty_device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/domain.h>

DOMAIN_DEFINE_INTERFACE(empty_device, DOMAIN_EMPTY_DEVICE_METHODS);

/* The most that one read(2) or write(2) moves */
#define DOMAIN_EMPTY_CHUNK	SZ_64K

static_assert(sizeof(struct domain_empty_stat) == sizeof(struct domain_empty_info));

static struct domain_slot *domain_empty_slot;

/* An empty slot is a device that is not there */
static long domain_empty_result(long ret)
{
	return ret == -ENOSYS ? -ENXIO : ret;
}

static int domain_empty_open(struct inode *inode, struct file *file)
{
	long ret = domain_empty_device_open(domain_empty_slot);

	return ret < 0 ? domain_empty_result(ret) : 0;
}

static int domain_empty_release(struct inode *inode, struct file *file)
{
	domain_empty_device_release(domain_empty_slot);
	return 0;
}

static ssize_t domain_empty_read(struct file *file, char __user *ubuf,
				 size_t len, loff_t *pos)
{
	size_t n = min_t(size_t, len, DOMAIN_EMPTY_CHUNK);
	u8 *buf __free(kvfree) = kvzalloc(n, GFP_KERNEL);
	long ret;

	if (!buf)
		return -ENOMEM;
	ret = domain_empty_device_read(domain_empty_slot, buf, n);
	if (ret < 0)
		return domain_empty_result(ret);
	/* what the domain says is not to be trusted */
	n = min_t(size_t, ret, n);
	return copy_to_user(ubuf, buf, n) ? -EFAULT : n;
}

static ssize_t domain_empty_write(struct file *file, const char __user *ubuf,
				  size_t len, loff_t *pos)
{
	size_t n = min_t(size_t, len, DOMAIN_EMPTY_CHUNK);
	u8 *buf __free(kvfree) = vmemdup_user(ubuf, n);
	long ret;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	ret = domain_empty_device_write(domain_empty_slot, buf, n);
	return ret < 0 ? domain_empty_result(ret) : min_t(size_t, ret, n);
}

static long domain_empty_pass(u32 __user *arg, bool keep)
{
	struct domain_empty_buf *buf;
	struct domain_shared *obj;
	long ret;
	u32 len;

	if (get_user(len, arg))
		return -EFAULT;
	if (len > sizeof(buf->data))
		return -EINVAL;
	obj = domain_shared_alloc(sizeof(*buf), DOMAIN_EMPTY_BUF_TYPE,
				  GFP_KERNEL);
	if (!obj)
		return -ENOMEM;
	buf = domain_shared_data(obj);
	buf->len = len;
	memset(buf->data, 0x5a, len);
	if (keep)
		ret = domain_empty_device_keep(domain_empty_slot, obj);
	else
		ret = domain_empty_device_exchange(domain_empty_slot, obj);
	/* a buffer that was kept is the domain's */
	if (ret < 0 || !keep)
		domain_shared_free(obj);
	return domain_empty_result(ret);
}

static long domain_empty_stat(void __user *arg)
{
	struct domain_empty_info info = {};
	long ret = domain_empty_device_info(domain_empty_slot, &info);

	if (ret < 0)
		return domain_empty_result(ret);
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long domain_empty_ioctl(struct file *file, unsigned int cmd,
			       unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case DOMAIN_EMPTY_IOC_STAT:
		return domain_empty_stat(uarg);
	case DOMAIN_EMPTY_IOC_EXCHANGE:
		return domain_empty_pass(uarg, false);
	case DOMAIN_EMPTY_IOC_KEEP:
		return domain_empty_pass(uarg, true);
	case DOMAIN_EMPTY_IOC_DROP:
		return domain_empty_result(domain_empty_device_drop(domain_empty_slot));
	default:
		return -ENOTTY;
	}
}

static const struct file_operations domain_empty_fops = {
	.owner = THIS_MODULE,
	.open = domain_empty_open,
	.release = domain_empty_release,
	.read = domain_empty_read,
	.write = domain_empty_write,
	.unlocked_ioctl = domain_empty_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice domain_empty_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "domain_empty",
	.fops = &domain_empty_fops,
	.mode = 0600,
};

static int __init domain_empty_init(void)
{
	int ret;

	ret = domain_interface_register(&domain_empty_device_interface);
	if (ret)
		return ret;
	domain_empty_slot = domain_slot_create(&domain_empty_device_interface,
					       "empty_device");
	if (IS_ERR(domain_empty_slot)) {
		ret = PTR_ERR(domain_empty_slot);
		goto err_unregister;
	}
	ret = misc_register(&domain_empty_misc);
	if (ret)
		goto err_destroy;
	return 0;

err_destroy:
	domain_slot_destroy(domain_empty_slot);
err_unregister:
	domain_interface_unregister(&domain_empty_device_interface);
	return ret;
}
device_initcall(domain_empty_init);
