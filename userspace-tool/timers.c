// SPDX-License-Identifier: GPL-2.0
/* The transport's own limits for the paths of a map: set, kept in mind, put back. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "open-iscsi.h"
#include "timers.h"
#include "timers-file.h"
#include "util.h"

#define OWNER_LEN	1024

/*
 * What is set, in seconds, for a map that holds I/O while it has no path, and for
 * one that fails it: the second keeps more of the transport's own patience. The
 * reasons are in rrpath(8), "TIMERS".
 */
static const struct {
	enum rrpath_transport_type type;
	enum rrpath_timer_id id;
	long queues;
	long fails;
} targets[] = {
	{ RRPATH_TRANSPORT_ISCSI, RRPATH_TIMER_NOOP_INTERVAL, 2, 2 },
	{ RRPATH_TRANSPORT_ISCSI, RRPATH_TIMER_NOOP_TIMEOUT, 2, 2 },
	{ RRPATH_TRANSPORT_ISCSI, RRPATH_TIMER_RECOVERY, 1, 5 },
	{ RRPATH_TRANSPORT_ISCSI, RRPATH_TIMER_ABORT, 5, 5 },
	{ RRPATH_TRANSPORT_ISCSI, RRPATH_TIMER_LU_RESET, 10, 10 },
	{ RRPATH_TRANSPORT_ISCSI, RRPATH_TIMER_TGT_RESET, 10, 10 },
	/* libiscsi lets a command have two or three of these before it is aborted. */
	{ RRPATH_TRANSPORT_ISCSI, RRPATH_TIMER_SCSI_TIMEOUT, 10, 10 },
	{ RRPATH_TRANSPORT_ISCSI, RRPATH_TIMER_MAX_RETRIES, 0, 5 },
	{ RRPATH_TRANSPORT_FC, RRPATH_TIMER_FC_FAST_IO_FAIL, 2, 5 },
	{ RRPATH_TRANSPORT_FC, RRPATH_TIMER_SCSI_TIMEOUT, 20, 20 },
	{ RRPATH_TRANSPORT_FC, RRPATH_TIMER_MAX_RETRIES, 0, 5 },
	{ RRPATH_TRANSPORT_NVME_TCP, RRPATH_TIMER_NVME_RECONNECT, 2, 2 },
	{ RRPATH_TRANSPORT_NVME_TCP, RRPATH_TIMER_NVME_FAST_IO_FAIL, 1, 5 },
	{ RRPATH_TRANSPORT_NVME_TCP, RRPATH_TIMER_NVME_CTRL_LOSS, RRPATH_TIMER_OFF,
	  RRPATH_TIMER_OFF },
};

static enum rrpath_transport_type kin(enum rrpath_transport_type type)
{
	return type == RRPATH_TRANSPORT_NVME_RDMA || type == RRPATH_TRANSPORT_NVME_FC ?
	       RRPATH_TRANSPORT_NVME_TCP : type;
}

bool rrpath_timers_apply_to(enum rrpath_transport_type type)
{
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(targets); i++)
		if (targets[i].type == kin(type))
			return true;
	return false;
}

static bool target_of(enum rrpath_transport_type type, enum rrpath_timer_id id, bool queues,
		      long *value)
{
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(targets); i++) {
		if (targets[i].type != kin(type) || targets[i].id != id)
			continue;
		*value = queues ? targets[i].queues : targets[i].fails;
		return true;
	}
	return false;
}

/* What stands for "never" is the longest. */
static bool is_never(enum rrpath_timer_id id, long value)
{
	if (id == RRPATH_TIMER_NOOP_INTERVAL || id == RRPATH_TIMER_NOOP_TIMEOUT)
		return value <= 0;
	return value == RRPATH_TIMER_OFF;
}

/*
 * True if @a is a worse limit than @b: longer; for ctrl_loss_tmo shorter, for after
 * it the kernel forgets the controller, and nothing brings the path back.
 */
