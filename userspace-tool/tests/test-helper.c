// SPDX-License-Identifier: GPL-2.0
/* rrpath unstick as a whole: from an event to the closed connection and the session's return. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../util.h"
#include "fake-transport.h"

#define UUID		"rrpath-naa.6001"
#define TABLE		"failover 2 0 8:0 8:16"
#define SESSION1	"sys/devices/platform/host1/session1"
/* The kernel's numbers of what a connection is. */
#define ESTABLISHED	1
#define SYN_SENT	2
#define CLOSE_WAIT	8

static sigset_t before;
static struct fake_map *map;

/* Sent three times, silent since the link was cut; and one that answers. */
static const struct fake_tcp dead = {
	.address = "10.0.1.8", .port = 3260, .local_port = 47444, .state = ESTABLISHED,
	.unacked = 3, .retransmits = 2, .silent_ms = 1100, .sent_ms = 300,
};

static const struct fake_tcp well = {
	.address = "10.0.1.8", .port = 3260, .local_port = 47444, .state = ESTABLISHED,
	.silent_ms = 1100, .sent_ms = 1100,
};

static void connections(const struct fake_tcp *first)
{
	const struct fake_tcp other = {
		.address = "10.0.2.8", .port = 3260, .local_port = 47444, .state = ESTABLISHED,
	};

	fake_netlink.tcp[0] = other;
	fake_netlink.tcp[1] = *first;
	fake_netlink.nr_tcp = 2;
}

static int setup(void **state)
{
	fake_setup(state);
	sigprocmask(SIG_SETMASK, NULL, &before);
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	fake_iscsi_disk("sdb", 16, 2, "naa.6001");
	fake_file("proc/self/oom_score_adj", "0\n");
	map = fake_add_map("lun0", UUID, 614400, TABLE);
	fake_netlink.on = true;
	fake_netlink.interface = 2;
	connections(&well);
	return 0;
}

