// SPDX-License-Identifier: GPL-2.0
/* What would happen to the I/O of a map when something breaks. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor-findings.h"
#include "open-iscsi.h"
#include "sockdiag.h"
#include "timers.h"
#include "util.h"

/*
 * From the stall to the answer of the other path, measured with the helper: it waits
 * until the silence is long enough, closes the connection, and iscsid is told.
 */
#define UNSTICK_MS	400

/* Adds @ms to the sum; once it never ends it stays so. */
__rr_printf(3, 4)
static void add_step(struct rrpath_outlook *o, long ms, const char *fmt, ...)
{
	struct rrpath_step *step;
	va_list ap;

	if (o->nr_steps == RRPATH_MAX_STEPS)
		return;
	step = &o->step[o->nr_steps++];
	step->ms = ms;
	va_start(ap, fmt);
	vsnprintf(step->what, sizeof(step->what), fmt, ap);
	va_end(ap);
	if (ms == RRPATH_NEVER || o->ms == RRPATH_NEVER)
		o->ms = RRPATH_NEVER;
	else
		o->ms += ms;
}

static bool known(const struct rrpath_transport *t, enum rrpath_timer_id id)
{
	return t->timer[id].known;
}

/* Seconds of the file, or 0 where there is none. */
static long seconds(const struct rrpath_transport *t, enum rrpath_timer_id id)
{
	return known(t, id) ? t->timer[id].value : 0;
}

static long in_ms(long value)
{
	return value == RRPATH_TIMER_OFF ? RRPATH_NEVER : value * 1000;
}

static void add_timer(struct rrpath_outlook *o, const struct rrpath_transport *t,
		      enum rrpath_timer_id id, const char *what)
{
	add_step(o, in_ms(seconds(t, id)), "%s (%s)", what, rrpath_timer_name(id));
}

/* So many SCSI timeouts, each with as many tries as there are. */
static void add_scsi(struct rrpath_outlook *o, const struct rrpath_transport *t, long timeouts,
		     long tries)
{
	long value = seconds(t, RRPATH_TIMER_SCSI_TIMEOUT);

	if (tries > 1)
		add_step(o, tries * timeouts * value * 1000,
			 "%ld tries (max_retries) of %ld x %ld s (timeout)", tries, timeouts,
			 value);
	else
		add_step(o, timeouts * value * 1000, "%ld x %ld s (timeout)", timeouts, value);
}

static long tries_of(const struct rrpath_transport *t)
{
	long retries = seconds(t, RRPATH_TIMER_MAX_RETRIES);

	return known(t, RRPATH_TIMER_MAX_RETRIES) && retries >= 0 ? retries + 1 : 6;
}

/*
 * libiscsi counts the interval from the last thing that it received, then waits for
 * the answer to its ping; then the session is down, and its commands come back
 * after recovery_tmo.
 */
static void iscsi_silence(struct rrpath_outlook *o, const struct rrpath_transport *t)
{
	if (seconds(t, RRPATH_TIMER_NOOP_INTERVAL) > 0) {
		add_timer(o, t, RRPATH_TIMER_NOOP_INTERVAL, "noop interval");
		add_timer(o, t, RRPATH_TIMER_NOOP_TIMEOUT, "noop timeout");
	} else {
		/* The command times out, and the request to abort it is not answered. */
		add_scsi(o, t, 1, 1);
		add_timer(o, t, RRPATH_TIMER_ABORT, "abort");
	}
	/* A session that is down gives its commands back; only those to be tried again wait. */
	if (tries_of(t) > 1)
		add_timer(o, t, RRPATH_TIMER_RECOVERY, "recovery");
}

static long stall_ms(const struct rrpath_map *map)
{
	uint64_t ms = 0;

	rrpath_parse_u64(map->opt[RRPATH_OPT_STALL_TIMEOUT], 0, INT32_MAX, &ms);
	return (long)ms;
}

static bool is_helped(const struct rrpath_doctor *d, const struct rrpath_transport *t)
{
	return d->facts.unstick && d->facts.destroy && stall_ms(d->map) &&
	       t->type == RRPATH_TRANSPORT_ISCSI;
}

/* The fabric says that the port is gone. */
static void fc_loss(struct rrpath_outlook *o, const struct rrpath_transport *t)
{
	if (known(t, RRPATH_TIMER_FC_FAST_IO_FAIL) &&
	    seconds(t, RRPATH_TIMER_FC_FAST_IO_FAIL) != RRPATH_TIMER_OFF)
		add_timer(o, t, RRPATH_TIMER_FC_FAST_IO_FAIL, "fast_io_fail");
	else
		add_timer(o, t, RRPATH_TIMER_FC_DEV_LOSS, "dev_loss");
}