static bool worse(enum rrpath_timer_id id, long a, long b)
{
	bool longer = is_never(id, a) ? !is_never(id, b) : !is_never(id, b) && a > b;

	if (id != RRPATH_TIMER_NVME_CTRL_LOSS)
		return longer;
	return a != b && !longer;
}

bool rrpath_timer_wanted(const struct rrpath_transport *t, enum rrpath_timer_id id, bool queues,
			 long *value)
{
	return t->timer[id].known && target_of(t->type, id, queues, value) &&
	       worse(id, t->timer[id].value, *value);
}

const char *rrpath_timer_node_name(enum rrpath_timer_id id)
{
	static const char *const names[RRPATH_NR_TIMERS] = {
		[RRPATH_TIMER_NOOP_INTERVAL] = "node.conn[0].timeo.noop_out_interval",
		[RRPATH_TIMER_NOOP_TIMEOUT] = "node.conn[0].timeo.noop_out_timeout",
		[RRPATH_TIMER_RECOVERY] = "node.session.timeo.replacement_timeout",
		[RRPATH_TIMER_ABORT] = "node.session.err_timeo.abort_timeout",
		[RRPATH_TIMER_LU_RESET] = "node.session.err_timeo.lu_reset_timeout",
		[RRPATH_TIMER_TGT_RESET] = "node.session.err_timeo.tgt_reset_timeout",
	};

	return names[id];
}

/* ---- what has a limit */

static void without_blanks(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ')
			*text = '_';
}

/* The record that a login to this portal uses: a target may have sent us on from there. */
static void node_of(const struct rrpath_transport *t, struct rrpath_node *node)
{
	rrpath_copy(node->target, sizeof(node->target), t->target);
	rrpath_copy(node->iface, sizeof(node->iface), *t->iface ? t->iface : "default");
	rrpath_transport_login_portal(t, node->portal, sizeof(node->portal));
}

/* iscsi:<target>,<portal>,<iface> back into its parts. */
static bool node_of_owner(const char *owner, struct rrpath_node *node)
{
	char *copy __rr_cleanup(rrpath_freep) = NULL;
	char *iface, *portal;

	if (strncmp(owner, "iscsi:", 6))
		return false;
	copy = rrpath_dup(owner + 6);
	iface = strrchr(copy, ',');
	if (!iface)
		return false;
	*iface++ = '\0';
	portal = strrchr(copy, ',');
	if (!portal)
		return false;
	*portal++ = '\0';
	rrpath_copy(node->target, sizeof(node->target), copy);
	rrpath_copy(node->portal, sizeof(node->portal), portal);
	rrpath_copy(node->iface, sizeof(node->iface), iface);
	return true;
}

static bool belongs_to_disk(enum rrpath_timer_id id)
{
	return id == RRPATH_TIMER_SCSI_TIMEOUT || id == RRPATH_TIMER_MAX_RETRIES ||
	       id == RRPATH_TIMER_EH_TIMEOUT || id == RRPATH_TIMER_IO_TIMEOUT;
}

static void owner_of(const struct rrpath_transport *t, const struct rrpath_dev *dev,
		     enum rrpath_timer_id id, char *owner)
{
	struct rrpath_node node;
	char portal[128];
	size_t len;

	if (t->type == RRPATH_TRANSPORT_ISCSI) {
		node_of(t, &node);
		snprintf(owner, OWNER_LEN, "iscsi:%s,%s,%s", node.target, node.portal, node.iface);
	} else {
		rrpath_transport_portal(t, portal, sizeof(portal));
		snprintf(owner, OWNER_LEN, "%s:%s,%s,%s", rrpath_transport_name(t->type),
			 t->target, portal, t->local);
	}
	len = strlen(owner);
	if (belongs_to_disk(id))
		snprintf(owner + len, OWNER_LEN - len, "/%s", dev->wwid);
	without_blanks(owner);
}

static void save_or_say(const struct rrpath_limits *r, struct rrpath_timers_say *say)
{
	int ret = rrpath_limits_save(r);

	if (!ret)
		return;
	say->failures++;
	rrpath_error("cannot write %s/rrpath/timers: %s: timers will not be put back",
		     rrpath_roots.etc, strerror(-ret));
}

