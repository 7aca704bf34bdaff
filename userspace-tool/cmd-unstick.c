// SPDX-License-Identifier: GPL-2.0
/*
 * rrpath unstick: ends the connection of an iSCSI path whose link is dead.
 *
 * The kernel takes a stalled path out of the choice for new bios at once, but what
 * is in flight on it stays there until the transport gives it back: sending it on
 * another path earlier could let the old copy land after newer data. For iSCSI that
 * takes until the NOP-Outs go unanswered and recovery_tmo has passed, 15 seconds
 * with usual settings. Closing the connection brings the same end at once: at
 * error recovery level 0, the only one that Linux has, the tasks of a session end
 * with its connection, and what TCP has not had acknowledged is never sent again. Nor
 * may it be sent by those below TCP: with the link's carrier the neighbour's address
 * is gone, and what is sent again waits for it. It is thrown away.
 *
 * It may have to act while the root filesystem is on the very map that is stuck.
 * So it is locked into memory, and from a stall event to the closed connection it
 * starts no program and reads no file but in sysfs, /proc and /run. Maps are traced
 * to their sessions when maps change.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "events.h"
#include "iscsi.h"
#include "map.h"
#include "neighbour.h"
#include "redial.h"
#include "sockdiag.h"
#include "timers.h"
#include "transport.h"
#include "unstick.h"
#include "util.h"

#define LOOK_MS		100	/* at a stalled path's connection */
#define LOOK_AGAIN_MS	1000	/* at one that was left alone */
#define RETURN_MS	500	/* for a session to be back */
#define REDIAL_MS	200	/* at least between two attempts to connect */
#define RETURN_LATER_MS	2000	/* when it has been gone for a minute */
#define NO_SESSION	SIZE_MAX
/* Room in memory that is there already when there may be no more. */
#define HEAP_RESERVE	1048576

enum phase {
	IDLE,
	LOOKING,
	LEFT,		/* stalled, and to be left as it is */
	CLOSED,		/* by us; not logged in again so far */
};

struct session {
	struct rrpath_iscsi iscsi;
	struct rrpath_redial redial;
	enum phase phase;
	int64_t since;		/* LOOKING, CLOSED: in milliseconds */
	int64_t next;		/* time of the next look */
	int64_t dialled;
};

struct path {
	unsigned int major;
	unsigned int minor;
	size_t session;		/* index, or NO_SESSION */
};

struct watch {
	char name[RRPATH_NAME_LEN];
	size_t nr_paths;
	struct path *path;
};

struct helper {
	struct rrpath_events *events;
	int diag;
	int signals;
	bool once;
	bool closed;			/* something has been */
	struct pollfd *pollfd;		/* events, signals, then one per session */
	size_t nr_sessions;
	struct session *session;
	size_t nr_watches;
	struct watch *watch;
	int64_t read_again;		/* the maps, which could not be listed; 0: no */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* One line for the log. A log that takes nothing must not hold up anything. */
__rr_printf(1, 2)
static void say(const char *fmt, ...)
{
	char line[512] = "rrpath: ";
	size_t len = strlen(line);
	ssize_t ignored;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	va_end(ap);
	rrpath_make_safe(line);
	strcat(line, "\n");
	ignored = write(STDERR_FILENO, line, strlen(line));
	(void)ignored;
}

/* ---- from maps to sessions */

static size_t find_session(const struct helper *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->nr_sessions; i++)
		if (!strcmp(h->session[i].iscsi.name, name))
			return i;
	return NO_SESSION;
}

/* Takes over what is in @iscsi. */
static size_t add_session(struct helper *h, const struct rrpath_iscsi *iscsi)
{
	struct session *session;

	h->session = rrpath_grow(h->session, h->nr_sessions + 1, sizeof(*h->session));
	session = &h->session[h->nr_sessions];
	memset(session, 0, sizeof(*session));
	rrpath_redial_init(&session->redial);
	session->iscsi = *iscsi;
	if (rrpath_iscsi_hurried(&session->iscsi)) {
		session->phase = CLOSED;
		session->since = now_ms();
		session->next = session->since;
	}
	return h->nr_sessions++;
}

