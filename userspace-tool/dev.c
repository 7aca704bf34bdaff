// SPDX-License-Identifier: GPL-2.0
/* What sysfs, /proc and udev say about a block device and who uses it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <libudev.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dev.h"
#include "util.h"

/* Devices stacked deeper than this are a loop. */
#define MAX_DEPTH	32

struct rrpath_roots rrpath_roots = {
	.sys = "/sys",
	.proc = "/proc",
	.dev = "/dev",
	.run = "/run",
	.etc = "/etc",
	.udev = true,
};

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

bool rrpath_read_line(char *to, size_t size, const char *fmt, ...)
{
	FILE *file __rr_cleanup(rrpath_fclosep) = NULL;
	char path[PATH_MAX];
	va_list ap;
	size_t len;
	int n;

	*to = '\0';
	va_start(ap, fmt);
	n = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(path))
		return false;
	file = fopen(path, "re");
	if (!file || !fgets(to, (int)size, file))
		return false;
	len = strlen(to);
	while (len && strchr(" \t\n", to[len - 1]))
		to[--len] = '\0';
	return len > 0;
}

static bool read_number(uint64_t *value, const char *dir, const char *file)
{
	char text[32];

	return rrpath_read_line(text, sizeof(text), "%s/%s", dir, file) &&
	       !rrpath_parse_u64(text, 0, UINT64_MAX, value);
}

static bool read_devno(const char *dir, unsigned int *major, unsigned int *minor)
{
	char text[32];

	return rrpath_read_line(text, sizeof(text), "%s/dev", dir) &&
	       !rrpath_parse_devno(text, major, minor);
}

static bool file_exists(const char *dir, const char *file)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/%s", dir, file);

	return !access(path, F_OK);
}

static int stat_number(const char *path, unsigned int *major, unsigned int *minor)
{
	struct stat st;

	if (stat(path, &st))
		return -ENOENT;
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	*major = major(st.st_rdev);
	*minor = minor(st.st_rdev);
	return 0;
}

int rrpath_dev_number(const char *word, unsigned int *major, unsigned int *minor)
{
	char *path __rr_cleanup(rrpath_freep) = NULL;
	char *dir __rr_cleanup(rrpath_freep) = NULL;
	char *c;

	if (!*word || strlen(word) >= PATH_MAX)
		return -ENOENT;
	if (!rrpath_parse_devno(word, major, minor))
		return 0;
	if (*word == '/' || *word == '.')
		return stat_number(word, major, minor);
	/* sysfs has '!' where a name has '/'. */
	dir = rrpath_printf("%s/class/block/%s", rrpath_roots.sys, word);
	for (c = dir + strlen(dir) - strlen(word); *c; c++)
		if (*c == '/')
			*c = '!';
	if (read_devno(dir, major, minor))
		return 0;
	path = rrpath_printf("%s/%s", rrpath_roots.dev, word);
	if (!stat_number(path, major, minor))
		return 0;
	free(path);
	path = rrpath_printf("%s/mapper/%s", rrpath_roots.dev, word);
	return stat_number(path, major, minor);
}