/* ---- setting */

__rr_printf(2, 3)
static void tell(struct rrpath_timers_say *say, const char *fmt, ...)
{
	va_list ap;

	say->changes++;
	if (!say->out)
		return;
	va_start(ap, fmt);
	vfprintf(say->out, fmt, ap);
	va_end(ap);
	fputc('\n', say->out);
}

static void complain(struct rrpath_timers_say *say, const char *what, const char *name,
		     long value, int error)
{
	say->failures++;
	rrpath_error("cannot set %s of %s to %ld: %s", name, what, value, strerror(-error));
}

/*
 * Notes that the map has use of the limit, which is @now and should be @target.
 * Returns true if it is to be written; @value says what.
 */
static bool settle(struct rrpath_limits *r, const char *map, const char *owner, const char *name,
		   enum rrpath_timer_id id, long now, long target, long *value)
{
	struct rrpath_limit *limit = rrpath_limits_find(r, owner, name);

	if (!limit) {
		*value = target;
		return worse(id, now, target);
	}
	/* Of two maps the one that needs more patience gets it. */
	if (rrpath_limit_is_only(limit, map) || worse(id, target, limit->set))
		rrpath_limit_set(limit, target);
	rrpath_limit_add_user(limit, map);
	*value = limit->set;
	return worse(id, now, limit->set) ||
	       (now != limit->set && rrpath_limit_is_ours(limit, now));
}

/* True if it was not noted before. */
static bool note(struct rrpath_limits *r, const char *map, const char *owner, const char *name,
		 long before, long set)
{
	struct rrpath_limit *limit = rrpath_limits_find(r, owner, name);

	if (limit) {
		limit->done = false;
		return false;
	}
	rrpath_limits_add(r, map, owner, name, before, set);
	return true;
}

/* It could not be set after all. */
static void unnote(struct rrpath_limits *r, const char *owner, const char *name)
{
	rrpath_limits_find(r, owner, name)->done = true;
}

struct change {
	enum rrpath_timer_id id;
	char owner[OWNER_LEN];
	long now;
	long value;
	bool is_new;
};

/*
 * The record is written first: whoever is interrupted in here leaves behind what the
 * values were. One that cannot be written is complained of in the end.
 */
static void apply_live(struct rrpath_limits *r, const struct rrpath_dev *dev,
		       struct rrpath_transport *t, const struct change *change, size_t nr,
		       struct rrpath_timers_say *say)
{
	size_t i;

	if (nr)
		rrpath_limits_save(r);
	for (i = 0; i < nr; i++, change++) {
		const char *name = rrpath_timer_name(change->id);
		int ret = rrpath_timer_write(t, change->id, change->value);

		if (!ret) {
			tell(say, "%s: %s %ld -> %ld", dev->name, name, change->now,
			     change->value);
			continue;
		}
		complain(say, dev->name, name, change->value, ret);
		if (change->is_new)
			unnote(r, change->owner, name);
	}
}

static void set_live(struct rrpath_limits *r, const char *map, const struct rrpath_dev *dev,
		     struct rrpath_transport *t, bool queues, struct rrpath_timers_say *say)
{
	/* Where a session began without noops its timer does not run: from the next login. */
	bool noops = t->timer[RRPATH_TIMER_NOOP_INTERVAL].value > 0;
	struct change *changes __rr_cleanup(rrpath_freep) =
		rrpath_alloc(RRPATH_NR_TIMERS, sizeof(*changes));
	size_t nr = 0;
	long target;
	int i;