static size_t session_of(struct helper *h, const struct rrpath_dev *dev)
{
	struct rrpath_transport *t __rr_cleanup(rrpath_freep) = rrpath_alloc(1, sizeof(*t));
	struct rrpath_iscsi iscsi;
	size_t i;

	if (rrpath_transport_of(dev, t) || t->type != RRPATH_TRANSPORT_ISCSI)
		return NO_SESSION;
	i = find_session(h, t->name);
	if (i != NO_SESSION)
		return i;
	return rrpath_iscsi_open(&iscsi, t) ? NO_SESSION : add_session(h, &iscsi);
}

/* One that has to be given its timer back, also if its map was removed meanwhile. */
static void add_hurried(void *data, const char *name)
{
	struct rrpath_iscsi iscsi;
	struct helper *h = data;

	if (find_session(h, name) == NO_SESSION && !rrpath_iscsi_open_name(&iscsi, name))
		add_session(h, &iscsi);
}

static void add_watch(struct helper *h, const struct rrpath_map *map)
{
	struct watch *watch = &h->watch[h->nr_watches++];
	size_t i;

	rrpath_copy(watch->name, sizeof(watch->name), map->name);
	watch->nr_paths = map->nr_paths;
	watch->path = rrpath_alloc(map->nr_paths, sizeof(*watch->path));
	for (i = 0; i < map->nr_paths; i++) {
		watch->path[i].major = map->path[i].status.major;
		watch->path[i].minor = map->path[i].status.minor;
		watch->path[i].session = map->path[i].present ?
			session_of(h, &map->path[i].dev) : NO_SESSION;
	}
}

static bool is_watched(const struct helper *h, unsigned int major, unsigned int minor)
{
	size_t i, p;

	for (i = 0; i < h->nr_watches; i++)
		for (p = 0; p < h->watch[i].nr_paths; p++)
			if (h->watch[i].path[p].major == major &&
			    h->watch[i].path[p].minor == minor)
				return true;
	return false;
}

static bool is_used(const struct rrpath_dev *dev)
{
	struct rrpath_uses uses = { 0 };
	bool used;

	rrpath_dev_uses(dev, &uses);
	used = uses.nr;
	rrpath_uses_free(&uses);
	return used;
}

/*
 * The session has a disk that is no path of an rrpath map and is mounted or the like.
 * Asked when a path has stalled, as a disk may have been mounted at any time; sysfs
 * and /proc have the answer. rrpath_dev_is_claimed() would know more, but to open a
 * disk behind a dead link may wait for as long as the link is dead.
 */
static bool is_shared(const struct helper *h, const struct session *session)
{
	char *pattern __rr_cleanup(rrpath_freep) = NULL;
	glob_t disks = { 0 };
	bool shared = false;
	size_t i;

	pattern = rrpath_printf("%s/class/iscsi_session/%s/device/target*/*/block/*",
				rrpath_roots.sys, session->iscsi.name);
	if (glob(pattern, 0, NULL, &disks))
		return false;
	for (i = 0; i < disks.gl_pathc && !shared; i++) {
		unsigned int major, minor;
		struct rrpath_dev dev;
		char number[24];

		if (!rrpath_read_line(number, sizeof(number), "%s/dev", disks.gl_pathv[i]) ||
		    rrpath_parse_devno(number, &major, &minor) || is_watched(h, major, minor) ||
		    rrpath_dev_facts(major, minor, &dev))
			continue;
		shared = is_used(&dev);
		rrpath_dev_free(&dev);
	}
	globfree(&disks);
	return shared;
}

static void forget_maps(struct helper *h)
{
	size_t i;

	for (i = 0; i < h->nr_watches; i++)
		free(h->watch[i].path);
	free(h->watch);
	h->watch = NULL;
	h->nr_watches = 0;
}

