// SPDX-License-Identifier: GPL-2.0
/*
 * Bugs on purpose, linked into a copy of dm-rrpath that no test but planted.sh loads: what a debug
 * kernel does not find here it would not find in the module itself.
 *
 *	echo NAME > /sys/module/dm_rrpath/parameters/planted
 */

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

struct planted_object {
	struct timer_list timer;
	unsigned long value;
};

static struct planted_object __rcu *published;
static DEFINE_MUTEX(lock_a);
static DEFINE_MUTEX(lock_b);
static DEFINE_SPINLOCK(spinlock);
static unsigned long raced;
static unsigned long sink;

static struct planted_object *new_object(void)
{
	return kzalloc(sizeof(struct planted_object), GFP_KERNEL);
}

static void use_after_free(void)
{
	struct planted_object *object = new_object();

	kfree(object);
	WRITE_ONCE(sink, READ_ONCE(object->value));
}

static void out_of_bounds(void)
{
	unsigned long *words = kmalloc_array(4, sizeof(*words), GFP_KERNEL);
	unsigned long *end = words + 4;

	OPTIMIZER_HIDE_VAR(end);
	WRITE_ONCE(sink, READ_ONCE(*end));
	kfree(words);
}

static void leak(void)
{
	unsigned int i;

	/* Several: a stale word on some stack may point to one. */
	for (i = 0; i < 16; i++)
		WRITE_ONCE(sink, (unsigned long)new_object() & 1);
}

static void inversion(void)
{
	mutex_lock(&lock_a);
	mutex_lock(&lock_b);
	mutex_unlock(&lock_b);
	mutex_unlock(&lock_a);
	mutex_lock(&lock_b);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	mutex_unlock(&lock_b);
}

static void sleep_in_atomic(void)
{
	spin_lock(&spinlock);
	kfree(new_object());
	spin_unlock(&spinlock);
}

static void rcu_misuse(void)
{
	WRITE_ONCE(sink, (unsigned long)rcu_dereference(published) & 1);
}

static void bad_shift(void)
{
	unsigned int bits = 64;

	OPTIMIZER_HIDE_VAR(bits);
	WRITE_ONCE(sink, 1UL << bits);
}

static void never(struct timer_list *timer)
{
}

static void free_active(void)
{
	struct planted_object *object = new_object();

	if (!object)
		return;
	timer_setup(&object->timer, never, 0);
	mod_timer(&object->timer, jiffies + 600 * HZ);
	kfree(object);
}

static int racer(void *unused)
{
	while (!kthread_should_stop()) {
		raced++;
		cond_resched();
	}
	return 0;
}

static void race(void)
{
	struct task_struct *other = kthread_run(racer, NULL, "planted");
	unsigned long end = jiffies + 5 * HZ;

	if (IS_ERR(other))
		return;
	while (time_before(jiffies, end)) {
		raced++;
		cond_resched();
	}
	kthread_stop(other);
}

static const struct {
	const char *name;
	void (*plant)(void);
} bugs[] = {
	{ "use-after-free", use_after_free },
	{ "out-of-bounds", out_of_bounds },
	{ "leak", leak },
	{ "inversion", inversion },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "rcu", rcu_misuse },
	{ "shift", bad_shift },
	{ "free-active", free_active },
	{ "race", race },
};

static int planted_set(const char *name, const struct kernel_param *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (sysfs_streq(name, bugs[i].name)) {
			bugs[i].plant();
			return 0;
		}
	}
	return -EINVAL;
}

static const struct kernel_param_ops planted_ops = {
	.set = planted_set,
};
module_param_cb(planted, &planted_ops, NULL, 0200);