/* It waits for SIGTERM, and need not read it: what it has blocked is unblocked without that. */
static void unblock(void)
{
	sigset_t pending;
	int sig;

	while (!sigpending(&pending) && sigismember(&pending, SIGTERM))
		sigwait(&pending, &sig);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static const struct run *serve(void)
{
	const struct run *run = rrpath("unstick", NULL);

	unblock();
	return run;
}

static const struct run *once(const char *name, const char *dev)
{
	const struct run *run = rrpath("unstick", "--once", name, dev, NULL);

	unblock();
	return run;
}

static int teardown(void **state)
{
	unblock();
	/* Those it has started end by themselves. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	signal(SIGCHLD, SIG_DFL);
	return fake_teardown(state);
}

static void event(const char *action, const char *kname, unsigned int minor, const char *uuid,
		  const char *dm_action, void (*happens)(void))
{
	const struct fake_event one = {
		.action = action, .kname = kname, .minor = minor, .uuid = uuid,
		.major = strncmp(kname, "dm-", 3) ? 8 : 253, .name = uuid ? "lun0" : NULL,
		.dm_action = dm_action, .before = happens,
	};

	fake_event(&one);
}

static void sda_stalls(void)
{
	fake_set_state(8, 0, 'T');
}

static void path_failed(void)
{
	event("change", "dm-0", 0, UUID, "PATH_FAILED", NULL);
}

/* As sysfs has it: a file here is not cut short by what is written. */
static void recovery_is(const char *value)
{
	fake_session_file(1, "recovery_tmo", value);
}

static bool is_kept(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "run/rrpath/unstick/%s", name);
	return *fake_read(path);
}

static void session_returns(void)
{
	fake_session_file(1, "state", "LOGGED_IN");
	connections(&well);
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		nr++;
	return nr;
}

/* The service, which ends when it is told to; its lines have each of these once, no others. */
static void serves(const char *const lines[], size_t nr)
{
	const struct run *run = serve();
	size_t i;

	assert_int_equal(run->status, 0);
	for (i = 0; i < nr; i++)
		if (count(run->err, lines[i]) != 1)
			fail_msg("not once '%s': %s", lines[i], run->err);
	if (run->err_lines != nr)
		fail_msg("more than that: %s", run->err);
	assert_int_equal(fake_udev.nr_open, 0);
}

#define SERVES(...)						\
	do {							\
		static const char *const lines[] = { __VA_ARGS__ };	\
		serves(lines, RRPATH_ARRAY_SIZE(lines));	\
	} while (0)

#define WATCHING	"rrpath: watching 1 maps, 2 iSCSI sessions\n"
#define CLOSED		"rrpath: session1: connection closed: the target does not acknowledge " \
			"(unacknowledged: 3, sent again: 2, last 300 ms ago, silence: 900 ms)\n"

/* ---- a connection that is dead */

static bool cut_and_back(unsigned int nth)
{
	switch (nth) {
	case 1:
		/* Idle: nothing was done so far. */
		assert_int_equal(fake_netlink.nr_destroyed, 0);
		sda_stalls();
		connections(&dead);
		fake_netlink.neighbour_is_silent = true;
		path_failed();
		break;
	case 2:
		assert_int_equal(fake_netlink.nr_destroyed, 1);
		assert_int_equal(fake_netlink.nr_tcp, 1);
		assert_string_equal(fake_netlink.tcp[0].address, "10.0.2.8");
		assert_string_equal(fake_netlink.asked_for, "10.0.1.8");
		assert_int_equal(fake_netlink.nr_forgotten, 1);
		assert_string_equal(fake_read("run/rrpath/unstick/session1"), "120");
		assert_string_equal(fake_session_value(1, "recovery_tmo"), "020");
		recovery_is("0");
		fake_session_file(1, "state", "FAILED");
		/* It fails now, and is not looked at again for that. */
		path_failed();
		break;
	case 5:
		assert_true(is_kept("session1"));
		session_returns();
		fake_set_states_good();
		break;
	}
	return nth > 8;
}

static void closes_a_dead_connection(void **state)
{
	(void)state;
	/* It was set live, which iscsid does not know. */
	fake_file("etc/rrpath/timers",
		  "map lun0\nlimit lun0 iscsi:iqn.2026-11.lab:s8,10.0.1.8:3260,default recv_tmo 20 3\n");
	fake_events(cut_and_back);
	SERVES(WATCHING, CLOSED, "rrpath: session1: logged in again after 1");
	assert_int_equal(fake_netlink.nr_destroyed, 1);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_false(is_kept("session1"));
	assert_string_equal(fake_read("proc/self/oom_score_adj"), "-900");
	while (waitpid(-1, NULL, 0) > 0)
		;
	assert_string_equal(fake_connection_value(1, "recv_tmo"), "3");
	assert_string_equal(fake_connection_value(2, "recv_tmo"), "5");
}

/* What was stuck before there was anybody to look. */
static bool ends(unsigned int nth)
{
	return nth > 0;
}

static void looks_at_the_start(void **state)
{
	(void)state;
	sda_stalls();
	connections(&dead);
	fake_events(ends);
	SERVES(WATCHING, CLOSED);
	assert_int_equal(fake_netlink.nr_destroyed, 1);
	/* Whoever comes next gives it back. */
	assert_true(is_kept("session1"));
	recovery_is("0");
	fake_set_states_good();
	session_returns();
	SERVES(WATCHING, "rrpath: session1: logged in again after 0 ms\n");
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_false(is_kept("session1"));
}

static void says_what_it_could_not_do(void **state)
{
	(void)state;
	sda_stalls();
	connections(&dead);
	fake_netlink.destroy_error = EOPNOTSUPP;
	fake_netlink.interface = 0;
	fake_file("run/rrpath/unstick", "no directory\n");
	fake_events(ends);
	SERVES(WATCHING,
	       "rrpath: session1: its connection cannot be closed: Operation not supported\n",
	       "session1: what waits for the neighbour cannot be thrown away: Network is unreachable\n",
	       "rrpath: session1: its recovery_tmo cannot be set: Not a directory\n");
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
}

/* It has ended in this very moment: that is what was wanted. */
static void ended_already(void **state)
{
	(void)state;
	sda_stalls();
	connections(&dead);
	fake_netlink.destroy_error = ENOENT;
	fake_netlink.neighbour_is_silent = true;
	fake_netlink.forget_error = ENOENT;
	fake_events(ends);
	SERVES(WATCHING, CLOSED);
}

/* ---- one that is not */

static bool for_a_minute(unsigned int nth)
{
	(void)nth;
	return fake_waited_ms() > 60000;
}

/* @because: once, and the connection is still there afterwards. */
static void leaves_alone(const char *because)
{
	char *line __rr_cleanup(rrpath_freep) = NULL;
	const struct run *run;

	line = rrpath_printf("rrpath: session1: left alone: %s (", because);
	fake_events(for_a_minute);
	run = serve();
	assert_int_equal(run->status, 0);
	if (count(run->err, line) != 1 || run->err_lines != 2)
		fail_msg("not once '%s', or more than that: %s", line, run->err);
	assert_int_equal(fake_netlink.nr_destroyed, 0);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_false(is_kept("session1"));
	fake_events_reset();
}

static void leaves_living_connections_alone(void **state)
{
	struct fake_tcp down = dead;

	(void)state;
	sda_stalls();
	leaves_alone("the target acknowledges: it is slow, or its disk is, but not the link");
	connections(&dead);
	fake_set_state(8, 16, 'F');
	leaves_alone("no other path is usable");
	fake_set_states_good();
	sda_stalls();
	down.state = CLOSE_WAIT;
	connections(&down);
	leaves_alone("its connection is down already");
	connections(&dead);
	fake_netlink.dump_error = EPERM;
	expect(serve(), 1,
	       "the kernel does not show TCP connections: Operation not permitted");
	fake_netlink.dump_error = 0;
	/* Of another target, or gone. */
	fake_netlink.tcp[1].address = "10.0.3.8";
	leaves_alone("its connection is down already");
	connections(&dead);
	fake_connection_file(1, "local_port", "-1");
	leaves_alone("its connection is down already");
}

static bool one_that_does_not_answer(unsigned int nth)
{
	if (nth == 1) {
		sda_stalls();
		connections(&dead);
		fake_netlink.dump_error = EINVAL;
		path_failed();
	}
	return for_a_minute(nth);
}

static void leaves_what_cannot_be_seen(void **state)
{
	(void)state;
	fake_events(one_that_does_not_answer);
	SERVES(WATCHING, "session1: left alone: its connection is down already");
	assert_int_equal(fake_netlink.nr_destroyed, 0);
}

/* A second LUN of the session, which is mounted. */
static void leaves_a_shared_session_alone(void **state)
{
	const char *dir = "devices/platform/host1/session1/target1:0:0/1:0:0:2/block/sdd";
	char path[256];

	(void)state;
	sda_stalls();
	connections(&dead);
	fake_disk("sdd", 8, 48, 2048, "naa.9");
	/* In sysfs the disk is below its session. */
	snprintf(path, sizeof(path), "sys/%s/dev", dir);
	fake_file(path, "8:48\n");
	fake_file("proc/self/mountinfo", "21 1 8:48 / /mnt rw - ext4 /dev/sdd rw\n");
	leaves_alone("its session also carries a disk that is used outside of rrpath maps");
	/* Nobody uses it; one has no number, one is gone, one is a path. */
	fake_file("proc/self/mountinfo", "21 1 8:128 / / rw - ext4 /dev/sdi rw\n");
	fake_file(SESSION1 "/target1:0:0/1:0:0:3/block/sde/dev", "\n");
	fake_file(SESSION1 "/target1:0:0/1:0:0:4/block/sdf/dev", "8:80\n");
	fake_file(SESSION1 "/target1:0:0/1:0:0:5/block/sdg/dev", "x\n");
	fake_events(ends);
	SERVES(WATCHING, CLOSED);
}

static bool gets_well(unsigned int nth)
{
	if (nth == 3)
		fake_set_states_good();
	if (nth == 5) {
		/* Not looked at any more. */
		assert_true(fake_waited_ms() <= 500);
		connections(&dead);
		path_failed();
	}
	return for_a_minute(nth);
}

static bool answers_again(unsigned int nth)
{
	if (nth == 3)
		fake_set_state(8, 0, FAKE_HELD_DOWN);
	return for_a_minute(nth);
}

static void stops_when_it_is_over(void **state)
{
	(void)state;
	sda_stalls();
	fake_events(gets_well);
	SERVES(WATCHING);
	assert_int_equal(fake_netlink.nr_destroyed, 0);
}

/* The kernel does not use it yet, but it answers: there is nothing to be closed any more. */
static void stops_when_it_is_held_down(void **state)
{
	(void)state;
	sda_stalls();
	fake_events(answers_again);
	SERVES(WATCHING);
	assert_int_equal(fake_netlink.nr_destroyed, 0);
}

static bool map_is_another(unsigned int nth)
{
	if (nth == 1)
		rrpath_copy(map->live.target, sizeof(map->live.target), "linear");
	if (nth == 2)
		fake_set_params(map, "nonsense");
	if (nth == 3)
		rrpath_copy(map->live.target, sizeof(map->live.target), "rrpath");
	if (nth == 4)
		fake_set_params(map, "failover 2 0 8:32 8:16");
	return nth > 4;
}

/* Looked at again while the map is not what it was: of a path that left it nothing is known. */
static void map_changes_meanwhile(void **state)
{
	(void)state;
	sda_stalls();
	fake_events(map_is_another);
	SERVES(WATCHING);
}

/* ---- events */

static bool others_events(unsigned int nth)
{
	const struct fake_event other = {
		.action = "change", .kname = "dm-1", .name = "other", .uuid = "rrpath-other",
		.dm_action = "PATH_FAILED", .major = 253, .minor = 1,
	};

	if (nth == 1) {
		sda_stalls();
		connections(&dead);
		/* Of another target, of another map, and good news. */
		event("change", "dm-0", 0, "mpath-x", "PATH_FAILED", NULL);
		fake_event(&other);
		event("change", "dm-0", 0, UUID, "PATH_REINSTATED", NULL);
		event("change", "sdc", 32, NULL, NULL, NULL);
		event("change", "dm-3", 3, "LVM-x", NULL, NULL);
	}
	return nth > 2;
}

static void others_are_not_its_business(void **state)
{
	(void)state;
	fake_events(others_events);
	SERVES(WATCHING);
	assert_int_equal(fake_netlink.nr_destroyed, 0);
}

static void goes_dead(void)
{
	sda_stalls();
	connections(&dead);
}

/* Each event after which the maps are read again: then what is stuck is found. */
static void reads_the_maps_again(void **state)
{
	static const struct {
		const char *kname;
		unsigned int minor;
		const char *uuid;
	} of[] = {
		{ "dm-0", 0, UUID }, { "dm-0", 0, NULL }, { "sda", 0, NULL },
		{ "sdb", 16, NULL },
	};
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(of); i++) {
		teardown(state);
		setup(state);
		event("change", of[i].kname, of[i].minor, of[i].uuid, NULL, goes_dead);
		fake_events(ends);
		SERVES(WATCHING, CLOSED);
	}
	teardown(state);
	setup(state);
	event("change", "sdc", 32, NULL, NULL, goes_dead);
	fake_events(ends);
	SERVES(WATCHING);
}

