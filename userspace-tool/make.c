// SPDX-License-Identifier: GPL-2.0
/* A new map. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "make.h"
#include "map.h"
#include "util.h"

static int check_uuid(const char *uuid)
{
	struct rrpath_dm_info info;
	char **names;
	size_t nr, i;
	int ret;

	ret = rrpath_dm_names(&names, &nr);
	if (ret) {
		rrpath_error("cannot list the maps: %s", strerror(-ret));
		return RRPATH_FAILED;
	}
	for (i = 0; i < nr; i++) {
		if (!ret && !rrpath_dm_info(names[i], &info) && info.exists &&
		    !strcmp(info.uuid, uuid)) {
			rrpath_error("the map %s has the UUID %s already: see 'rrpath add'",
				     rrpath_quote(names[i]), rrpath_quote(uuid));
			ret = RRPATH_FAILED;
		}
		free(names[i]);
	}
	free(names);
	return ret;
}

static int report_refusal(const char *name, int error)
{
	if (!rrpath_dm_has_target())
		rrpath_error("cannot create %s: no rrpath target in the kernel: modprobe dm-rrpath",
			     rrpath_quote(name));
	else if (error == -EBUSY)
		rrpath_error("cannot create %s: a disk is in use: see 'lsblk' and 'dmesg'",
			     rrpath_quote(name));
	else
		rrpath_error("cannot create %s: %s: the end of 'dmesg' says why",
			     rrpath_quote(name), strerror(-error));
	return RRPATH_FAILED;
}

int rrpath_make(const char *name, const struct rrpath_table *table, const struct rrpath_dev *dev,
		bool force)
{
	char *params __rr_cleanup(rrpath_freep) = rrpath_table_format(table);
	char *half __rr_cleanup(rrpath_freep) =
		rrpath_printf("'dmsetup remove %s' removes what is left", name);
	uint64_t sectors = dev[0].sectors;
	char why[RRPATH_WHY_LEN] = "";
	bool read_only = true;
	char uuid[RRPATH_UUID_LEN];
	uint32_t cookie = 0, removal = 0;
	int ret, left = 0;
	sigset_t old;
	size_t i;

	for (i = 0; i < table->nr_paths; i++) {
		if (dev[i].sectors < sectors)
			sectors = dev[i].sectors;
		read_only &= dev[i].read_only;
	}
	rrpath_uuid_for(&dev[0], name, uuid);
	if (check_uuid(uuid))
		return RRPATH_FAILED;
	rrpath_signals_block(&old);
	ret = rrpath_dm_create(name, uuid);
	if (ret) {
		rrpath_signals_restore(&old);
		rrpath_error("cannot create %s: %s", rrpath_quote(name), strerror(-ret));
		return RRPATH_FAILED;
	}
	rrpath_half_done = half;
	ret = rrpath_dm_load(name, RRPATH_TARGET, sectors, params, read_only);
	for (i = 0; !ret && i < table->nr_paths; i++)
		if (!rrpath_check_again(&dev[i], why) && !force)
			ret = -ESTALE;
	if (!ret)
		ret = rrpath_dm_resume(name, &cookie);
	if (ret)
		left = rrpath_dm_remove(name, false, true, &removal);
	rrpath_half_done = NULL;
	rrpath_signals_restore(&old);
	rrpath_dm_wait_udev(cookie);
	rrpath_dm_wait_udev(removal);
	if (*why)
		rrpath_check_report(force, why);
	if (!ret)
		return RRPATH_DONE;
	if (left) {
		rrpath_error("cannot create %s: %s: %s", rrpath_quote(name), strerror(-ret), half);
		return RRPATH_FAILED;
	}
	return *why && !force ? RRPATH_FAILED : report_refusal(name, ret);
}
