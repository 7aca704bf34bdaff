// SPDX-License-Identifier: GPL-2.0
/* rrpath discover: which disks are the same LUN, who has it, how to make a map of it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "columns.h"
#include "disks.h"
#include "record.h"
#include "transport.h"
#include "util.h"

#define DISK_COLUMNS	"DISK,DEV,HCTL,TRAN,PORTAL,NIC,USED-BY"
#define FLAT_COLUMNS	"WWID,SIZE,DISK,DEV,HCTL,TRAN,PORTAL,NIC,USED-BY"

struct disk {
	const struct rrpath_dev *dev;
	struct rrpath_transport transport;
	char devno[24];
	char portal[128];
	struct rrpath_str used;
};

struct lun {
	struct disk *disk;
	size_t nr;
	struct rrpath_str used;
	char map[RRPATH_NAME_LEN];	/* the rrpath map of it, or empty */
	struct rrpath_str command;
};

struct luns {
	struct rrpath_disks disks;
	struct rrpath_conf record;
	struct lun *lun;
	size_t nr;
	unsigned int next_name;
};

static void free_luns(struct luns *luns)
{
	size_t i, d;

	for (i = 0; i < luns->nr; i++) {
		for (d = 0; d < luns->lun[i].nr; d++)
			rrpath_str_free(&luns->lun[i].disk[d].used);
		free(luns->lun[i].disk);
		rrpath_str_free(&luns->lun[i].used);
		rrpath_str_free(&luns->lun[i].command);
	}
	free(luns->lun);
	rrpath_conf_free(&luns->record);
	rrpath_disks_free(&luns->disks);
}

/* What the UUID of a map says about whose it is. */
static const char *kind_of_map(const struct rrpath_use *use)
{
	static const struct {
		const char *prefix;
		const char *kind;
	} kinds[] = {
		{ "rrpath-", "map" }, { "mpath-", "multipath" }, { "LVM-", "LVM" },
		{ "CRYPT-", "crypt" }, { "part", "partition" },
	};
	char uuid[RRPATH_UUID_LEN];
	size_t i;

	rrpath_read_line(uuid, sizeof(uuid), "%s/dev/block/%u:%u/dm/uuid", rrpath_roots.sys,
			 use->major, use->minor);
	for (i = 0; i < RRPATH_ARRAY_SIZE(kinds); i++)
		if (!strncmp(uuid, kinds[i].prefix, strlen(kinds[i].prefix)))
			return kinds[i].kind;
	return "device-mapper";
}

static void add_once(struct rrpath_str *list, const char *text)
{
	const char *at = list->len ? strstr(list->text, text) : NULL;
	char end = at ? at[strlen(text)] : 'x';

	if (!end || end == ',')
		return;
	rrpath_str_add(list, "%s%s", list->len ? ", " : "", text);
}

static void add_use(struct lun *lun, struct disk *disk, const struct rrpath_use *use)
{
	char *text __rr_cleanup(rrpath_freep) = NULL;
	const char *kind = "";

	switch (use->kind) {
	case RRPATH_USE_MOUNT:
		text = rrpath_printf("mounted on %s", use->what);
		break;
	case RRPATH_USE_SWAP:
		text = rrpath_dup("swap");
		break;
	case RRPATH_USE_MAP:
		kind = kind_of_map(use);
		text = rrpath_printf("%s %s", kind, use->what);
		break;
	case RRPATH_USE_HOLDER:
		text = rrpath_dup(use->what);
		break;
	}
	if (!strcmp(kind, "map"))
		rrpath_copy(lun->map, sizeof(lun->map), use->what);
	add_once(&disk->used, text);
	add_once(&lun->used, text);
}

static void add_disk(struct lun *lun, const struct rrpath_dev *dev)
{
	struct rrpath_uses uses __rr_cleanup(rrpath_uses_free) = { 0 };
	struct disk *disk;
	size_t i;

	lun->disk = rrpath_grow(lun->disk, lun->nr + 1, sizeof(*lun->disk));
	disk = &lun->disk[lun->nr++];
	memset(disk, 0, sizeof(*disk));
	disk->dev = dev;
	snprintf(disk->devno, sizeof(disk->devno), "%u:%u", dev->major, dev->minor);
	if (!rrpath_transport_of(dev, &disk->transport))
		rrpath_transport_portal(&disk->transport, disk->portal, sizeof(disk->portal));
	rrpath_dev_uses(dev, &uses);
	for (i = 0; i < uses.nr; i++)
		add_use(lun, disk, &uses.use[i]);
}

static struct lun *lun_of(struct luns *luns, const char *wwid)
{
	size_t i;

	for (i = 0; i < luns->nr; i++)
		if (!strcmp(luns->lun[i].disk[0].dev->wwid, wwid))
			return &luns->lun[i];
	luns->lun = rrpath_grow(luns->lun, luns->nr + 1, sizeof(*luns->lun));
	memset(&luns->lun[luns->nr], 0, sizeof(*luns->lun));
	return &luns->lun[luns->nr++];
}

/* A name that neither a map nor a record has. */
static void next_name(struct luns *luns, char *name, size_t size)
{
	char *node __rr_cleanup(rrpath_freep) = NULL;
	unsigned int major, minor;

	do {
		snprintf(name, size, "lun%u", luns->next_name++);
		free(node);
		node = rrpath_printf("%s/mapper/%s", rrpath_roots.dev, name);
	} while (rrpath_conf_find(&luns->record, name) ||
		 !rrpath_dev_number(node, &major, &minor));
}