/* Sessions without a path any more; one that is to be given its timer back stays. */
static void forget_sessions(struct helper *h)
{
	size_t i, w, p, last;

	for (i = 0; i < h->nr_sessions; i++) {
		bool used = h->session[i].phase == CLOSED &&
			    rrpath_iscsi_exists(&h->session[i].iscsi);

		last = h->nr_sessions - 1;
		for (w = 0; w < h->nr_watches; w++)
			for (p = 0; p < h->watch[w].nr_paths; p++)
				used |= h->watch[w].path[p].session == i;
		if (used)
			continue;
		rrpath_iscsi_close(&h->session[i].iscsi);
		rrpath_redial_end(&h->session[i].redial);
		h->session[i] = h->session[last];
		for (w = 0; w < h->nr_watches; w++)
			for (p = 0; p < h->watch[w].nr_paths; p++)
				if (h->watch[w].path[p].session == last)
					h->watch[w].path[p].session = i;
		h->nr_sessions--;
		i--;
	}
}

static void read_maps(struct helper *h)
{
	struct rrpath_maps maps __rr_cleanup(rrpath_maps_free) = { 0 };
	size_t i;

	/* What is known stays until the maps can be listed. */
	if (rrpath_maps_load(NULL, &maps)) {
		h->read_again = h->once ? 0 : now_ms() + LOOK_AGAIN_MS;
		return;
	}
	h->read_again = 0;
	forget_maps(h);
	h->watch = rrpath_alloc(maps.nr, sizeof(*h->watch));
	for (i = 0; i < maps.nr; i++)
		add_watch(h, &maps.map[i]);
	rrpath_iscsi_each_hurried(add_hurried, h);
	forget_sessions(h);
	h->pollfd = rrpath_grow(h->pollfd, 2 + h->nr_sessions, sizeof(*h->pollfd));
}

/* ---- a stalled path */

/* A stalled path that answers again is not used at once: it is held down first. */
static bool is_stuck(const struct rrpath_path_status *path)
{
	return path->state == RRPATH_STALLED && strcmp(path->reason, "hold-down");
}

/* What the map's status says about the session @index. */
static void read_watch(const struct helper *h, const struct watch *watch, size_t index,
		       struct rrpath_unstick *facts)
{
	struct rrpath_dm_line line __rr_cleanup(rrpath_dm_line_free) = { 0 };
	struct rrpath_status status = { 0 };
	char why[RRPATH_WHY_LEN];
	bool spare = false;
	size_t i;
	int ret;

	ret = rrpath_dm_status(watch->name, &line);
	/* Also if it is gone, or has got another name: the maps are read anew for that. */
	if (ret || strcmp(line.target, RRPATH_TARGET) ||
	    rrpath_status_parse(&status, line.params, why)) {
		facts->spare = false;
		return;
	}
	for (i = 0; i < watch->nr_paths; i++) {
		const struct path *path = &watch->path[i];
		int at = rrpath_status_find(&status, path->major, path->minor);

		if (at < 0)
			continue;
		if (path->session != index)
			spare |= rrpath_state_usable(status.paths[at].state);
		else if (h->once || is_stuck(&status.paths[at]))
			facts->stalled = true;
	}
	facts->spare &= spare;
	rrpath_status_free(&status);
}

/* @peer: of the connection that facts->tcp is about, if there is one. */
static void read_facts(const struct helper *h, size_t index, struct rrpath_unstick *facts,
		       struct rrpath_tcp_peer *peer)
{
	const struct session *session = &h->session[index];
	size_t i, p;

	memset(facts, 0, sizeof(*facts));
	facts->elapsed_ms = (unsigned int)(now_ms() - session->since);
	facts->spare = true;
	for (i = 0; i < h->nr_watches; i++)
		for (p = 0; p < h->watch[i].nr_paths; p++)
			if (h->watch[i].path[p].session == index) {
				read_watch(h, &h->watch[i], index, facts);
				break;
			}
	if (!facts->stalled)
		return;
	facts->shared = is_shared(h, session);
	if (rrpath_iscsi_peer(&session->iscsi, peer) &&
	    rrpath_tcp_find(h->diag, peer, RRPATH_TCP_NONE, &facts->tcp))
		facts->tcp.state = RRPATH_TCP_NONE;
}

