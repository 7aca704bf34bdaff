// SPDX-License-Identifier: GPL-2.0
/* When a stalled path's connection is closed, and what is done to its session. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../dev.h"
#include "../iscsi.h"
#include "../redial.h"
#include "../unstick.h"
#include "../util.h"
#include "fake.h"

#define SESSION		"sys/class/iscsi_session/session3"
#define CONNECTION	"sys/class/iscsi_connection/connection3:0"

/* Stalled, with another path; sent three times, silent since the link was cut. */
static const struct rrpath_unstick dead = {
	.stalled = true,
	.spare = true,
	.tcp = {
		.state = RRPATH_TCP_ESTABLISHED, .unacked = 3, .retransmits = 2,
		.backoff = 2, .resend_ms = 804,
		.last_ack_ms = 1100, .last_recv_ms = 1100, .last_sent_ms = 300,
		.round_trip_ms = 1,
	},
	.elapsed_ms = 10,
};

static enum rrpath_unstick_verdict decide(const struct rrpath_unstick *facts, const char *because)
{
	enum rrpath_unstick_verdict verdict;
	const char *why = NULL;

	verdict = rrpath_unstick_decide(facts, &why);
	assert_non_null(why);
	if (!strstr(why, because))
		fail_msg("'%s', not '%s'", why, because);
	return verdict;
}

static void acts_on_a_dead_link(void **state)
{
	struct rrpath_unstick facts = dead;

	(void)state;
	assert_int_equal(decide(&facts, "not acknowledge"), RRPATH_UNSTICK_ACT);
	assert_int_equal(rrpath_unstick_silence(&facts.tcp), 201 + 402 + 300);
	/* With TCP_THIN_LINEAR_TIMEOUTS. */
	facts.tcp.backoff = 0;
	facts.tcp.resend_ms = 201;
	assert_int_equal(decide(&facts, "not acknowledge"), RRPATH_UNSTICK_ACT);
	/* TCP that knows little of the way waits a second before it sends again. */
	facts.tcp.retransmits = 0;
	facts.tcp.last_sent_ms = 1000;
	assert_int_equal(decide(&facts, "not acknowledge"), RRPATH_UNSTICK_ACT);
	/* The window was closed when the link was cut. */
	facts.tcp.unacked = 0;
	facts.tcp.probes = 3;
	assert_int_equal(decide(&facts, "not acknowledge"), RRPATH_UNSTICK_ACT);
	facts.elapsed_ms = 10 * RRPATH_UNSTICK_WINDOW_MS;
	assert_int_equal(decide(&facts, "not acknowledge"), RRPATH_UNSTICK_ACT);
}

/* Each way in which a peer is alive: looked at again for a while, then left alone. */
static void living(struct rrpath_unstick facts, const char *because)
{
	assert_int_equal(decide(&facts, because), RRPATH_UNSTICK_WAIT);
	facts.elapsed_ms = RRPATH_UNSTICK_WINDOW_MS;
	assert_int_equal(decide(&facts, because), RRPATH_UNSTICK_LEAVE);
}