	for (i = 0; i < RRPATH_NR_TIMERS; i++) {
		enum rrpath_timer_id id = (enum rrpath_timer_id)i;
		const char *name = rrpath_timer_name(id);
		struct change *c = &changes[nr];

		if (!t->timer[id].known || !target_of(t->type, id, queues, &target))
			continue;
		if (!noops && (id == RRPATH_TIMER_NOOP_INTERVAL || id == RRPATH_TIMER_NOOP_TIMEOUT))
			continue;
		c->id = id;
		c->now = t->timer[id].value;
		owner_of(t, dev, id, c->owner);
		if (!settle(r, map, c->owner, name, id, c->now, target, &c->value))
			continue;
		c->is_new = note(r, map, c->owner, name, c->now, c->value);
		nr++;
	}
	apply_live(r, dev, t, changes, nr, say);
}

static void set_node(struct rrpath_limits *r, const char *map, const struct rrpath_dev *dev,
		     const struct rrpath_transport *t, bool queues, struct rrpath_timers_say *say)
{
	char *text __rr_cleanup(rrpath_freep) = NULL;
	struct rrpath_node_value values[RRPATH_NR_TIMERS];
	long before[RRPATH_NR_TIMERS], target;
	bool is_new[RRPATH_NR_TIMERS];
	char owner[OWNER_LEN];
	struct rrpath_node node;
	size_t nr = 0, k;
	int i, ret;

	node_of(t, &node);
	text = rrpath_open_iscsi.show(&node);
	if (!text)
		return;
	owner_of(t, dev, RRPATH_TIMER_RECOVERY, owner);
	for (i = 0; i < RRPATH_NR_TIMERS; i++) {
		const char *name = rrpath_timer_node_name((enum rrpath_timer_id)i);

		if (!name || !target_of(t->type, (enum rrpath_timer_id)i, queues, &target) ||
		    !rrpath_node_find(text, name, &before[nr]) ||
		    !settle(r, map, owner, name, (enum rrpath_timer_id)i, before[nr], target,
			    &values[nr].value))
			continue;
		values[nr++].name = name;
	}
	if (!nr)
		return;
	for (k = 0; k < nr; k++)
		is_new[k] = note(r, map, owner, values[k].name, before[k], values[k].value);
	rrpath_limits_save(r);
	ret = rrpath_open_iscsi.update(&node, values, nr);
	if (ret)
		complain(say, "the node record", values[0].name, values[0].value, ret);
	for (k = 0; k < nr; k++) {
		if (ret && is_new[k])
			unnote(r, owner, values[k].name);
		if (ret)
			continue;
		tell(say, "%s: node record, %s %ld -> %ld", dev->name, values[k].name, before[k],
		     values[k].value);
	}
}

/* A session without a connection takes no limits: it gets them when it is back. */
static bool is_connected(const struct rrpath_transport *t)
{
	return t->type != RRPATH_TRANSPORT_ISCSI || !strcmp(t->state, "LOGGED_IN");
}

static bool node_is_noted(const struct rrpath_limits *r, const char *map,
			  const struct rrpath_dev *dev, const struct rrpath_transport *t)
{
	char owner[OWNER_LEN];
	size_t i;

	owner_of(t, dev, RRPATH_TIMER_RECOVERY, owner);
	for (i = 0; i < r->nr; i++) {
		const struct rrpath_limit *limit = &r->limit[i];

		if (rrpath_limit_is_node(limit) && rrpath_limit_has_user(limit, map) &&
		    !strcmp(limit->owner, owner))
			return true;
	}
	return false;
}

static void set_path(struct rrpath_limits *r, const struct rrpath_map *map,
		     const struct rrpath_dev *dev, struct rrpath_timers_say *say)
{
	bool queues = strcmp(map->opt[RRPATH_OPT_QUEUE], "0");
	struct rrpath_transport *t __rr_cleanup(rrpath_freep) = rrpath_alloc(1, sizeof(*t));
	unsigned int before;

	if (rrpath_transport_of(dev, t) || !rrpath_timers_apply_to(t->type))
		return;
	before = say->changes;
	if (is_connected(t))
		set_live(r, map->name, dev, t, queues, say);
	/* A session that has what it should has it from its record: iscsiadm need not run. */
	if (t->type == RRPATH_TRANSPORT_ISCSI &&
	    (say->changes != before || !node_is_noted(r, map->name, dev, t)))
		set_node(r, map->name, dev, t, queues, say);
}