static void say_verdict(const struct session *session, const char *verdict, const char *why,
			const struct rrpath_tcp *tcp)
{
	say("%s: %s: %s (unacknowledged: %u, sent again: %u, last %u ms ago, silence: %u ms)",
	    session->iscsi.name, verdict, why, tcp->unacked, tcp->retransmits,
	    tcp->last_sent_ms, rrpath_unstick_silence(tcp));
}

static void close_connection(struct helper *h, struct session *session,
			     const struct rrpath_unstick *facts,
			     const struct rrpath_tcp_peer *peer, const char *why)
{
	const char *name = session->iscsi.name;
	int hurry, ret, waits;

	hurry = rrpath_iscsi_hurry(&session->iscsi);
	ret = rrpath_tcp_destroy(h->diag, &facts->tcp);
	/* From here on nothing of it can come to wait there. Not the portal, which redirects. */
	waits = rrpath_neighbour_forget(peer);
	h->closed = true;
	session->phase = CLOSED;
	session->since = now_ms();
	session->next = session->since + LOOK_MS;
	if (ret && ret != -ENOENT)
		say("%s: its connection cannot be closed: %s", name, strerror(-ret));
	else
		say_verdict(session, "connection closed", why, &facts->tcp);
	if (waits)
		say("%s: what waits for the neighbour cannot be thrown away: %s", name,
		    strerror(-waits));
	if (hurry)
		say("%s: its recovery_tmo cannot be set: %s", name, strerror(-hurry));
}

static void look(struct helper *h, size_t index)
{
	struct session *session = &h->session[index];
	enum rrpath_unstick_verdict verdict;
	struct rrpath_tcp_peer peer;
	struct rrpath_unstick facts;
	const char *why;

	read_facts(h, index, &facts, &peer);
	verdict = rrpath_unstick_decide(&facts, &why);
	session->next = now_ms() + (session->phase == LEFT ? LOOK_AGAIN_MS : LOOK_MS);
	switch (verdict) {
	case RRPATH_UNSTICK_ACT:
		close_connection(h, session, &facts, &peer, why);
		break;
	case RRPATH_UNSTICK_OVER:
		session->phase = IDLE;
		break;
	case RRPATH_UNSTICK_LEAVE:
		if (session->phase == LOOKING)
			say_verdict(session, "left alone", why, &facts.tcp);
		session->phase = LEFT;
		session->next = now_ms() + LOOK_AGAIN_MS;
		break;
	case RRPATH_UNSTICK_WAIT:
		break;
	}
}

/* ---- a session that was closed */

static void ended(struct session *session)
{
	rrpath_redial_end(&session->redial);
	session->phase = IDLE;
}

/*
 * The session says LOGGED_IN for a while after its connection has been closed,
 * until iscsid has taken notice.
 */
static bool is_back(const struct helper *h, const struct session *session)
{
	struct rrpath_tcp_peer peer;
	struct rrpath_tcp tcp;

	return rrpath_iscsi_peer(&session->iscsi, &peer) &&
	       !rrpath_tcp_find(h->diag, &peer, RRPATH_TCP_ESTABLISHED, &tcp) &&
	       tcp.state == RRPATH_TCP_ESTABLISHED && rrpath_iscsi_logged_in(&session->iscsi);
}

static void redial(const struct helper *h, struct session *session)
{
	session->dialled = now_ms();
	if (session->iscsi.portal.family &&
	    rrpath_redial(&session->redial, h->diag, &session->iscsi.portal))
		rrpath_redial_end(&session->redial);
}

/* The attempt has come to its end; in an error iscsid must not see it if it can be helped. */
static void dial_ended(const struct helper *h, struct session *session)
{
	int64_t again = session->dialled + REDIAL_MS;

	if (now_ms() >= again)
		redial(h, session);
	else if (session->next > again)
		session->next = again;
}