static void read_hctl(struct rrpath_dev *dev, const char *disk)
{
	char *link __rr_cleanup(rrpath_freep) = rrpath_printf("%s/device", disk);
	char target[PATH_MAX], *name;
	ssize_t len;

	len = readlink(link, target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	name = basename(target);
	if (strspn(name, "0123456789:") == strlen(name) && strchr(name, ':'))
		rrpath_copy(dev->hctl, sizeof(dev->hctl), name);
}

/* The bus shows in the path of the device: .../host2/session1/target2:0:0/... */
static void read_transport(struct rrpath_dev *dev, const char *disk)
{
	static const struct {
		const char *part;
		const char *name;
	} bus[] = {
		{ "/session", "iscsi" }, { "/rport-", "fc" }, { "/end_device-", "sas" },
		{ "/ata", "ata" }, { "/usb", "usb" }, { "/virtio", "virtio" },
	};
	size_t i;

	if (rrpath_read_line(dev->transport, sizeof(dev->transport), "%s/device/transport", disk))
		return;
	for (i = 0; i < RRPATH_ARRAY_SIZE(bus); i++) {
		if (strstr(disk, bus[i].part)) {
			rrpath_copy(dev->transport, sizeof(dev->transport), bus[i].name);
			return;
		}
	}
}

/* What udev's database has of the device as the first of these properties that it has. */
static bool udev_property(unsigned int major, unsigned int minor, const char *const key[],
			  size_t nr, char *text, size_t size)
{
	struct udev_device *device;
	const char *value = NULL;
	struct udev *udev;
	size_t i;

	udev = udev_new();
	if (!udev)
		return false;
	device = udev_device_new_from_devnum(udev, 'b', makedev(major, minor));
	for (i = 0; device && !value && i < nr; i++)
		value = udev_device_get_property_value(device, key[i]);
	if (value)
		rrpath_copy(text, size, value);
	udev_device_unref(device);
	udev_unref(udev);
	return value;
}

static void ask_udev(struct rrpath_dev *dev)
{
	static const char *const keys[] = { "ID_SERIAL", "ID_WWN_WITH_EXTENSION" };

	dev->wwid_by_udev = udev_property(dev->major, dev->minor, keys, RRPATH_ARRAY_SIZE(keys),
					  dev->wwid, sizeof(dev->wwid)) && *dev->wwid;
}

bool rrpath_dev_udev_says(unsigned int major, unsigned int minor, const char *key,
			  const char *value)
{
	char text[64];

	return rrpath_roots.udev && udev_property(major, minor, &key, 1, text, sizeof(text)) &&
	       !strcmp(text, value);
}

/*
 * A WWID is compared, recorded and printed: bytes that are no printable ASCII are
 * written as \xNN, at once and everywhere, so that no two WWIDs become one.
 */
static void encode(char *text, size_t size)
{
	char *copy __rr_cleanup(rrpath_freep) = rrpath_dup(text);
	const char *from = copy;
	char *to = text;

	for (; *from; from++) {
		/* One that would be taken for such a byte is written so itself. */
		bool plain = *from >= ' ' && *from <= '~' &&
			     (*from != '\\' || from[1] != 'x');

		/* A blank before all others would be lost from a line of the record. */
		if (*from == ' ' && from == copy)
			plain = false;
		if (to + (plain ? 1 : 4) >= text + size)
			break;
		if (plain)
			*to++ = *from;
		else
			to += sprintf(to, "\\x%02x", (unsigned char)*from);
	}
	/* And so would one behind them, where a long WWID is cut. */
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

static void read_identity(struct rrpath_dev *dev, const char *disk)
{
	uint64_t partition;
	size_t len;

	/* scsi has it at the device, nvme at the disk. */
	if (!rrpath_read_line(dev->wwid, sizeof(dev->wwid), "%s/device/wwid", disk))
		rrpath_read_line(dev->wwid, sizeof(dev->wwid), "%s/wwid", disk);
	/*
	 * A map is asked nothing: what udev knows about it is the identity of
	 * the map, and two maps over one disk would look like two disks.
	 */
	if (!*dev->wwid && rrpath_roots.udev && strncmp(dev->name, "dm-", 3))
		ask_udev(dev);
	encode(dev->wwid, sizeof(dev->wwid));
	if (*dev->wwid && dev->partition && read_number(&partition, dev->dir, "partition")) {
		len = strlen(dev->wwid);
		snprintf(dev->wwid + len, sizeof(dev->wwid) - len, "-part%u",
			 (unsigned int)partition);
	}
}

/* The disk's directory: that of a partition is inside it. */
static char *disk_dir(const struct rrpath_dev *dev)
{
	char *dir = rrpath_dup(dev->dir);
	char *slash = strrchr(dir, '/');

	if (dev->partition && slash)
		*slash = '\0';
	return dir;
}

/* What a disk says of itself goes to terminals and into JSON: ASCII, as it has to be. */
static void make_ascii(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

int rrpath_dev_facts(unsigned int major, unsigned int minor, struct rrpath_dev *dev)
{
	char *link __rr_cleanup(rrpath_freep) = NULL;
	char *disk __rr_cleanup(rrpath_freep) = NULL;
	uint64_t n;
	char *c;

	memset(dev, 0, sizeof(*dev));
	dev->major = major;
	dev->minor = minor;
	link = rrpath_printf("%s/dev/block/%u:%u", rrpath_roots.sys, major, minor);
	dev->dir = realpath(link, NULL);
	if (!dev->dir)
		return -ENOENT;
	rrpath_copy(dev->name, sizeof(dev->name), strrchr(dev->dir, '/') + 1);
	for (c = dev->name; *c; c++)
		if (*c == '!')
			*c = '/';
	dev->partition = file_exists(dev->dir, "partition");
	if (read_number(&n, dev->dir, "size"))
		dev->sectors = n;
	if (read_number(&n, dev->dir, "ro"))
		dev->read_only = n;
	disk = disk_dir(dev);
	read_hctl(dev, disk);
	read_transport(dev, disk);
	rrpath_read_line(dev->vendor, sizeof(dev->vendor), "%s/device/vendor", disk);
	rrpath_read_line(dev->model, sizeof(dev->model), "%s/device/model", disk);
	make_ascii(dev->vendor);
	make_ascii(dev->model);
	read_identity(dev, disk);
	return 0;
}

void rrpath_dev_free(struct rrpath_dev *dev)
{
	free(dev->dir);
	memset(dev, 0, sizeof(*dev));
}

static struct rrpath_use *add_use(struct rrpath_uses *uses, enum rrpath_use_kind kind,
				  const char *device, const char *what)
{
	struct rrpath_use *use;

	uses->use = rrpath_grow(uses->use, uses->nr + 1, sizeof(*uses->use));
	use = &uses->use[uses->nr++];
	memset(use, 0, sizeof(*use));
	use->kind = kind;
	rrpath_copy(use->device, sizeof(use->device), device);
	use->what = rrpath_dup(what);
	return use;
}

void rrpath_uses_free(struct rrpath_uses *uses)
{
	size_t i;

	for (i = 0; i < uses->nr; i++)
		free(uses->use[i].what);
	free(uses->use);
	memset(uses, 0, sizeof(*uses));
}

/* Undoes the octal escapes of mountinfo and swaps, in place. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (*text == '\\' && strspn(text + 1, "01234567") >= 3) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* True if the file @path is the device, or would be by its name. */
static bool names_device(const char *path, const char *name, unsigned int major,
			 unsigned int minor)
{
	unsigned int ma, mi;
	const char *last;

	/* Others are images, or names that mean something elsewhere: looking may hang. */
	if (strncmp(path, "/dev/", 5))
		return false;
	if (!stat_number(path, &ma, &mi))
		return ma == major && mi == minor;
	last = strrchr(path, '/') + 1;
	return !strcmp(last, name);
}

static void find_mounts_of(struct rrpath_uses *uses, const char *process, const char *name,
			   unsigned int major, unsigned int minor)
{
	char *path __rr_cleanup(rrpath_freep) =
		rrpath_printf("%s/%s/mountinfo", rrpath_roots.proc, process);
	FILE *file __rr_cleanup(rrpath_fclosep) = fopen(path, "re");
	char *line __rr_cleanup(rrpath_freep) = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		struct rrpath_words w __rr_cleanup(rrpath_words_free) = { 0 };
		unsigned int ma, mi;
		size_t i;
		bool it;

		rrpath_words_split(&w, line);
		if (w.nr < 6 || rrpath_parse_devno(w.word[2], &ma, &mi))
			continue;
		it = ma == major && mi == minor;
		/* Filesystems over several devices have a number of their own: "- type source". */
		for (i = 6; !it && i + 2 < w.nr; i++) {
			if (!strcmp(w.word[i], "-")) {
				unescape(w.word[i + 2]);
				it = names_device(w.word[i + 2], name, major, minor);
				break;
			}
		}
		if (it) {
			unescape(w.word[4]);
			add_use(uses, RRPATH_USE_MOUNT, name, w.word[4]);
		}
	}
}

/* A service may have a mount namespace of its own, which hides some of init's mounts. */
static void find_mounts(struct rrpath_uses *uses, const char *name, unsigned int major,
			unsigned int minor)
{
	size_t before = uses->nr;

	find_mounts_of(uses, "self", name, major, minor);
	if (uses->nr == before)
		find_mounts_of(uses, "1", name, major, minor);
}

static void find_swap(struct rrpath_uses *uses, const char *name, unsigned int major,
		      unsigned int minor)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/swaps", rrpath_roots.proc);
	FILE *file __rr_cleanup(rrpath_fclosep) = fopen(path, "re");
	char *line __rr_cleanup(rrpath_freep) = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		struct rrpath_words w __rr_cleanup(rrpath_words_free) = { 0 };

		rrpath_words_split(&w, line);
		if (!w.nr)
			continue;
		unescape(w.word[0]);
		if (names_device(w.word[0], name, major, minor))
			add_use(uses, RRPATH_USE_SWAP, name, w.word[0]);
	}
}