static void link_loss(const struct rrpath_doctor *d, const struct rrpath_transport *t,
		      struct rrpath_outlook *o)
{
	if (t->type == RRPATH_TRANSPORT_ISCSI) {
		iscsi_silence(o, t);
		if (o->no_other || !is_helped(d, t) ||
		    (o->ms != RRPATH_NEVER && o->ms <= stall_ms(d->map) + UNSTICK_MS))
			return;
		memset(o, 0, sizeof(*o));
		add_step(o, stall_ms(d->map), "stall (stall_timeout_ms)");
		add_step(o, UNSTICK_MS, "rrpath unstick closes the connection");
	} else if (t->type == RRPATH_TRANSPORT_FC) {
		fc_loss(o, t);
	} else if (rrpath_timers_apply_to(t->type) && seconds(t, RRPATH_TIMER_NVME_KATO) > 0) {
		add_step(o, in_ms(seconds(t, RRPATH_TIMER_NVME_KATO)) / 2,
			 "until the next keep-alive (kato / 2)");
		add_timer(o, t, RRPATH_TIMER_NVME_KATO, "its answer");
	} else if (rrpath_timers_apply_to(t->type) && known(t, RRPATH_TIMER_IO_TIMEOUT)) {
		add_step(o, seconds(t, RRPATH_TIMER_IO_TIMEOUT), "I/O timeout (io_timeout)");
	} else {
		o->ms = RRPATH_UNKNOWN;
	}
}

/*
 * libiscsi lets the timer run again if something of the command was sent since it
 * began, and once more to ask whether the target is alive: up to three times.
 */
static void lun_hang(const struct rrpath_transport *t, struct rrpath_outlook *o)
{
	if (t->type == RRPATH_TRANSPORT_ISCSI) {
		add_scsi(o, t, seconds(t, RRPATH_TIMER_NOOP_INTERVAL) > 0 ? 3 : 2, tries_of(t));
		add_timer(o, t, RRPATH_TIMER_ABORT, "abort");
	} else if (known(t, RRPATH_TIMER_SCSI_TIMEOUT)) {
		add_scsi(o, t, 1, tries_of(t));
		add_timer(o, t, RRPATH_TIMER_EH_TIMEOUT, "abort");
	} else if (known(t, RRPATH_TIMER_IO_TIMEOUT)) {
		add_step(o, seconds(t, RRPATH_TIMER_IO_TIMEOUT), "I/O timeout (io_timeout)");
	} else {
		o->ms = RRPATH_UNKNOWN;
	}
}

static void target_reboot(const struct rrpath_transport *t, struct rrpath_outlook *o)
{
	if (t->type == RRPATH_TRANSPORT_ISCSI && tries_of(t) > 1)
		add_timer(o, t, RRPATH_TIMER_RECOVERY, "recovery");
	else if (t->type == RRPATH_TRANSPORT_FC)
		fc_loss(o, t);
	else if (rrpath_timers_apply_to(t->type))
		add_step(o, 0, "the connection is closed, I/O comes back at once");
	else
		o->ms = RRPATH_UNKNOWN;
}

/* With no path left the map decides: it fails I/O, at once or later, or holds it. */
static void add_no_path(const struct rrpath_map *map, struct rrpath_outlook *o)
{
	uint64_t ms = 0;

	if (o->ms == RRPATH_UNKNOWN)
		return;
	if (!strcmp(map->opt[RRPATH_OPT_QUEUE], "0"))
		return;
	rrpath_parse_u64(map->opt[RRPATH_OPT_NO_PATH_TIMEOUT], 0, INT32_MAX, &ms);
	add_step(o, ms ? (long)ms : RRPATH_NEVER, "the map holds it (no_path_timeout_ms)");
}

static bool is_usable(const struct rrpath_map_path *path)
{
	return rrpath_state_usable(path->status.state);
}

/* Is there another usable path; for a reboot, to another target? */
static bool has_other(const struct rrpath_doctor *d, const struct rrpath_doctor_path *path,
		      enum rrpath_trouble trouble)
{
	size_t i;

	for (i = 0; i < d->nr_paths; i++) {
		const struct rrpath_doctor_path *other = &d->path[i];

		if (other == path || !is_usable(other->path))
			continue;
		if (trouble == RRPATH_TARGET_REBOOT && *path->t.target &&
		    !strcmp(path->t.target, other->t.target))
			continue;
		/* What hangs on one path of the LUN hangs on all: unless it is the path's fault. */
		return true;
	}
	return false;
}

static void predict(struct rrpath_doctor *d, struct rrpath_doctor_path *path)
{
	int i;

	for (i = 0; i < RRPATH_NR_TROUBLES; i++) {
		struct rrpath_outlook *o = &path->outlook[i];

		o->no_other = !has_other(d, path, (enum rrpath_trouble)i);
		if (i == RRPATH_LINK_LOSS)
			link_loss(d, &path->t, o);
		else if (i == RRPATH_LUN_HANG)
			lun_hang(&path->t, o);
		else
			target_reboot(&path->t, o);
		if (o->no_other)
			add_no_path(d->map, o);
	}
}