/* ---- putting back */

/* A helper that closes a dead connection sets recovery_tmo to 0 for the moment. */
static bool is_ours(const struct rrpath_limit *limit, enum rrpath_timer_id id, long now)
{
	return rrpath_limit_is_ours(limit, now) || (id == RRPATH_TIMER_RECOVERY && !now);
}

static void put_back_disk(struct rrpath_limits *r, const struct rrpath_dev *dev,
			  const struct rrpath_transport *t, struct rrpath_timers_say *say)
{
	char owner[OWNER_LEN];
	int i, ret;

	for (i = 0; i < RRPATH_NR_TIMERS; i++) {
		enum rrpath_timer_id id = (enum rrpath_timer_id)i;
		struct rrpath_limit *limit;

		if (!t->timer[id].known)
			continue;
		owner_of(t, dev, id, owner);
		limit = rrpath_limits_find(r, owner, rrpath_timer_name(id));
		if (!limit || !limit->gone || limit->done)
			continue;
		/* A node may have several sessions: it is done when all have been looked at. */
		if (!is_connected(t)) {
			limit->met = true;
			continue;
		}
		if (!is_ours(limit, id, t->timer[id].value))
			continue;
		ret = rrpath_timer_write(t, id, limit->before);
		if (ret)
			complain(say, dev->name, limit->name, limit->before, ret);
		else
			tell(say, "%s: %s %ld -> %ld", dev->name, limit->name,
			     t->timer[id].value, limit->before);
	}
}

static void put_back_live(struct rrpath_limits *r, struct rrpath_timers_say *say)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/block", rrpath_roots.sys);
	struct rrpath_transport *t __rr_cleanup(rrpath_freep) = rrpath_alloc(1, sizeof(*t));
	DIR *disks = opendir(path);
	struct dirent *entry;

	while (disks && (entry = readdir(disks))) {
		unsigned int major, minor;
		struct rrpath_dev dev;

		if (*entry->d_name == '.' || !strncmp(entry->d_name, "dm-", 3) ||
		    rrpath_dev_number(entry->d_name, &major, &minor))
			continue;
		if (!rrpath_dev_facts(major, minor, &dev) && !rrpath_transport_of(&dev, t) &&
		    rrpath_timers_apply_to(t->type))
			put_back_disk(r, &dev, t, say);
		rrpath_dev_free(&dev);
	}
	if (disks)
		closedir(disks);
}

/* All limits of the record of @first, in one go. */
static void put_back_node(struct rrpath_limits *r, const struct rrpath_limit *first,
			  struct rrpath_timers_say *say)
{
	char *text __rr_cleanup(rrpath_freep) = NULL;
	struct rrpath_node_value values[RRPATH_NR_TIMERS];
	struct rrpath_node node;
	size_t nr = 0, i;
	long now;
	int ret = 0;

	if (node_of_owner(first->owner, &node))
		text = rrpath_open_iscsi.show(&node);
	for (i = 0; i < r->nr; i++) {
		struct rrpath_limit *limit = &r->limit[i];

		if (!limit->gone || limit->done || !rrpath_limit_is_node(limit) ||
		    strcmp(limit->owner, first->owner))
			continue;
		limit->done = true;
		if (nr == RRPATH_NR_TIMERS || !text ||
		    !rrpath_node_find(text, limit->name, &now) ||
		    !rrpath_limit_is_ours(limit, now))
			continue;
		values[nr].name = limit->name;
		values[nr++].value = limit->before;
		tell(say, "%s: node record, %s %ld -> %ld", node.portal, limit->name, now,
		     limit->before);
	}
	if (nr)
		ret = rrpath_open_iscsi.update(&node, values, nr);
	if (ret)
		complain(say, "the node record", values[0].name, values[0].value, ret);
}