static void lost_events(void **state)
{
	const struct fake_event lost = { .error = ENOBUFS, .before = goes_dead };
	const struct fake_event interrupted = { .poll_error = EINTR };

	(void)state;
	fake_event(&interrupted);
	fake_event(&lost);
	event("change", "sdc", 32, NULL, NULL, NULL);
	fake_event(&interrupted);
	fake_events(ends);
	SERVES(WATCHING, "rrpath: events were lost: reading all maps again\n", CLOSED);
}

static void events_end(void **state)
{
	const struct fake_event broken = { .poll_error = EIO };
	const struct run *run;

	(void)state;
	event("change", "sdc", 32, NULL, NULL, NULL);
	fake_event(&broken);
	fake_events(ends);
	run = serve();
	assert_int_equal(run->status, 1);
	assert_non_null(strstr(run->err,
			       "rrpath: the kernel's events cannot be read: Input/output error\n"));
	assert_int_equal(fake_udev.nr_open, 0);
}

static bool until_listed(unsigned int nth)
{
	return nth > 3;
}

/* As long as the maps cannot be listed it tries again, every second. */
static void maps_cannot_be_listed(void **state)
{
	const struct run *run;

	(void)state;
	sda_stalls();
	connections(&dead);
	fake_fail("list", 1, ENOMEM, FAKE_NOTHING);
	fake_fail("list", 1, ENOMEM, FAKE_NOTHING);
	fake_events(until_listed);
	run = serve();
	assert_int_equal(run->status, 0);
	assert_int_equal(run->err_lines, 4);
	assert_int_equal(count(run->err, "cannot list the maps: Cannot allocate memory\n"), 2);
	assert_int_equal(count(run->err, "rrpath: watching 0 maps, 0 iSCSI sessions\n"), 1);
	assert_int_equal(count(run->err, CLOSED), 1);
	assert_in_range(fake_waited_ms(), 2000, 3000);
}