static void find_holders(struct rrpath_uses *uses, const char *name, const char *dir)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/holders", dir);
	DIR *holders __rr_cleanup(close_dir) = opendir(path);
	struct dirent *entry;

	while (holders && (entry = readdir(holders))) {
		char *holder __rr_cleanup(rrpath_freep) = NULL;
		char map[256];
		struct rrpath_use *use;
		bool is_map;

		if (*entry->d_name == '.')
			continue;
		holder = rrpath_printf("%s/%s", path, entry->d_name);
		is_map = rrpath_read_line(map, sizeof(map), "%s/dm/name", holder);
		use = add_use(uses, is_map ? RRPATH_USE_MAP : RRPATH_USE_HOLDER, name,
			      is_map ? map : entry->d_name);
		read_devno(holder, &use->major, &use->minor);
	}
}

static void find_uses(struct rrpath_uses *uses, const char *name, const char *dir)
{
	unsigned int major, minor;

	if (!read_devno(dir, &major, &minor))
		return;
	find_mounts(uses, name, major, minor);
	find_swap(uses, name, major, minor);
	find_holders(uses, name, dir);
}

void rrpath_dev_uses(const struct rrpath_dev *dev, struct rrpath_uses *uses)
{
	DIR *dir __rr_cleanup(close_dir) = NULL;
	struct dirent *entry;

	memset(uses, 0, sizeof(*uses));
	find_uses(uses, dev->name, dev->dir);
	if (dev->partition) {
		char *disk __rr_cleanup(rrpath_freep) = disk_dir(dev);

		find_uses(uses, strrchr(disk, '/') + 1, disk);
		return;
	}
	dir = opendir(dev->dir);
	while (dir && (entry = readdir(dir))) {
		char *part __rr_cleanup(rrpath_freep) = NULL;

		if (*entry->d_name == '.')
			continue;
		part = rrpath_printf("%s/%s", dev->dir, entry->d_name);
		if (file_exists(part, "partition"))
			find_uses(uses, entry->d_name, part);
	}
}

