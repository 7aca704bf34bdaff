// SPDX-License-Identifier: GPL-2.0
/* A sysfs and /proc of files, and the rrpath command run on them. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../dev.h"
#include "../util.h"
#include "fake.h"

#define MAX_WORDS	64

static char roots[5][128];
static struct run last;

/* One entry of udev's database for all; what else libudev does is left to it. */
static char udev_entry;
#define UDEV_ENTRY	((struct udev_device *)(void *)&udev_entry)

struct udev_device *__wrap_udev_device_new_from_devnum(struct udev *udev, char type, dev_t devnum);
struct udev_device *__wrap_udev_device_new_from_devnum(struct udev *udev, char type, dev_t devnum)
{
	(void)udev;
	(void)type;
	(void)devnum;
	return fake.udev_serial || fake.udev_fs_type ? UDEV_ENTRY : NULL;
}

const char *__real_udev_device_get_property_value(struct udev_device *device, const char *key);
const char *__wrap_udev_device_get_property_value(struct udev_device *device, const char *key);
const char *__wrap_udev_device_get_property_value(struct udev_device *device, const char *key)
{
	const char *value;

	if (fake_event_get(device, key, &value))
		return value;
	if (device != UDEV_ENTRY)
		return __real_udev_device_get_property_value(device, key);
	if (!strcmp(key, "ID_FS_TYPE"))
		return fake.udev_fs_type;
	return strcmp(key, "ID_SERIAL") ? NULL : fake.udev_serial;
}

struct udev_device *__real_udev_device_unref(struct udev_device *device);
struct udev_device *__wrap_udev_device_unref(struct udev_device *device);
struct udev_device *__wrap_udev_device_unref(struct udev_device *device)
{
	if (device == UDEV_ENTRY || fake_event_is(device))
		return NULL;
	return __real_udev_device_unref(device);
}

static void make_parents(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
		*slash = '/';
	}
}

void fake_file(const char *path, const char *fmt, ...)
{
	char *full __rr_cleanup(rrpath_freep) = rrpath_printf("%s/%s", fake.root, path);
	FILE *file __rr_cleanup(rrpath_fclosep) = NULL;
	va_list ap;

	make_parents(full);
	file = fopen(full, "w");
	assert_non_null(file);
	va_start(ap, fmt);
	vfprintf(file, fmt, ap);
	va_end(ap);
}

static void link_to(const char *target, const char *fmt, const char *name)
{
	char *path __rr_cleanup(rrpath_freep) = NULL;
	char *full __rr_cleanup(rrpath_freep) = NULL;
	char *to __rr_cleanup(rrpath_freep) = NULL;

	path = rrpath_printf("%s/sys/%s/%s", fake.root, fmt, name);
	full = rrpath_printf("%s/sys/%s", fake.root, target);
	make_parents(path);
	assert_true(!symlink(full, path) || errno == EEXIST);
}

void fake_disk(const char *name, unsigned int major, unsigned int minor, uint64_t sectors,
	       const char *wwid)
{
	char *dir __rr_cleanup(rrpath_freep) = NULL;
	char file[256], devno[32];

	/* sda1 lies in sda. */
	if (!strncmp(name, "sd", 2) && strlen(name) > 3) {
		dir = rrpath_printf("devices/%.3s/block/%.3s/%s", name, name, name);
		snprintf(file, sizeof(file), "sys/%s/partition", dir);
		fake_file(file, "%s\n", name + 3);
	} else {
		dir = rrpath_printf("devices/%s/block/%s", name, name);
	}
	snprintf(devno, sizeof(devno), "%u:%u", major, minor);
	snprintf(file, sizeof(file), "sys/%s/dev", dir);
	fake_file(file, "%s\n", devno);
	snprintf(file, sizeof(file), "sys/%s/size", dir);
	fake_file(file, "%llu\n", (unsigned long long)sectors);
	snprintf(file, sizeof(file), "sys/%s/ro", dir);
	fake_file(file, "0\n");
	link_to(dir, "dev/block", devno);
	link_to(dir, "class/block", name);
	link_to(dir, "block", name);
	if (wwid) {
		snprintf(file, sizeof(file), "sys/devices/host/2:0:0:%u/wwid", minor);
		fake_file(file, "%s\n", wwid);
		snprintf(file, sizeof(file), "sys/devices/host/2:0:0:%u/vendor", minor);
		fake_file(file, "%-8s\n", "IET");
		snprintf(file, sizeof(file), "devices/host/2:0:0:%u", minor);
		link_to(file, dir, "device");
	}
}

