// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "empty_device" and /dev/domain_empty, a device whose domain counts
 * what passes through
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/domain_empty_device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/kdev_t.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <uapi/linux/domain.h>

DOMAIN_DEFINE_INTERFACE(empty_device, DOMAIN_EMPTY_DEVICE_METHODS);

/* The most that one read(2) or write(2) moves */
#define DOMAIN_EMPTY_CHUNK	SZ_64K

/* A domain that says -EBUSY by itself gives no endless loop */
#define DOMAIN_EMPTY_RETRIES	100

static_assert(sizeof(struct domain_empty_stat) == sizeof(struct domain_empty_info));

static struct domain_slot *domain_empty_slot;

/* An empty slot is a device that is not there */
static long domain_empty_result(long ret)
{
	if (ret == -ENOSYS)
		return -ENXIO;
	return ret < 0 ? domain_errno(ret) : ret;
}

/* A worker gets no signals */
static void domain_empty_release_work(struct work_struct *work)
{
	unsigned int retries = DOMAIN_EMPTY_RETRIES;

	while (domain_empty_device_release(domain_empty_slot) == -EBUSY &&
	       --retries)
		domain_slot_wait(domain_empty_slot);
	kfree(work);
}

static int domain_empty_open(struct inode *inode, struct file *file)
{
	struct work_struct *work __free(kfree) = kmalloc_obj(*work);
	long ret;

	if (!work)
		return -ENOMEM;
	ret = domain_empty_device_open(domain_empty_slot);
	if (ret < 0)
		return domain_empty_result(ret);
	INIT_WORK(work, domain_empty_release_work);
	file->private_data = no_free_ptr(work);
	return 0;
}

/* Nobody closes the file a second time, so the domain has to learn of this one */
static int domain_empty_release(struct inode *inode, struct file *file)
{
	struct work_struct *work = file->private_data;
	long ret = domain_empty_device_release(domain_empty_slot);

	/*
	 * Not called: the task was killed, the domain has no successor yet, or
	 * the stack is too short.
	 */
	if (ret == -EINTR || ret == -EBUSY || ret == -ENOBUFS)
		queue_work(system_dfl_wq, work);
	else
		kfree(work);
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

static char *domain_empty_devnode(const struct device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0600;
	return NULL;
}

static const struct class domain_empty_class = {
	.name = "domain_empty",
	.devnode = domain_empty_devnode,
};

/*
 * No misc device: those are opened under a lock of all of them, /dev/domain
 * included, and the domain's open() takes as long as it likes.
 */
static int __init domain_empty_add_device(void)
{
	struct device *dev;
	int major, ret;

	major = __register_chrdev(0, 0, 1, "domain_empty", &domain_empty_fops);
	if (major < 0)
		return major;
	ret = class_register(&domain_empty_class);
	if (ret)
		goto err_chrdev;
	dev = device_create(&domain_empty_class, NULL, MKDEV(major, 0), NULL,
			    "domain_empty");
	if (!IS_ERR(dev))
		return 0;
	ret = PTR_ERR(dev);
	class_unregister(&domain_empty_class);
err_chrdev:
	__unregister_chrdev(major, 0, 1, "domain_empty");
	return ret;
}

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
	ret = domain_empty_add_device();
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