bool rrpath_dev_is_claimed(const struct rrpath_dev *dev)
{
	char *node __rr_cleanup(rrpath_freep) = rrpath_printf("%s/%s", rrpath_roots.dev, dev->name);
	unsigned int major, minor;
	int fd;

	if (stat_number(node, &major, &minor) || major != dev->major || minor != dev->minor)
		return false;
	fd = open(node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == EBUSY;
	close(fd);
	return false;
}

static bool dir_lies_on(const char *dir, unsigned int major, unsigned int minor, int depth)
{
	char *path __rr_cleanup(rrpath_freep) = NULL;
	DIR *slaves __rr_cleanup(close_dir) = NULL;
	unsigned int ma, mi;
	struct dirent *entry;

	if (depth > MAX_DEPTH)
		return true;
	if (read_devno(dir, &ma, &mi) && ma == major && mi == minor)
		return true;
	/* A partition lies on its disk. */
	if (file_exists(dir, "partition")) {
		char *disk __rr_cleanup(rrpath_freep) = rrpath_printf("%s/..", dir);
		char *real __rr_cleanup(rrpath_freep) = realpath(disk, NULL);

		return real && dir_lies_on(real, major, minor, depth + 1);
	}
	path = rrpath_printf("%s/slaves", dir);
	slaves = opendir(path);
	while (slaves && (entry = readdir(slaves))) {
		char *slave __rr_cleanup(rrpath_freep) = NULL;
		char *real __rr_cleanup(rrpath_freep) = NULL;

		if (*entry->d_name == '.')
			continue;
		slave = rrpath_printf("%s/%s", path, entry->d_name);
		real = realpath(slave, NULL);
		if (real && dir_lies_on(real, major, minor, depth + 1))
			return true;
	}
	return false;
}

bool rrpath_dev_lies_on(const struct rrpath_dev *dev, unsigned int major, unsigned int minor)
{
	return dir_lies_on(dev->dir, major, minor, 0);
}

bool rrpath_dev_same_disk(const struct rrpath_dev *a, const struct rrpath_dev *b)
{
	char *disk_a __rr_cleanup(rrpath_freep) = disk_dir(a);
	char *disk_b __rr_cleanup(rrpath_freep) = disk_dir(b);

	return !strcmp(disk_a, disk_b) || rrpath_dev_lies_on(a, b->major, b->minor) ||
	       rrpath_dev_lies_on(b, a->major, a->minor);
}