/*
 * iscsid has connected with the noop timers that it knows of, not with those that were
 * set since. In a process of its own, for the record of what was set may be on a disk
 * that is stuck, and this one must not be.
 */
static void set_timers(const struct helper *h, const struct session *session)
{
	size_t i, p;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		say("%s: its timers cannot be set again: %s", session->iscsi.name,
		    strerror(errno));
	if (pid)
		return;
	for (i = 0; i < h->nr_watches; i++) {
		for (p = 0; p < h->watch[i].nr_paths; p++) {
			const struct path *path = &h->watch[i].path[p];
			struct rrpath_dev dev;

			if (path->session != (size_t)(session - h->session) ||
			    rrpath_dev_facts(path->major, path->minor, &dev))
				continue;
			rrpath_timers_reconnected(&dev);
			rrpath_dev_free(&dev);
		}
	}
	_exit(0);
}

static void look_for_return(const struct helper *h, struct session *session)
{
	int64_t gone = now_ms() - session->since;
	int ret;

	session->next = now_ms() + (gone < 60000 ? RETURN_MS : RETURN_LATER_MS);
	if (!rrpath_iscsi_exists(&session->iscsi)) {
		rrpath_iscsi_calm(&session->iscsi);
		ended(session);
		return;
	}
	if (!is_back(h, session)) {
		redial(h, session);
		return;
	}
	ret = rrpath_iscsi_calm(&session->iscsi);
	/* It went down again at this very moment. */
	if (ret == -EBUSY)
		return;
	if (ret)
		say("%s: its recovery_tmo cannot be restored: %s", session->iscsi.name,
		    strerror(-ret));
	say("%s: logged in again after %lld ms", session->iscsi.name, (long long)gone);
	ended(session);
	set_timers(h, session);
}

/* ---- the loop */

static void begin(struct helper *h, size_t index)
{
	struct session *session = &h->session[index];

	/* Just closed, it fails; closed and logged in again, it may stall again. */
	if (session->phase == CLOSED)
		look_for_return(h, session);
	if (session->phase == CLOSED || session->phase == LOOKING)
		return;
	session->phase = LOOKING;
	session->since = now_ms();
	look(h, index);
}

/* @name: of the map, NULL: all. */
static void begin_map(struct helper *h, const char *name)
{
	size_t i, p;

	for (i = 0; i < h->nr_watches; i++) {
		struct watch *watch = &h->watch[i];

		if (name && strcmp(watch->name, name))
			continue;
		for (p = 0; p < watch->nr_paths; p++)
			if (watch->path[p].session != NO_SESSION)
				begin(h, watch->path[p].session);
	}
}

static int look_at_all(struct helper *h)
{
	int64_t now = now_ms(), wait = -1;
	size_t i;

	if (h->read_again && h->read_again <= now) {
		read_maps(h);
		begin_map(h, NULL);
	}
	if (h->read_again)
		wait = LOOK_AGAIN_MS;
	for (i = 0; i < h->nr_sessions; i++) {
		struct session *session = &h->session[i];

		if (session->phase == IDLE)
			continue;
		if (session->next <= now && session->phase == CLOSED)
			look_for_return(h, session);
		else if (session->next <= now)
			look(h, i);
		if (session->phase != IDLE && (wait < 0 || session->next - now < wait))
			wait = session->next > now ? session->next - now : 0;
	}
	return (int)wait;
}

static bool is_rrpath(const struct rrpath_event *event)
{
	return !strncmp(event->uuid, "rrpath-", strlen("rrpath-"));
}

/* True if maps and sessions have to be put together anew. */
static bool take_event(struct helper *h, const struct rrpath_event *event)
{
	if (!strcmp(event->dm_action, "PATH_FAILED")) {
		if (is_rrpath(event) && !h->once)
			begin_map(h, event->name);
		return false;
	}
	if (*event->dm_action)
		return false;
	if (rrpath_event_is_map(event))
		return !*event->uuid || is_rrpath(event);
	return is_watched(h, event->major, event->minor);
}