static void leaves_a_living_peer_alone(void **state)
{
	struct rrpath_unstick facts = dead;

	(void)state;
	/* A hung LUN: all that was sent is acknowledged, long ago. */
	facts.tcp.unacked = 0;
	facts.tcp.retransmits = 0;
	facts.tcp.last_ack_ms = 60000;
	facts.tcp.last_sent_ms = 60000;
	living(facts, "acknowledges");
	/* One that reads nothing any more: its window is closed, and it says so each time. */
	facts.tcp.probes = 2;
	living(facts, "acknowledges");
	/* Packets get lost, but not all. */
	facts = dead;
	facts.tcp.last_ack_ms = RRPATH_UNSTICK_SILENCE_MS - 1;
	living(facts, "loses packets");
	/* It acknowledges nothing, but sends. */
	facts = dead;
	facts.tcp.last_recv_ms = 10;
	living(facts, "loses packets");
	/* A way so long that an answer cannot be there yet. */
	facts = dead;
	facts.tcp.round_trip_ms = 500;
	living(facts, "loses packets");
	/* Idle for a while; then one packet was lost, and was sent again 30 ms ago. */
	facts = dead;
	facts.tcp.unacked = 1;
	facts.tcp.retransmits = 1;
	facts.tcp.backoff = 1;
	facts.tcp.resend_ms = 402;
	facts.tcp.last_ack_ms = 1250;
	facts.tcp.last_recv_ms = 1250;
	facts.tcp.last_sent_ms = 30;
	living(facts, "loses packets");
	/* And again, just now. */
	facts.tcp.retransmits = 2;
	facts.tcp.backoff = 2;
	facts.tcp.resend_ms = 804;
	facts.tcp.last_sent_ms = 0;
	living(facts, "loses packets");
	/* Sent just now. */
	facts = dead;
	facts = dead;
	facts.tcp.retransmits = 0;
	living(facts, "acknowledges");
}

static void leaves_what_is_not_its_business(void **state)
{
	struct rrpath_unstick facts = dead;

	(void)state;
	facts.spare = false;
	living(facts, "no other path");
	facts = dead;
	facts.tcp.state = RRPATH_TCP_NONE;
	living(facts, "down already");
	facts.tcp.state = RRPATH_TCP_CONNECTING;
	living(facts, "down already");
	facts.tcp.state = RRPATH_TCP_CLOSING;
	living(facts, "down already");
	facts = dead;
	facts.shared = true;
	assert_int_equal(decide(&facts, "outside of rrpath maps"), RRPATH_UNSTICK_LEAVE);
	facts = dead;
	facts.stalled = false;
	assert_int_equal(decide(&facts, "not stalled"), RRPATH_UNSTICK_OVER);
}

/* ---- the session's files */

static void open_session(struct rrpath_iscsi *session)
{
	struct rrpath_transport t = { .type = RRPATH_TRANSPORT_ISCSI, .name = "session3" };

	fake_file(SESSION "/state", "LOGGED_IN\n");
	fake_file(SESSION "/recovery_tmo", "120\n");
	fake_file(CONNECTION "/address", "192.168.100.8\n");
	fake_file(CONNECTION "/port", "3260\n");
	fake_file(CONNECTION "/local_port", "40000\n");
	fake_file(CONNECTION "/persistent_address", "192.168.100.9\n");
	fake_file(CONNECTION "/persistent_port", "3261\n");
	snprintf(t.session, sizeof(t.session), "%s/" SESSION, fake.root);
	snprintf(t.connection, sizeof(t.connection), "%s/" CONNECTION, fake.root);
	assert_int_equal(rrpath_iscsi_open(session, &t), 0);
}

static void expect_recovery(const char *value)
{
	char text[32];

	assert_true(rrpath_read_line(text, sizeof(text), "%s/" SESSION "/recovery_tmo",
				     fake.root));
	/* A file is not cut short by writing less to it, as one in sysfs is. */
	assert_int_equal(strncmp(text, value, strlen(value)), 0);
}

static void reads_a_session(void **state)
{
	const uint8_t address[] = { 192, 168, 100, 8 }, portal[] = { 192, 168, 100, 9 };
	struct rrpath_tcp_peer peer;
	struct rrpath_iscsi session;

	(void)state;
	open_session(&session);
	assert_true(rrpath_iscsi_logged_in(&session));
	assert_true(rrpath_iscsi_peer(&session, &peer));
	assert_int_equal(peer.family, AF_INET);
	assert_memory_equal(peer.address, address, sizeof(address));
	assert_int_equal(peer.port, 3260);
	assert_int_equal(peer.local_port, 40000);
	assert_memory_equal(session.portal.address, portal, sizeof(portal));
	assert_int_equal(session.portal.port, 3261);
	fake_file(SESSION "/state", "FAILED\n");
	assert_false(rrpath_iscsi_logged_in(&session));
	assert_true(rrpath_iscsi_exists(&session));
	rrpath_iscsi_close(&session);
}