void fake_remove_disk(const char *name, unsigned int major, unsigned int minor)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u", fake.root, major, minor);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/sys/class/block/%s", fake.root, name);
	assert_int_equal(unlink(path), 0);
}

void fake_holder(const char *disk, const char *holder, const char *map)
{
	char path[256], target[256];

	if (map) {
		snprintf(path, sizeof(path), "sys/devices/virtual/block/%s/dm/name", holder);
		fake_file(path, "%s\n", map);
	}
	snprintf(path, sizeof(path), "sys/devices/virtual/block/%s/dev", holder);
	fake_file(path, "253:7\n");
	snprintf(path, sizeof(path), "class/block/%s/holders", disk);
	snprintf(target, sizeof(target), "devices/virtual/block/%s", holder);
	link_to(target, path, holder);
}

void fake_slave(const char *disk, const char *slave)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "class/block/%s/slaves", disk);
	snprintf(target, sizeof(target), "class/block/%s", slave);
	link_to(target, path, slave);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Where stdout and stderr go while rrpath runs, and what they were. */
static struct capture {
	int saved;
	int file;
} capture_out = { -1, -1 }, capture_err = { -1, -1 };

static void redirect(int fd, struct capture *to)
{
	to->saved = dup(fd);
	to->file = memfd_create("rrpath", MFD_CLOEXEC);
	assert_true(to->saved >= 0 && to->file >= 0 && dup2(to->file, fd) == fd);
}

static char *restore(int fd, struct capture *from)
{
	off_t size = lseek(from->file, 0, SEEK_END);
	char *text;

	assert_int_equal(dup2(from->saved, fd), fd);
	text = rrpath_alloc((size_t)size + 1, 1);
	assert_int_equal(pread(from->file, text, (size_t)size, 0), size);
	close(from->saved);
	close(from->file);
	from->file = -1;
	return text;
}

/* A check that failed in the middle of it has said so there. */
static void restore_what_was_said(void)
{
	char *out __rr_cleanup(rrpath_freep) = NULL;
	char *err __rr_cleanup(rrpath_freep) = NULL;

	if (capture_out.file < 0)
		return;
	fflush(stdout);
	out = restore(STDOUT_FILENO, &capture_out);
	err = restore(STDERR_FILENO, &capture_err);
	fprintf(stderr, "%s%s", out, err);
}