static void list_disks(const struct lun *lun, bool all, struct rrpath_str *command)
{
	size_t i;

	for (i = 0; i < lun->nr; i++)
		if (all || !lun->disk[i].used.len)
			rrpath_str_add(command, " %s", lun->disk[i].dev->name);
}

/* The command that there is to type; none if somebody else has the LUN. */
static void find_command(struct luns *luns, struct lun *lun)
{
	const struct rrpath_conf_map *entry =
		rrpath_conf_find_wwid(&luns->record, lun->disk[0].dev->wwid);
	char name[RRPATH_NAME_LEN];
	size_t i;

	for (i = 0; *lun->map && i < lun->nr; i++)
		if (!lun->disk[i].used.len)
			rrpath_str_add(&lun->command, "%srrpath add %s %s",
				       lun->command.len ? "; " : "", lun->map,
				       lun->disk[i].dev->name);
	if (lun->used.len)
		return;
	if (entry) {
		rrpath_str_add(&lun->command, "rrpath assemble %s", entry->name);
		return;
	}
	next_name(luns, name, sizeof(name));
	rrpath_str_add(&lun->command, "rrpath create %s", name);
	list_disks(lun, true, &lun->command);
}

static void load_luns(struct luns *luns)
{
	size_t i;

	rrpath_record_load(&luns->record, false);
	rrpath_disks_load(&luns->disks, false);
	for (i = 0; i < luns->disks.nr; i++)
		add_disk(lun_of(luns, luns->disks.dev[i].wwid), &luns->disks.dev[i]);
}

static void lun_row(struct rrpath_row *row, const struct lun *lun)
{
	const struct rrpath_dev *dev = lun->disk[0].dev;

	row->wwid = dev->wwid;
	row->size = dev->sectors * 512;
	row->vendor = dev->vendor;
	row->model = dev->model;
	row->nr_paths = lun->nr;
	row->lun_used = lun->used.text;
	row->command = lun->command.text;
}

static void disk_row(struct rrpath_row *row, const struct disk *disk)
{
	row->path = disk->dev->name;
	row->devno = disk->devno;
	row->hctl = disk->dev->hctl;
	row->transport = disk->transport.type == RRPATH_TRANSPORT_NONE ?
		disk->dev->transport : rrpath_transport_name(disk->transport.type);
	row->portal = disk->portal;
	row->target = disk->transport.target;
	row->nic = disk->transport.nic;
	row->used = disk->used.text;
}

static void print_lun(const struct lun *lun)
{
	struct rrpath_format format = { .scopes = RRPATH_SCOPE_DISK };
	struct rrpath_rows rows __rr_cleanup(rrpath_rows_free) = { 0 };
	const struct rrpath_dev *dev = lun->disk[0].dev;
	char size[32];
	size_t i;

	rrpath_human_size(size, sizeof(size), dev->sectors * 512);
	printf("%s  %s  %s%s%s%s%zu %s\n", dev->wwid, size, dev->vendor, *dev->vendor ? " " : "",
	       dev->model, *dev->vendor || *dev->model ? "  " : "", lun->nr,
	       lun->nr == 1 ? "disk" : "disks");
	rrpath_format_default(&format, DISK_COLUMNS);
	for (i = 0; i < lun->nr; i++)
		disk_row(rrpath_rows_add(&rows, 0), &lun->disk[i]);
	rrpath_print_table(&format, &rows, false);
	if (lun->command.len) {
		rrpath_make_safe(lun->command.text);
		printf("  %s\n", lun->command.text);
	}
}

static void print_luns(struct luns *luns, struct rrpath_format *format, bool all)
{
	struct rrpath_rows rows __rr_cleanup(rrpath_rows_free) = { 0 };
	bool plain = !format->json && !format->raw && !format->chosen;
	size_t i, d, nr = 0;

	rrpath_format_default(format, FLAT_COLUMNS);
	for (i = 0; i < luns->nr; i++) {
		struct lun *lun = &luns->lun[i];

		if (lun->nr < 2 && !all)
			continue;
		find_command(luns, lun);
		if (plain) {
			printf("%s", nr++ ? "\n" : "");
			print_lun(lun);
			continue;
		}
		if (format->json)
			lun_row(rrpath_rows_add(&rows, 0), lun);
		for (d = 0; d < lun->nr; d++) {
			struct rrpath_row *row = rrpath_rows_add(&rows, format->json);

			lun_row(row, lun);
			disk_row(row, &lun->disk[d]);
		}
	}
	if (format->json)
		rrpath_print_json(format, &rows, true);
	else if (!plain)
		rrpath_print_table(format, &rows, false);
}

int rrpath_cmd_discover(int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'J' },
		{ "raw", no_argument, NULL, 'r' },
		{ "noheadings", no_argument, NULL, 'n' },
		{ "bytes", no_argument, NULL, 'b' },
		{ "output", required_argument, NULL, 'o' },
		{ 0 }
	};
	struct rrpath_format format = { .scopes = RRPATH_SCOPE_LUN | RRPATH_SCOPE_DISK };
	struct luns luns __rr_cleanup(free_luns) = { 0 };
	bool all = false;
	int opt, ret;

	while ((opt = rrpath_getopt(argc, argv, ":a" RRPATH_FORMAT_SHORT, options)) != -1) {
		if (opt == 'a')
			all = true;
		else if (opt == '?' || rrpath_format_option(&format, opt, optarg))
			return RRPATH_USAGE;
	}
	ret = rrpath_need_args(argc, argv, 0, 0, "");
	if (ret)
		return ret;
	load_luns(&luns);
	print_luns(&luns, &format, all);
	return RRPATH_DONE;
}