/* ---- sessions that go */

static bool map_is_removed(unsigned int nth)
{
	if (nth == 1) {
		fake_close("lun0");
		event("remove", "dm-0", 0, UUID, NULL, NULL);
	}
	if (nth == 2) {
		map = fake_add_map("lun0", UUID, 614400, TABLE);
		sda_stalls();
		connections(&dead);
		event("change", "dm-0", 0, UUID, NULL, NULL);
	}
	return nth > 2;
}

static void forgets_sessions(void **state)
{
	(void)state;
	fake_events(map_is_removed);
	SERVES(WATCHING, CLOSED);
}

static bool map_is_removed_while_closed(unsigned int nth)
{
	if (nth == 1) {
		recovery_is("0");
		fake_session_file(1, "state", "FAILED");
		fake_close("lun0");
		event("remove", "dm-0", 0, UUID, NULL, NULL);
	}
	if (nth == 4)
		session_returns();
	return nth > 8;
}

/* Also without its map it gets its timer back. */
static void calms_a_session_without_a_map(void **state)
{
	(void)state;
	sda_stalls();
	connections(&dead);
	fake_events(map_is_removed_while_closed);
	SERVES(WATCHING, CLOSED, "session1: logged in again after");
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_false(is_kept("session1"));
}

static void calms_what_another_has_hurried(void **state)
{
	(void)state;
	fake_close("lun0");
	fake_file("run/rrpath/unstick/session1", "77\n");
	recovery_is("0");
	fake_events(ends);
	SERVES("rrpath: watching 0 maps, 1 iSCSI sessions\n",
	       "rrpath: session1: logged in again after 0 ms\n");
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "77");
	assert_false(is_kept("session1"));
}

