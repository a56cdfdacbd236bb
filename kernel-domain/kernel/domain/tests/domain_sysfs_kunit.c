// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of /sys/kernel/domain: what each attribute says, that none can be
 * written, that there are no others, and that they go with what they show
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "domain_test.h"
#include "domain_vfs_test.h"

#define SYSFS_DOMAIN	"kernel/domain/domains/%u"
#define SYSFS_SLOT	"kernel/domain/slots/kunit"

struct sysfs_env {
	struct vfsmount *mnt;
	struct domain_slot *slot;
	struct domain *d;
};

/* An attribute, and what it is expected to say */
struct sysfs_attr {
	const char *name, *text;
};

static int domain_sysfs_test_init(struct kunit *test)
{
	struct sysfs_env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, env);
	env->mnt = vfs_test_mount(test, "sysfs");
	env->slot = test_slot(test, &domain_test_ref_interface);
	env->d = test_domain(test, &domain_test_ref_interface, 0);
	test->priv = env;
	return 0;
}

static void domain_sysfs_test_exit(struct kunit *test)
{
	struct sysfs_env *env = test->priv;

	if (!env || !env->d)
		return;
	if (domain_slot_current(env->slot))
		KUNIT_EXPECT_EQ(test, 0, test_update(env->slot, NULL, env->d->id));
	kunit_domain_forget(env->d);
}

static const char *sysfs_domain(struct kunit *test, u32 id, const char *name)
{
	struct sysfs_env *env = test->priv;

	return vfs_test_read(test, env->mnt, SYSFS_DOMAIN "/%s", id, name);
}

static const char *sysfs_slot(struct kunit *test, const char *name)
{
	struct sysfs_env *env = test->priv;

	return vfs_test_read(test, env->mnt, SYSFS_SLOT "/%s", name);
}