static int take_events(struct helper *h)
{
	struct rrpath_event event;
	bool changed = false;
	int ret;

	while ((ret = rrpath_events_next(h->events, 0, &event)) > 0)
		changed |= take_event(h, &event);
	if (ret == -ENOBUFS)
		say("events were lost: reading all maps again");
	else if (ret < 0 && ret != -EINTR)
		return ret;
	if ((changed || ret == -ENOBUFS) && !h->once) {
		read_maps(h);
		begin_map(h, NULL);
	}
	return 0;
}

static void wait_for(struct helper *h, int wait)
{
	int64_t now = now_ms();
	size_t i;

	h->pollfd[0].fd = rrpath_events_fd(h->events);
	h->pollfd[0].events = POLLIN;
	h->pollfd[1].fd = h->signals;
	h->pollfd[1].events = POLLIN;
	for (i = 0; i < h->nr_sessions; i++) {
		struct session *session = &h->session[i];
		int64_t early = session->dialled + REDIAL_MS - now;

		/* Errors only, and those that may be answered at once. */
		h->pollfd[2 + i].fd = rrpath_redial_fd(&session->redial);
		h->pollfd[2 + i].events = 0;
		if (h->pollfd[2 + i].fd < 0 || early <= 0)
			continue;
		h->pollfd[2 + i].fd = -1;
		if (early < wait)
			wait = (int)early;
	}
	if (poll(h->pollfd, 2 + h->nr_sessions, wait) < 0)
		for (i = 0; i < 2 + h->nr_sessions; i++)
			h->pollfd[i].revents = 0;
}

static bool is_finished(const struct session *one)
{
	return one && one->phase != LOOKING && one->phase != CLOSED;
}

/* Until a signal comes, or @one session is dealt with. 0 or a negative errno. */
static int run(struct helper *h, const struct session *one)
{
	size_t i;

	for (;;) {
		int ret, wait = look_at_all(h);

		if (is_finished(one))
			return 0;
		wait_for(h, wait);
		if (h->pollfd[1].revents)
			return 0;
		for (i = 0; i < h->nr_sessions; i++)
			if (h->pollfd[2 + i].revents)
				dial_ended(h, &h->session[i]);
		ret = h->pollfd[0].revents ? take_events(h) : 0;
		if (ret)
			return ret;
	}
}

/* ---- start */

static void stay_in_memory(void)
{
	char *score_file __rr_cleanup(rrpath_freep) =
		rrpath_printf("%s/self/oom_score_adj", rrpath_roots.proc);
	static const char score[] = "-900";
	ssize_t ignored;
	void *reserve;
	int fd;

	/* What is freed stays ours, and nothing is mapped in the middle of it. */
	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_MMAP_MAX, 0);
	reserve = malloc(HEAP_RESERVE);
	if (reserve)
		memset(reserve, 1, HEAP_RESERVE);
	free(reserve);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		say("cannot be locked into memory: %s", strerror(errno));
	fd = open(score_file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ignored = write(fd, score, strlen(score));
	(void)ignored;
	close(fd);
}

/* A journal that stands still, its disk being the stuck one, must not stop this. */
static void do_not_wait_for_log(void)
{
	struct stat st;

	if (!fstat(STDERR_FILENO, &st) && S_ISSOCK(st.st_mode))
		fcntl(STDERR_FILENO, F_SETFL, fcntl(STDERR_FILENO, F_GETFL) | O_NONBLOCK);
}

/* The first question loads the modules tcp_diag and inet_diag. */
static int open_diag(struct helper *h)
{
	struct rrpath_tcp_peer peer;
	struct rrpath_tcp tcp;
	int ret;

	h->diag = rrpath_tcp_open();
	ret = h->diag;
	if (ret >= 0 && rrpath_tcp_peer_set(&peer, "127.0.0.1", 3260, 0))
		ret = rrpath_tcp_find(h->diag, &peer, RRPATH_TCP_NONE, &tcp);
	if (ret >= 0)
		return RRPATH_DONE;
	rrpath_error("the kernel does not show TCP connections: %s: modprobe tcp_diag",
		     strerror(-ret));
	return RRPATH_FAILED;
}