static bool is_logged_out(unsigned int nth)
{
	if (nth == 1) {
		/* The attributes are still open, and have no text. */
		fake_session_file(1, "state", "");
		fake_session_file(1, "recovery_tmo", "");
	}
	return nth > 4;
}

static void logged_out_while_closed(void **state)
{
	(void)state;
	sda_stalls();
	connections(&dead);
	fake_events(is_logged_out);
	SERVES(WATCHING, CLOSED);
	assert_false(is_kept("session1"));
	/* Not looked at any more, but for the return of the other. */
	assert_in_range(fake_waited_ms(), 1, 1000);
}

static bool comes_back_late(unsigned int nth)
{
	if (nth == 1) {
		recovery_is("0");
		fake_session_file(1, "state", "FAILED");
		connections(&well);
	}
	if (nth > 1 && fake_waited_ms() > 70000)
		session_returns();
	return fake_waited_ms() > 80000;
}

/* Every half second for a minute, then every two. */
static void comes_back_after_a_minute(void **state)
{
	(void)state;
	sda_stalls();
	connections(&dead);
	fake_events(comes_back_late);
	SERVES(WATCHING, CLOSED, "session1: logged in again after 7");
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
}

static bool comes_back(unsigned int nth)
{
	if (nth == 1) {
		recovery_is("0");
		fake_set_states_good();
		session_returns();
	}
	return nth > 4;
}