/* Puts back what nobody has use of. */
static void put_back(struct rrpath_limits *r, struct rrpath_timers_say *say)
{
	bool live = false;
	size_t i;

	for (i = 0; i < r->nr; i++) {
		r->limit[i].gone = rrpath_limit_is_unused(&r->limit[i]);
		live |= r->limit[i].gone && !rrpath_limit_is_node(&r->limit[i]);
	}
	if (live)
		put_back_live(r, say);
	/* What is not there any more needs nothing. */
	for (i = 0; i < r->nr; i++)
		if (r->limit[i].gone && !r->limit[i].met && !rrpath_limit_is_node(&r->limit[i]))
			r->limit[i].done = true;
	for (i = 0; i < r->nr; i++) {
		struct rrpath_limit *limit = &r->limit[i];

		if (limit->gone && !limit->done && rrpath_limit_is_node(limit))
			put_back_node(r, limit, say);
	}
}

/* ---- what others call */

void rrpath_timers_again(const struct rrpath_map *map, struct rrpath_timers_say *say)
{
	struct rrpath_limits r __rr_cleanup(rrpath_limits_free);
	size_t i;

	rrpath_limits_load(&r);
	if (!rrpath_limits_has_map(&r, map->name))
		return;
	for (i = 0; map->nr_paths < 2 && i < r.nr; i++)
		rrpath_limit_remove_user(&r.limit[i], map->name);
	for (i = 0; map->nr_paths > 1 && i < map->nr_paths; i++)
		if (map->path[i].present)
			set_path(&r, map, &map->path[i].dev, say);
	put_back(&r, say);
	save_or_say(&r, say);
}

void rrpath_timers_reconnected(const struct rrpath_dev *dev)
{
	struct rrpath_transport *t __rr_cleanup(rrpath_freep) = rrpath_alloc(1, sizeof(*t));
	struct rrpath_limits r __rr_cleanup(rrpath_limits_free) = { 0 };
	char owner[OWNER_LEN];
	int i;

	if (rrpath_transport_of(dev, t) || !is_connected(t))
		return;
	rrpath_limits_load(&r);
	for (i = 0; i < RRPATH_NR_TIMERS; i++) {
		enum rrpath_timer_id id = (enum rrpath_timer_id)i;
		const struct rrpath_limit *limit;

		if (!t->timer[id].known)
			continue;
		owner_of(t, dev, id, owner);
		limit = rrpath_limits_find(&r, owner, rrpath_timer_name(id));
		if (!limit || rrpath_limit_is_unused(limit))
			continue;
		/* Noops that are off cannot be begun with. */
		if (id == RRPATH_TIMER_NOOP_INTERVAL && t->timer[id].value <= 0)
			continue;
		if (worse(id, t->timer[id].value, limit->set))
			rrpath_timer_write(t, id, limit->set);
	}
}

static bool has_limits(const struct rrpath_dev *dev)
{
	struct rrpath_transport *t = rrpath_alloc(1, sizeof(*t));
	bool has = !rrpath_transport_of(dev, t) && rrpath_timers_apply_to(t->type);

	free(t);
	return has;
}

void rrpath_timers_set(const struct rrpath_map *map, struct rrpath_timers_say *say)
{
	struct rrpath_limits r __rr_cleanup(rrpath_limits_free);
	size_t i, ours = 0;

	rrpath_limits_load(&r);
	for (i = 0; i < map->nr_paths; i++)
		ours += map->path[i].present && has_limits(&map->path[i].dev);
	/* Nothing to set, nothing to keep. */
	if (!ours && !rrpath_limits_has_map(&r, map->name))
		return;
	if (!rrpath_limits_has_map(&r, map->name)) {
		rrpath_limits_add_map(&r, map->name);
		save_or_say(&r, say);
	}
	rrpath_timers_again(map, say);
}

bool rrpath_timers_are_set(const char *name)
{
	struct rrpath_limits r __rr_cleanup(rrpath_limits_free);

	rrpath_limits_load(&r);
	return rrpath_limits_has_map(&r, name);
}