bool rrpath_doctor_advises(const struct rrpath_doctor *doctor,
			   const struct rrpath_doctor_path *path, enum rrpath_timer_id id,
			   long *value)
{
	return doctor->map->nr_paths > 1 &&
	       rrpath_timer_wanted(&path->t, id, strcmp(doctor->map->opt[RRPATH_OPT_QUEUE], "0"),
				   value);
}

/* True if a process @name runs whose first argument is @argument, if not NULL. */
static bool runs(const char *pid, const char *name, const char *argument)
{
	char *path __rr_cleanup(rrpath_freep) =
		rrpath_printf("%s/%s/cmdline", rrpath_roots.proc, pid);
	FILE *file __rr_cleanup(rrpath_fclosep) = fopen(path, "re");
	char text[4096], *word, *base;
	size_t len;

	if (!file)
		return false;
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	base = strrchr(text, '/');
	if (strcmp(base ? base + 1 : text, name))
		return false;
	word = text + strlen(text) + 1;
	return !argument || (word < text + len && !strcmp(word, argument));
}

static bool kernel_can_destroy(void)
{
	struct rrpath_tcp tcp;
	struct rrpath_tcp_peer peer;
	int fd = rrpath_tcp_open(), ret;

	if (fd < 0)
		return false;
	/* Of a connection that does not exist: a kernel that can says that there is none. */
	memset(&tcp, 0, sizeof(tcp));
	ret = rrpath_tcp_peer_set(&peer, "127.0.0.1", 1, 1) ? 0 : -EINVAL;
	tcp.family = peer.family;
	if (!ret)
		ret = rrpath_tcp_destroy(fd, &tcp);
	close(fd);
	return ret != -EOPNOTSUPP;
}

bool (*rrpath_doctor_can_destroy)(void) = kernel_can_destroy;

static bool is_told(void)
{
	char *path __rr_cleanup(rrpath_freep) =
		rrpath_printf("%s/multipath/conf.d/rrpath.conf", rrpath_roots.etc);

	return !access(path, F_OK);
}

/* Does LVM's configuration @file have it look at what udev says of a disk? */
static bool lvm_asks_udev(const char *file)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/lvm/%s", rrpath_roots.etc, file);
	FILE *conf __rr_cleanup(rrpath_fclosep) = fopen(path, "re");
	char line[1024], source[16];
	bool asks = false;

	while (conf && fgets(line, sizeof(line), conf))
		if (sscanf(line, " external_device_info_source = \"%15[^\"]\"", source) == 1 ||
		    sscanf(line, " devices/external_device_info_source = \"%15[^\"]\"",
			   source) == 1)
			asks = !strcmp(source, "udev");
	return asks;
}

void rrpath_doctor_facts(struct rrpath_doctor_facts *facts)
{
	DIR *proc = opendir(rrpath_roots.proc);
	struct dirent *entry;

	memset(facts, 0, sizeof(*facts));
	while (proc && (entry = readdir(proc))) {
		if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name))
			continue;
		facts->unstick |= runs(entry->d_name, "rrpath", "unstick");
		facts->multipathd |= runs(entry->d_name, "multipathd", NULL);
	}
	if (proc)
		closedir(proc);
	facts->multipathd_told = is_told();
	facts->lvm_told = lvm_asks_udev("lvm.conf") || lvm_asks_udev("lvmlocal.conf");
	facts->destroy = rrpath_doctor_can_destroy();
}

void rrpath_doctor_examine(struct rrpath_doctor *doctor, const struct rrpath_map *map,
			   const struct rrpath_doctor_facts *facts)
{
	size_t i;

	memset(doctor, 0, sizeof(*doctor));
	doctor->map = map;
	doctor->facts = *facts;
	doctor->path = rrpath_alloc(map->nr_paths, sizeof(*doctor->path));
	for (i = 0; i < map->nr_paths; i++) {
		struct rrpath_doctor_path *path = &doctor->path[doctor->nr_paths];

		if (!map->path[i].present || rrpath_transport_of(&map->path[i].dev, &path->t))
			continue;
		path->path = &map->path[i];
		doctor->nr_paths++;
	}
	for (i = 0; i < doctor->nr_paths; i++)
		predict(doctor, &doctor->path[i]);
	rrpath_doctor_find(doctor);
}

void rrpath_doctor_free(struct rrpath_doctor *doctor)
{
	size_t i;

	for (i = 0; i < doctor->nr_findings; i++) {
		free(doctor->finding[i].text);
		free(doctor->finding[i].remedy);
	}
	free(doctor->finding);
	free(doctor->path);
	memset(doctor, 0, sizeof(*doctor));
}