static void domain_sysfs_test_domain(struct kunit *test)
{
	struct sysfs_env *env = test->priv;
	struct domain *d = env->d;
	const size_t cost = domain_ledger_cost(100, sizeof(struct domain_entry));
	const struct sysfs_attr attrs[] = {
		{ "image", "kunit\n" },
		{ "version", "1.2~rc3\n" },
		{ "interface", "test_ref 4.5\n" },
		{ "state", "active\n" },
		{ "signed", "1\n" },
		{ "checked", "1\n" },
		{ "size", "12288\n" },
		{ "heap_limit", "65536\n" },
		{ "heap_bytes", vfs_test_format(test, "%zu\n", cost) },
		{ "heap_peak", vfs_test_format(test, "%zu\n", 2 * cost) },
		{ "allocations", "1\n" },
		{ "shared_objects", "0\n" },
		{ "refused_frees", "1\n" },
		{ "leaked", "0\n" },
		{ "fault", "\n" },
	};
	void *p, *q;
	int i;

	strscpy(d->note.version, "1.2~rc3");
	d->note.interface_major = 4;
	d->note.interface_minor = 5;
	d->is_signed = true;
	d->is_checked = true;
	d->memory.size = 12288;
	d->ledger.limit = SZ_64K;
	KUNIT_EXPECT_STREQ(test, "loaded\n", sysfs_domain(test, d->id, "state"));
	KUNIT_ASSERT_EQ(test, 0, test_update(env->slot, d, 0));
	p = domain_heap_alloc(d, 100, GFP_KERNEL);
	q = domain_heap_alloc(d, 100, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, 0, domain_heap_free(d, q));
	KUNIT_EXPECT_NE(test, 0, domain_heap_free(d, q));

	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		KUNIT_EXPECT_STREQ_MSG(test, attrs[i].text,
				       sysfs_domain(test, d->id, attrs[i].name),
				       "%s", attrs[i].name);
	KUNIT_EXPECT_EQ(test, 0, domain_heap_free(d, p));
	KUNIT_EXPECT_STREQ(test, "0\n", sysfs_domain(test, d->id, "heap_bytes"));
	KUNIT_EXPECT_NOT_NULL(test, domain_shared_create(d, 8, 1, GFP_KERNEL, &p));
	KUNIT_EXPECT_STREQ(test, "1\n", sysfs_domain(test, d->id, "shared_objects"));

	/* what it keeps is taken */
	KUNIT_EXPECT_NOT_NULL(test, domain_heap_alloc(d, 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 0, test_update(env->slot, NULL, d->id));
	KUNIT_EXPECT_STREQ(test, "retired\n", sysfs_domain(test, d->id, "state"));
	KUNIT_EXPECT_STREQ(test, "2\n", sysfs_domain(test, d->id, "leaked"));
	KUNIT_EXPECT_STREQ(test, "0\n", sysfs_domain(test, d->id, "allocations"));
}

static void domain_sysfs_test_slot(struct kunit *test)
{
	struct sysfs_env *env = test->priv;
	struct domain_slot *slot = env->slot;
	const struct sysfs_attr attrs[] = {
		{ "interface",
		  vfs_test_format(test, "test_ref 1.%d\n",
				  DOMAIN_test_ref_NR) },
		{ "domain", vfs_test_format(test, "%u\n", env->d->id) },
		{ "calls", "3\n" },
		{ "busy", "5\n" },
		{ "waited", "6\n" },
		{ "updates", "1\n" },
		{ "rollbacks", "1\n" },
		{ "last_pause_ns", "7\n" },
		{ "max_pause_ns", "18446744073709551615\n" },
		{ "policy", "fallback\n" },
		{ "checked_only", "1\n" },
		{ "faults", "8\n" },
		{ "recoveries", "9\n" },
	};
	static u64 value[2];
	int i;

	KUNIT_EXPECT_STREQ(test, "0\n", sysfs_slot(test, "domain"));
	KUNIT_EXPECT_STREQ(test, "empty\n", sysfs_slot(test, "policy"));
	KUNIT_EXPECT_STREQ(test, "0\n", sysfs_slot(test, "faults"));
	KUNIT_ASSERT_EQ(test, 0, test_update(slot, env->d, 0));
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, i, domain_test_ref_echo(slot, i));
	KUNIT_EXPECT_EQ(test, 0, domain_store_put(&slot->store, 1, 1, 1, value,
						  sizeof(value), GFP_KERNEL));
	KUNIT_EXPECT_GE(test, slot->store.bytes, sizeof(value));
	/* what takes a race or a crash, see the suites of those */
	slot->rollbacks = 1;
	slot->last_pause_ns = 7;
	slot->max_pause_ns = U64_MAX;
	slot->recoveries = 9;
	slot->policy = DOMAIN_POLICY_FALLBACK;
	slot->checked_only = true;
	atomic_long_set(&slot->busy, 5);
	atomic_long_set(&slot->waited, 6);
	atomic_long_set(&slot->faults, 8);
	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		KUNIT_EXPECT_STREQ_MSG(test, attrs[i].text,
				       sysfs_slot(test, attrs[i].name),
				       "%s", attrs[i].name);
	KUNIT_EXPECT_STREQ(test, vfs_test_format(test, "%zu\n", slot->store.bytes),
			   sysfs_slot(test, "store_bytes"));
	slot->checked_only = false;
}

/* The names of the files of a directory, which is locked while it is read */
struct sysfs_walk {
	struct dir_context ctx;
	struct kunit *test;
	const char *name[32];
	int files;
};

static bool sysfs_visit(struct dir_context *ctx, const char *name, int len,
			loff_t offset, u64 ino, unsigned int type)
{
	struct sysfs_walk *walk = container_of(ctx, struct sysfs_walk, ctx);

	if (type != DT_REG)
		return true;
	if (walk->files == ARRAY_SIZE(walk->name))
		return false;
	walk->name[walk->files++] = vfs_test_format(walk->test, "%.*s", len, name);
	return true;
}

static void sysfs_try(struct kunit *test, const char *path, const char *name)
{
	struct sysfs_env *env = test->priv;
	/* addresses of the kernel's are in it */
	umode_t mode = strcmp(name, "fault") ? 0444 : 0400;
	struct file *file;

	file = vfs_test_open(env->mnt, O_WRONLY, "%s/%s", path, name);
	KUNIT_EXPECT_EQ_MSG(test, -EACCES, PTR_ERR_OR_ZERO(file), "%s", name);
	vfs_test_close(file);

	file = vfs_test_open(env->mnt, O_RDONLY, "%s/%s", path, name);
	KUNIT_EXPECT_FALSE(test, IS_ERR(file));
	if (!IS_ERR(file))
		KUNIT_EXPECT_EQ_MSG(test, mode, file_inode(file)->i_mode & 07777,
				    "%s", name);
	vfs_test_close(file);
}