static void timer_cannot_be_restored(void **state)
{
	(void)state;
	sda_stalls();
	connections(&dead);
	fake_events(comes_back);
	/* The first is the 0. Then it has gone down again; then for good. */
	fake_call_fails("pwrite", 2, EBUSY);
	fake_call_fails("pwrite", 2, EIO);
	SERVES(WATCHING, CLOSED,
	       "rrpath: session1: its recovery_tmo cannot be restored: Input/output error\n",
	       "rrpath: session1: logged in again after 600 ms\n");
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "0");
	assert_true(is_kept("session1"));
}

static void timers_cannot_be_set_again(void **state)
{
	(void)state;
	sda_stalls();
	connections(&dead);
	fake_events(comes_back);
	fake_call_fails("fork", 1, EAGAIN);
	SERVES(WATCHING, CLOSED, "rrpath: session1: logged in again after",
	       "rrpath: session1: its timers cannot be set again: Resource temporarily unavailable\n");
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
}

/* ---- the start */

static void no_start(void **state)
{
	(void)state;
	fake_events(ends);
	fake_udev.no_monitor = EMFILE;
	expect(serve(), 1, "cannot listen to the kernel's events: Too many open");
	fake_udev.no_monitor = 0;
	fake_netlink.faults_of = NETLINK_SOCK_DIAG;
	fake_netlink.socket_error = EPROTONOSUPPORT;
	expect(serve(), 1,
	       "the kernel does not show TCP connections: Protocol not supported: modprobe tcp_diag");
	fake_netlink.socket_error = 0;
	fake_netlink.dump_error = ENOENT;
	expect(serve(), 1, "No such file or directory: modprobe tcp_diag");
	assert_int_equal(fake_udev.nr_open, 0);
	assert_string_equal(fake_read("proc/self/oom_score_adj"), "0");
}

static void may_be_swapped_out(void **state)
{
	char *path __rr_cleanup(rrpath_freep) =
		rrpath_printf("%s/proc/self/oom_score_adj", fake.root);

	(void)state;
	assert_int_equal(unlink(path), 0);
	fake_call_fails("mlockall", 1, ENOMEM);
	fake_events(ends);
	SERVES("rrpath: cannot be locked into memory: Cannot allocate memory\n", WATCHING);
}

/* A journal that takes nothing must not hold it up. */
static void does_not_wait_for_its_log(void **state)
{
	char *argv[3] = { (char *)"rrpath", (char *)"unstick" };
	int log[2], ret, saved = dup(STDERR_FILENO);
	char text[256];
	ssize_t len;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, log), 0);
	assert_int_equal(dup2(log[1], STDERR_FILENO), STDERR_FILENO);
	fake_events(ends);
	ret = rrpath_main(2, argv);
	unblock();
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(ret, 0);
	assert_true(fcntl(log[1], F_GETFL) & O_NONBLOCK);
	len = read(log[0], text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	assert_string_equal(text, WATCHING);
	close(saved);
	close(log[0]);
	close(log[1]);
}