static int open_signals(struct helper *h)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	h->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return h->signals < 0 ? RRPATH_FAILED : RRPATH_DONE;
}

static int start(struct helper *h)
{
	int ret = rrpath_events_open(&h->events);

	if (ret) {
		rrpath_error("cannot listen to the kernel's events: %s", strerror(-ret));
		return RRPATH_FAILED;
	}
	if (open_diag(h) || open_signals(h))
		return RRPATH_FAILED;
	/* Nobody asks how those ended that were started. */
	signal(SIGCHLD, SIG_IGN);
	do_not_wait_for_log();
	stay_in_memory();
	h->pollfd = rrpath_alloc(2, sizeof(*h->pollfd));
	read_maps(h);
	return RRPATH_DONE;
}

/* Copes with whatever has been begun. */
static void stop(struct helper *h)
{
	size_t i;

	forget_maps(h);
	for (i = 0; i < h->nr_sessions; i++) {
		rrpath_iscsi_close(&h->session[i].iscsi);
		rrpath_redial_end(&h->session[i].redial);
	}
	free(h->session);
	free(h->pollfd);
	if (h->signals >= 0)
		close(h->signals);
	if (h->diag >= 0)
		close(h->diag);
	rrpath_events_close(h->events);
}

static int run_service(struct helper *h)
{
	int ret;

	say("watching %zu maps, %zu iSCSI sessions", h->nr_watches, h->nr_sessions);
	/* What was stuck before there was anybody to look. */
	begin_map(h, NULL);
	ret = run(h, NULL);
	if (!ret)
		return RRPATH_DONE;
	rrpath_error("the kernel's events cannot be read: %s", strerror(-ret));
	return RRPATH_FAILED;
}

/* ---- one path, by hand */

static size_t named_session(const struct helper *h, const char *name, const char *word)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	size_t i, p;
	int at;

	if (rrpath_map_load(name, &map))
		return NO_SESSION;
	at = rrpath_map_path_find(&map, word);
	if (at < 0)
		return NO_SESSION;
	for (i = 0; i < h->nr_watches; i++)
		for (p = 0; p < h->watch[i].nr_paths; p++)
			if (!strcmp(h->watch[i].name, name) &&
			    h->watch[i].path[p].major == map.path[at].status.major &&
			    h->watch[i].path[p].minor == map.path[at].status.minor &&
			    h->watch[i].path[p].session != NO_SESSION)
				return h->watch[i].path[p].session;
	rrpath_error("%s has no iSCSI session: there is no connection to be closed",
		     rrpath_quote(word));
	return NO_SESSION;
}

static int run_once(struct helper *h, const char *name, const char *word)
{
	size_t index = named_session(h, name, word);

	if (index == NO_SESSION)
		return RRPATH_FAILED;
	begin(h, index);
	/* Interrupted, the timer is given back by whoever comes next. */
	if (run(h, &h->session[index]))
		return RRPATH_FAILED;
	return h->closed ? RRPATH_DONE : RRPATH_FAILED;
}

int rrpath_cmd_unstick(int argc, char **argv)
{
	static const struct option options[] = {
		{ "once", no_argument, NULL, 'o' },
		{ 0 }
	};
	struct helper h = { .diag = -1, .signals = -1 };
	char name[RRPATH_NAME_LEN];
	int opt, ret;

	while ((opt = rrpath_getopt(argc, argv, ":", options)) != -1) {
		if (opt == '?')
			return RRPATH_USAGE;
		h.once = true;
	}
	ret = rrpath_need_args(argc, argv, h.once ? 2 : 0, h.once ? 2 : 0, "NAME and DEV");
	if (!ret && h.once && !rrpath_name_of(argv[optind], name))
		ret = RRPATH_USAGE;
	if (!ret)
		ret = rrpath_need_dm();
	if (!ret)
		ret = start(&h);
	if (!ret)
		ret = h.once ? run_once(&h, name, argv[optind + 1]) : run_service(&h);
	stop(&h);
	return ret;
}