/* Opens each file of a directory, and returns how many there are */
static int sysfs_walk(struct kunit *test, const char *path)
{
	struct sysfs_env *env = test->priv;
	struct sysfs_walk walk = {
		.ctx.actor = sysfs_visit,
		.test = test,
	};
	struct file *dir = vfs_test_open(env->mnt, O_RDONLY | O_DIRECTORY, "%s", path);
	int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(dir));
	KUNIT_EXPECT_EQ(test, 0, iterate_dir(dir, &walk.ctx));
	vfs_test_close(dir);
	for (i = 0; i < walk.files; i++)
		sysfs_try(test, path, walk.name[i]);
	return walk.files;
}

/* Nobody can write to them; a new one needs a line above */
static void domain_sysfs_test_read_only(struct kunit *test)
{
	struct sysfs_env *env = test->priv;

	KUNIT_EXPECT_EQ(test, 15,
			sysfs_walk(test, vfs_test_format(test, SYSFS_DOMAIN,
							 env->d->id)));
	KUNIT_EXPECT_EQ(test, 14, sysfs_walk(test, SYSFS_SLOT));
	KUNIT_EXPECT_EQ(test, 0, sysfs_walk(test, "kernel/domain"));
}

static const char *sysfs_again(struct kunit *test, struct file *file)
{
	const char *text = vfs_test_text(test, file);

	vfs_test_close(file);
	return text;
}

/* Who has an attribute open when its domain or slot goes reads nothing of it */
static void domain_sysfs_test_gone(struct kunit *test)
{
	const char *enodev = vfs_test_format(test, "error %d", -ENODEV);
	const char *enoent = vfs_test_format(test, "error %d", -ENOENT);
	struct sysfs_env *env = test->priv;
	struct domain_slot *slot;
	struct file *file;
	u32 id = env->d->id;

	file = vfs_test_open(env->mnt, O_RDONLY, SYSFS_DOMAIN "/state", id);
	KUNIT_EXPECT_STREQ(test, "loaded\n", vfs_test_text(test, file));
	kunit_domain_forget(env->d);
	env->d = NULL;
	KUNIT_EXPECT_STREQ(test, enodev, sysfs_again(test, file));
	KUNIT_EXPECT_STREQ(test, enoent, sysfs_domain(test, id, "state"));

	slot = domain_slot_create(&domain_test_ref_interface, "kunit_gone");
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	file = vfs_test_open(env->mnt, O_RDONLY, SYSFS_SLOT "_gone/domain");
	KUNIT_EXPECT_STREQ(test, "0\n", vfs_test_text(test, file));
	domain_slot_destroy(slot);
	KUNIT_EXPECT_STREQ(test, enodev, sysfs_again(test, file));
	KUNIT_EXPECT_STREQ(test, enoent,
			   vfs_test_read(test, env->mnt, SYSFS_SLOT "_gone/domain"));
}

/* Since it was last read, the slot has got another domain */
static bool sysfs_changed(struct file *file)
{
	return vfs_poll(file, NULL) & EPOLLPRI;
}

static void domain_sysfs_test_poll(struct kunit *test)
{
	struct sysfs_env *env = test->priv;
	struct file *file;

	file = vfs_test_open(env->mnt, O_RDONLY, SYSFS_SLOT "/domain");
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_STREQ(test, "0\n", vfs_test_text(test, file));
	KUNIT_EXPECT_FALSE(test, sysfs_changed(file));
	/* refused: nothing to tell */
	KUNIT_EXPECT_EQ(test, -ESTALE, test_update(env->slot, env->d, env->d->id + 1));
	KUNIT_EXPECT_FALSE(test, sysfs_changed(file));
	KUNIT_EXPECT_EQ(test, 0, test_update(env->slot, env->d, 0));
	KUNIT_EXPECT_TRUE(test, sysfs_changed(file));
	KUNIT_EXPECT_STREQ(test, vfs_test_format(test, "%u\n", env->d->id),
			   vfs_test_text(test, file));
	KUNIT_EXPECT_FALSE(test, sysfs_changed(file));
	vfs_test_close(file);
}

/* What was found when uevents were sent, perhaps late ones of other tests included */
static struct {
	struct domain_slot *slot;
	int sent, locked;
} sysfs_uevents;