static void gives_the_timer_back(void **state)
{
	struct rrpath_iscsi session;

	(void)state;
	open_session(&session);
	assert_false(rrpath_iscsi_hurried(&session));
	assert_int_equal(rrpath_iscsi_hurry(&session), 0);
	expect_recovery("0");
	fake_file(SESSION "/recovery_tmo", "0\n");
	/* Twice: the first value is the one to be kept. */
	assert_int_equal(rrpath_iscsi_hurry(&session), 0);
	rrpath_iscsi_close(&session);

	/* Another process, later. */
	open_session(&session);
	fake_file(SESSION "/recovery_tmo", "0\n");
	assert_true(rrpath_iscsi_hurried(&session));
	assert_int_equal(rrpath_iscsi_calm(&session), 0);
	expect_recovery("120");
	assert_false(rrpath_iscsi_hurried(&session));
	assert_int_equal(rrpath_iscsi_calm(&session), 0);
	rrpath_iscsi_close(&session);
}

static void keeps_what_somebody_else_set(void **state)
{
	struct rrpath_iscsi session;

	(void)state;
	open_session(&session);
	assert_int_equal(rrpath_iscsi_hurry(&session), 0);
	fake_file(SESSION "/recovery_tmo", "7\n");
	assert_int_equal(rrpath_iscsi_calm(&session), 0);
	expect_recovery("7");
	assert_false(rrpath_iscsi_hurried(&session));
	rrpath_iscsi_close(&session);
}

static void count(void *data, const char *name)
{
	assert_string_equal(name, "session3");
	++*(int *)data;
}

static bool is_kept(const char *name)
{
	char text[32];

	return rrpath_read_line(text, sizeof(text), "%s/run/rrpath/unstick/%s", fake.root, name);
}

/* The map is gone: nothing but the file tells of the session. */
static void finds_what_was_hurried(void **state)
{
	struct rrpath_iscsi session;
	int nr = 0;

	(void)state;
	rrpath_iscsi_each_hurried(count, &nr);
	assert_int_equal(nr, 0);
	open_session(&session);
	assert_int_equal(rrpath_iscsi_hurry(&session), 0);
	rrpath_iscsi_close(&session);
	fake_file("run/rrpath/unstick/session9", "5\n");
	fake_file("run/rrpath/unstick/other", "5\n");
	rrpath_iscsi_each_hurried(count, &nr);
	assert_int_equal(nr, 1);
	assert_true(is_kept("session3"));
	assert_false(is_kept("session9"));
	assert_true(is_kept("other"));

	fake_file(SESSION "/recovery_tmo", "0\n");
	assert_int_equal(rrpath_iscsi_open_name(&session, "session3"), 0);
	assert_int_equal(rrpath_iscsi_calm(&session), 0);
	expect_recovery("120");
	assert_false(is_kept("session3"));
	rrpath_iscsi_close(&session);
}

static void no_session(void **state)
{
	struct rrpath_transport t = { .type = RRPATH_TRANSPORT_ISCSI, .name = "session4" };
	struct rrpath_iscsi session;

	(void)state;
	snprintf(t.session, sizeof(t.session), "%s/sys/class/iscsi_session/session4", fake.root);
	assert_int_not_equal(rrpath_iscsi_open(&session, &t), 0);
}

/* ---- iscsid's socket */