int fake_teardown(void **state)
{
	(void)state;
	restore_what_was_said();
	if (*fake.root)
		nftw(fake.root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(last.out);
	free(last.err);
	memset(&last, 0, sizeof(last));
	fake_dm_reset();
	fake_events_reset();
	fake_netlink_reset();
	fake_calls_reset();
	return 0;
}

int fake_setup(void **state)
{
	static const char *const names[] = { "sys", "proc", "dev", "run", "etc" };
	const char *tmp = getenv("TMPDIR");
	size_t i;

	fake_teardown(state);
	snprintf(fake.root, sizeof(fake.root), "%.40s/rrpath-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(fake.root));
	for (i = 0; i < RRPATH_ARRAY_SIZE(names); i++) {
		snprintf(roots[i], sizeof(roots[i]), "%s/%s", fake.root, names[i]);
		assert_int_equal(mkdir(roots[i], 0755), 0);
	}
	rrpath_roots.sys = roots[0];
	rrpath_roots.proc = roots[1];
	rrpath_roots.dev = roots[2];
	rrpath_roots.run = roots[3];
	rrpath_roots.etc = roots[4];
	rrpath_roots.udev = false;
	fake_disk("sda", 8, 0, 614400, "naa.6001");
	fake_disk("sdb", 8, 16, 614400, "naa.6001");
	fake_disk("sdc", 8, 32, 614400, "naa.7002");
	fake_file("proc/self/mountinfo",
		  "21 1 8:128 / / rw - ext4 /dev/sdi rw\n"
		  "22 21 0:20 / /sys rw - sysfs none rw\n");
	fake_file("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	return 0;
}

const struct run *rrpath_argv(int argc, char **argv)
{
	const char *c;

	free(last.out);
	free(last.err);
	fflush(stdout);
	redirect(STDOUT_FILENO, &capture_out);
	redirect(STDERR_FILENO, &capture_err);
	last.status = fake_memory_run(rrpath_main, argc, argv);
	fflush(stdout);
	last.out = restore(STDOUT_FILENO, &capture_out);
	last.err = restore(STDERR_FILENO, &capture_err);
	last.err_lines = 0;
	for (c = last.err; *c; c++)
		last.err_lines += *c == '\n';
	return &last;
}

const struct run *rrpath(const char *first, ...)
{
	char *argv[MAX_WORDS + 1] = { (char *)"rrpath" };
	int argc = 1, i;
	const char *word;
	va_list ap;

	va_start(ap, first);
	for (word = first; word; word = va_arg(ap, const char *)) {
		assert_true(argc < MAX_WORDS);
		argv[argc++] = rrpath_dup(word);
	}
	va_end(ap);
	rrpath_argv(argc, argv);
	/* getopt has put them in another order. */
	for (i = 1; i < argc; i++)
		free(argv[i]);
	return &last;
}

void expect(const struct run *run, int status, const char *error)
{
	if (run->status != status || (!error && *run->err) || (error && !strstr(run->err, error)))
		fail_msg("exit status %d instead of %d, on stderr: %s (expected: %s)", run->status,
			 status, run->err, error ? error : "nothing");
	/* One line, and the hint behind wrong usage. */
	if (status == RRPATH_FAILED && run->err_lines != 1)
		fail_msg("%u lines on stderr: %s", run->err_lines, run->err);
	if (status == RRPATH_USAGE && (run->err_lines < 1 || run->err_lines > 2))
		fail_msg("%u lines on stderr: %s", run->err_lines, run->err);
}

static const char *json_value(const char *c);

static const char *blanks(const char *c)
{
	return c ? c + strspn(c, " \t\n") : NULL;
}

static const char *json_string(const char *c)
{
	if (*c++ != '"')
		return NULL;
	for (; *c != '"'; c++) {
		if ((unsigned char)*c < ' ')
			return NULL;
		if (*c == '\\' && (!*++c || !strchr("\"\\/bfnrtu", *c)))
			return NULL;
	}
	return c + 1;
}

static const char *json_number(const char *c)
{
	const char *start = c;

	c += *c == '-';
	c += strspn(c, "0123456789");
	if (*c == '.')
		c += 1 + strspn(c + 1, "0123456789");
	return c > start ? c : NULL;
}

/* What is between the brackets, and the closing one. */
static const char *json_list(const char *c, char close, bool keys)
{
	c = blanks(c);
	if (*c == close)
		return c + 1;
	for (;;) {
		if (keys) {
			c = blanks(json_string(c));
			if (!c || *c++ != ':')
				return NULL;
		}
		c = blanks(json_value(blanks(c)));
		if (!c)
			return NULL;
		if (*c == close)
			return c + 1;
		if (*c++ != ',')
			return NULL;
		c = blanks(c);
	}
}

static const char *json_value(const char *c)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t i;

	if (*c == '{')
		return json_list(c + 1, '}', true);
	if (*c == '[')
		return json_list(c + 1, ']', false);
	if (*c == '"')
		return json_string(c);
	for (i = 0; i < RRPATH_ARRAY_SIZE(words); i++)
		if (!strncmp(c, words[i], strlen(words[i])))
			return c + strlen(words[i]);
	return json_number(c);
}

bool is_json(const char *text)
{
	const char *end = blanks(json_value(blanks(text)));

	return end && !*end;
}