static int sysfs_uevent_filter(const struct kobject *kobj)
{
	sysfs_uevents.sent++;
	if (mutex_is_locked(&domain_registry_lock) ||
	    mutex_is_locked(&sysfs_uevents.slot->lock))
		sysfs_uevents.locked++;
	return 1;
}

static const struct kset_uevent_ops sysfs_uevent_ops = {
	.filter = sysfs_uevent_filter,
};

static void sysfs_uevents_end(void *kset)
{
	((struct kset *)kset)->uevent_ops = NULL;
}

static void sysfs_uevents_begin(struct kunit *test, struct kset *kset)
{
	kset->uevent_ops = &sysfs_uevent_ops;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, sysfs_uevents_end, kset));
}

/* A uevent may have to wait for I/O, and so must not keep a lock from a recovery */
static void domain_sysfs_test_uevent(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct sysfs_env *env = test->priv;
	struct domain_slot *slot;
	struct domain *d;

	sysfs_uevents.slot = env->slot;
	sysfs_uevents.sent = 0;
	sysfs_uevents.locked = 0;
	sysfs_uevents_begin(test, env->slot->kobj->kobj.kset);
	sysfs_uevents_begin(test, env->d->kobj->kobj.kset);
	slot = domain_slot_create(iface, "kunit_other");
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_EXPECT_GE(test, sysfs_uevents.sent, 1);
	d = test_domain(test, iface, 0);
	KUNIT_EXPECT_GE(test, sysfs_uevents.sent, 2);
	KUNIT_EXPECT_EQ(test, 0, test_update(env->slot, d, 0));
	KUNIT_EXPECT_GE(test, sysfs_uevents.sent, 3);
	KUNIT_EXPECT_EQ(test, 0, test_update(env->slot, NULL, d->id));
	KUNIT_EXPECT_GE(test, sysfs_uevents.sent, 4);
	kunit_domain_forget(d);
	KUNIT_EXPECT_GE(test, sysfs_uevents.sent, 5);
	domain_slot_destroy(slot);
	KUNIT_EXPECT_GE(test, sysfs_uevents.sent, 6);
	KUNIT_EXPECT_EQ(test, sysfs_uevents.locked, 0);
}

/* A domain can be shown later than found, and is not if it is gone by then */
static void domain_sysfs_test_late(struct kunit *test)
{
	struct domain *d;
	u32 id;

	d = domain_alloc(&domain_test_ref_interface);
	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_ASSERT_EQ(test, 0, domain_register(d, false));
	id = d->id;
	KUNIT_EXPECT_NULL(test, d->kobj);
	KUNIT_EXPECT_PTR_EQ(test, d, domain_get(id));
	domain_show(d);
	KUNIT_EXPECT_NOT_NULL(test, d->kobj);
	KUNIT_EXPECT_STREQ(test, "loaded\n", sysfs_domain(test, id, "state"));
	domain_unregister(d);
	d->kobj = NULL;
	domain_show(d);
	KUNIT_EXPECT_NULL(test, d->kobj);

	/* it never was */
	KUNIT_ASSERT_EQ(test, 0, domain_register(d, false));
	domain_unregister(d);
	domain_show(d);
	KUNIT_EXPECT_NULL(test, d->kobj);
	/* what domain_get() took, and what there is from the beginning */
	domain_put(d);
	domain_put(d);
}

static struct kunit_case domain_sysfs_cases[] = {
	KUNIT_CASE(domain_sysfs_test_domain),
	KUNIT_CASE(domain_sysfs_test_slot),
	KUNIT_CASE(domain_sysfs_test_read_only),
	KUNIT_CASE(domain_sysfs_test_gone),
	KUNIT_CASE(domain_sysfs_test_poll),
	KUNIT_CASE(domain_sysfs_test_uevent),
	KUNIT_CASE(domain_sysfs_test_late),
	{}
};

static struct kunit_suite domain_sysfs_suite = {
	.name = "domain_sysfs",
	.init = domain_sysfs_test_init,
	.exit = domain_sysfs_test_exit,
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_sysfs_cases,
};

kunit_test_suite(domain_sysfs_suite);

MODULE_DESCRIPTION("KUnit tests of the attributes of domains");
MODULE_LICENSE("GPL");