/* Of users that were to leave those that have gone: what has a user is not put back. */
static void drop_left(const struct rrpath_limits *r, struct rrpath_limit *limit)
{
	char *users __rr_cleanup(rrpath_freep) = rrpath_dup(limit->maps);
	char *rest = users, *name;
	struct rrpath_dm_info info;

	while (!rrpath_limit_is_unused(limit) && (name = strsep(&rest, ",")))
		if (!rrpath_limits_has_map(r, name) && !rrpath_dm_info(name, &info) &&
		    !info.exists)
			rrpath_limit_remove_user(limit, name);
}

void rrpath_timers_settle(void)
{
	struct rrpath_limits r __rr_cleanup(rrpath_limits_free);
	struct rrpath_timers_say say = { 0 };
	bool unused = false;
	size_t i;

	rrpath_limits_load(&r);
	for (i = 0; i < r.nr; i++) {
		drop_left(&r, &r.limit[i]);
		unused |= rrpath_limit_is_unused(&r.limit[i]);
	}
	if (!unused)
		return;
	put_back(&r, &say);
	save_or_say(&r, &say);
}

void rrpath_timers_leave(const char *name)
{
	struct rrpath_limits r __rr_cleanup(rrpath_limits_free);
	struct rrpath_timers_say say = { 0 };

	rrpath_limits_load(&r);
	if (!rrpath_limits_has_map(&r, name))
		return;
	rrpath_limits_remove_map(&r, name);
	save_or_say(&r, &say);
}

void rrpath_timers_changed(const char *name)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	struct rrpath_timers_say say = { 0 };

	rrpath_timers_settle();
	if (rrpath_timers_are_set(name) && !rrpath_dm_info(name, &map.info) && map.info.exists &&
	    !rrpath_map_load(name, &map))
		rrpath_timers_again(&map, &say);
}

void rrpath_timers_renamed(const char *name, const char *to)
{
	struct rrpath_limits r __rr_cleanup(rrpath_limits_free);
	struct rrpath_timers_say say = { 0 };
	size_t i;

	rrpath_limits_load(&r);
	if (!rrpath_limits_has_map(&r, name))
		return;
	rrpath_limits_remove_map(&r, name);
	rrpath_limits_add_map(&r, to);
	for (i = 0; i < r.nr; i++) {
		if (!rrpath_limit_has_user(&r.limit[i], name))
			continue;
		rrpath_limit_remove_user(&r.limit[i], name);
		rrpath_limit_add_user(&r.limit[i], to);
	}
	save_or_say(&r, &say);
}

void rrpath_timers_restore(const char *name, struct rrpath_timers_say *say)
{
	struct rrpath_limits r __rr_cleanup(rrpath_limits_free);
	size_t i;

	rrpath_limits_load(&r);
	if (!r.nr && !rrpath_limits_has_map(&r, name))
		return;
	rrpath_limits_remove_map(&r, name);
	for (i = 0; i < r.nr; i++)
		rrpath_limit_remove_user(&r.limit[i], name);
	put_back(&r, say);
	save_or_say(&r, say);
}

void rrpath_timers_restore_path(const char *name, const struct rrpath_dev *dev,
				struct rrpath_timers_say *say)
{
	struct rrpath_transport *t __rr_cleanup(rrpath_freep) = rrpath_alloc(1, sizeof(*t));
	struct rrpath_limits r __rr_cleanup(rrpath_limits_free);
	char session[OWNER_LEN], disk[OWNER_LEN];
	size_t i;

	rrpath_limits_load(&r);
	if (!rrpath_limits_has_map(&r, name) || rrpath_transport_of(dev, t) ||
	    !rrpath_timers_apply_to(t->type))
		return;
	owner_of(t, dev, RRPATH_TIMER_RECOVERY, session);
	owner_of(t, dev, RRPATH_TIMER_SCSI_TIMEOUT, disk);
	for (i = 0; i < r.nr; i++)
		if (!strcmp(r.limit[i].owner, session) || !strcmp(r.limit[i].owner, disk))
			rrpath_limit_remove_user(&r.limit[i], name);
	put_back(&r, say);
	save_or_say(&r, say);
}