/* A process that connects, without end, to where nobody takes connections; with @flags. */
static pid_t connecting(const struct sockaddr_in *to, int flags, uid_t uid)
{
	int ready[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "iscsid");
		connect(fd, (const struct sockaddr *)to, sizeof(*to));
		fcntl(fd, F_SETFL, flags);
		if (setresuid(uid, uid, uid) || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static int redial_of(const struct sockaddr_in *to, int flags, uid_t uid)
{
	pid_t pid = connecting(to, flags, uid);
	int ret, diag = rrpath_tcp_open();
	struct rrpath_redial redial;
	struct rrpath_tcp_peer peer;

	assert_true(diag >= 0);
	rrpath_redial_init(&redial);
	rrpath_tcp_peer_set(&peer, "127.0.0.1", ntohs(to->sin_port), 0);
	ret = rrpath_redial(&redial, diag, &peer);
	rrpath_redial_end(&redial);
	close(diag);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return ret;
}

static bool shows_tcp(void)
{
	struct rrpath_tcp_peer peer;
	struct rrpath_tcp tcp;
	int diag = rrpath_tcp_open();
	int ret = diag;

	rrpath_tcp_peer_set(&peer, "127.0.0.1", 3260, 0);
	if (diag >= 0) {
		ret = rrpath_tcp_find(diag, &peer, RRPATH_TCP_NONE, &tcp);
		close(diag);
	}
	return !ret;
}

/* Takes one connection and no other: who connects next waits. */
static void listen_once(struct sockaddr_in *to, int *listener, int *full)
{
	socklen_t len = sizeof(*to);

	to->sin_family = AF_INET;
	to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(*listener, (struct sockaddr *)to, sizeof(*to)), 0);
	assert_int_equal(getsockname(*listener, (struct sockaddr *)to, &len), 0);
	assert_int_equal(listen(*listener, 0), 0);
	*full = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*full, (struct sockaddr *)to, sizeof(*to)), 0);
}

static void dials_for_iscsid_only(void **state)
{
	struct sockaddr_in to = { 0 };
	int full, listener;

	(void)state;
	/* Only root can look into the processes of others; and not each kernel has tcp_diag. */
	if (syscall(SYS_geteuid) || !shows_tcp())
		skip();
	listen_once(&to, &listener, &full);

	assert_int_equal(redial_of(&to, O_NONBLOCK, 0), 0);
	assert_int_equal(redial_of(&to, 0, 0), -EPERM);
	assert_int_equal(redial_of(&to, O_NONBLOCK, 65534), -ENOENT);
	close(full);
	close(listener);
}

/* Held on to from one call to the next, and let go of when its owner has. */
static void holds_the_attempt(void **state)
{
	struct sockaddr_in to = { 0 };
	int diag, fd, full, listener;
	struct rrpath_redial redial;
	struct rrpath_tcp_peer peer;
	pid_t pid;

	(void)state;
	if (syscall(SYS_geteuid) || !shows_tcp())
		skip();
	listen_once(&to, &listener, &full);
	diag = rrpath_tcp_open();
	assert_true(diag >= 0);
	rrpath_tcp_peer_set(&peer, "127.0.0.1", ntohs(to.sin_port), 0);
	rrpath_redial_init(&redial);
	assert_int_equal(rrpath_redial(&redial, diag, &peer), -ENOENT);
	assert_int_equal(rrpath_redial_fd(&redial), -1);
	pid = connecting(&to, O_NONBLOCK, 0);
	assert_int_equal(rrpath_redial(&redial, diag, &peer), 0);
	fd = rrpath_redial_fd(&redial);
	assert_true(fd >= 0);
	assert_int_equal(rrpath_redial(&redial, diag, &peer), 0);
	assert_int_equal(rrpath_redial_fd(&redial), fd);
	/* The last who has it open then is the test: it would connect for nobody. */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(rrpath_redial(&redial, diag, &peer), -ENOENT);
	assert_int_equal(rrpath_redial_fd(&redial), -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	close(diag);
	close(full);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acts_on_a_dead_link),
		cmocka_unit_test(leaves_a_living_peer_alone),
		cmocka_unit_test(leaves_what_is_not_its_business),
		cmocka_unit_test_setup_teardown(reads_a_session, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(gives_the_timer_back, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(keeps_what_somebody_else_set, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(finds_what_was_hurried, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(no_session, fake_setup, fake_teardown),
		cmocka_unit_test(dials_for_iscsid_only),
		cmocka_unit_test(holds_the_attempt),
	};

	return cmocka_run_group_tests_name("unstick", tests, NULL, NULL);
}