static void bad_usage(void **state)
{
	(void)state;
	expect(rrpath("unstick", "lun0", NULL), 2, "too many arguments, from 'lun0' on");
	expect(rrpath("unstick", "--always", NULL), 2, "unknown option '--always'");
	expect(rrpath("unstick", "--once", "lun0", NULL), 2, "unstick needs NAME and DEV");
	expect(rrpath("unstick", "--once", "a/b", "sda", NULL), 2, "'a/b' is not the name");
	fake.uid = 1000;
	expect(serve(), 1, "device-mapper needs root");
}

/* ---- by hand */

static bool once_back(unsigned int nth)
{
	if (nth == 1) {
		recovery_is("0");
		session_returns();
		/* Another connection dies, which is not what this one is for. */
		fake_netlink.tcp[0].unacked = dead.unacked;
		fake_netlink.tcp[0].retransmits = dead.retransmits;
		fake_netlink.tcp[0].silent_ms = dead.silent_ms;
		fake_netlink.tcp[0].sent_ms = dead.sent_ms;
		event("change", "dm-0", 0, UUID, "PATH_FAILED", NULL);
		event("change", "sda", 0, NULL, NULL, NULL);
	}
	return nth > 20;
}

static void closes_one_by_hand(void **state)
{
	const struct run *run;

	(void)state;
	/* Not stalled as far as the kernel knows: whoever asks for it knows better. */
	connections(&dead);
	fake_events(once_back);
	run = once("lun0", "sda");
	assert_int_equal(run->status, 0);
	assert_int_equal(run->err_lines, 2);
	assert_int_equal(count(run->err, CLOSED), 1);
	assert_int_equal(count(run->err, "session1: logged in again after"), 1);
	assert_int_equal(fake_netlink.nr_destroyed, 1);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
}

static void leaves_one_by_hand(void **state)
{
	const struct fake_event broken = { .poll_error = EIO };

	(void)state;
	fake_events(for_a_minute);
	expect(once("lun0", "sdb"), 1,
	       "session2: left alone: the target acknowledges");
	assert_int_equal(fake_netlink.nr_destroyed, 0);
	/* It ends when nothing is to be done, and when nothing is to be learnt. */
	assert_true(fake_waited_ms() < 60000);
	event("change", "sdc", 32, NULL, NULL, NULL);
	fake_event(&broken);
	assert_int_equal(once("lun0", "sda")->status, 1);
}

static void no_such_path(void **state)
{
	(void)state;
	fake_add_map("lun1", "rrpath-naa.7002", 614400, "failover 1 0 8:32");
	fake_events(ends);
	expect(once("nosuch", "sda"), 1, "no map 'nosuch'");
	expect(once("lun0", "sdc"), 1, "'sdc' is not a path of");
	expect(once("lun1", "sdc"), 1,
	       "'sdc' has no iSCSI session: there is no connection to be closed");
	assert_int_equal(fake_netlink.nr_destroyed, 0);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(closes_a_dead_connection),
		TEST(looks_at_the_start),
		TEST(says_what_it_could_not_do),
		TEST(ended_already),
		TEST(leaves_living_connections_alone),
		TEST(leaves_what_cannot_be_seen),
		TEST(leaves_a_shared_session_alone),
		TEST(stops_when_it_is_over),
		TEST(stops_when_it_is_held_down),
		TEST(map_changes_meanwhile),
		TEST(others_are_not_its_business),
		TEST(reads_the_maps_again),
		TEST(lost_events),
		TEST(events_end),
		TEST(maps_cannot_be_listed),
		TEST(forgets_sessions),
		TEST(calms_a_session_without_a_map),
		TEST(calms_what_another_has_hurried),
		TEST(logged_out_while_closed),
		TEST(comes_back_after_a_minute),
		TEST(timer_cannot_be_restored),
		TEST(timers_cannot_be_set_again),
		TEST(no_start),
		TEST(may_be_swapped_out),
		TEST(does_not_wait_for_its_log),
		TEST(bad_usage),
		TEST(closes_one_by_hand),
		TEST(leaves_one_by_hand),
		TEST(no_such_path),
	};

	return cmocka_run_group_tests_name("helper", tests, NULL, NULL);
}
