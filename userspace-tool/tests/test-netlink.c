// SPDX-License-Identifier: GPL-2.0
/* What is asked of the kernel over netlink, what of iscsiadm, and answers that are none. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../iscsi.h"
#include "../neighbour.h"
#include "../open-iscsi.h"
#include "../sockdiag.h"
#include "../util.h"
#include "fake-transport.h"

#define ESTABLISHED	1
#define SYN_SENT	2
#define LAST_ACK	9

/* As it is without fake_open_iscsi(). */
static struct rrpath_open_iscsi real;

static int setup(void **state)
{
	fake_setup(state);
	fake_netlink.on = true;
	return 0;
}

/* ---- connections */

static int diag = -1;

static int setup_diag(void **state)
{
	setup(state);
	diag = rrpath_tcp_open();
	assert_true(diag >= 0);
	fake_netlink.faults_of = NETLINK_SOCK_DIAG;
	return 0;
}

static int teardown_diag(void **state)
{
	close(diag);
	return fake_teardown(state);
}

static void connection(const char *address, unsigned int state, uint32_t inode)
{
	const struct fake_tcp one = {
		.address = address, .port = 3260, .local_port = 4000 + inode, .state = state,
		.inode = inode, .unacked = inode, .retransmits = 1, .silent_ms = 70, .sent_ms = 7,
	};

	fake_netlink.tcp[fake_netlink.nr_tcp++] = one;
}

static int find(const char *address, unsigned int local_port, enum rrpath_tcp_state want,
		struct rrpath_tcp *tcp)
{
	struct rrpath_tcp_peer peer;

	assert_true(rrpath_tcp_peer_set(&peer, address, 3260, local_port));
	return rrpath_tcp_find(diag, &peer, want, tcp);
}

static void finds_connections(void **state)
{
	struct rrpath_tcp tcp;

	(void)state;
	connection("10.0.1.8", LAST_ACK, 1);
	connection("10.0.1.8", SYN_SENT, 2);
	connection("10.0.2.8", ESTABLISHED, 3);
	connection("fd00::8", ESTABLISHED, 4);
	/* The best of them; one that is established before others. */
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_NONE, &tcp), 0);
	assert_int_equal(tcp.state, RRPATH_TCP_CONNECTING);
	assert_int_equal(tcp.inode, 2);
	fake_netlink.tcp[1].state = ESTABLISHED;
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_NONE, &tcp), 0);
	assert_int_equal(tcp.state, RRPATH_TCP_ESTABLISHED);
	assert_int_equal(tcp.family, AF_INET);
	assert_int_equal(tcp.unacked, 2);
	assert_int_equal(tcp.retransmits, 1);
	assert_int_equal(tcp.resend_ms, 400);
	assert_int_equal(tcp.last_ack_ms, 70);
	assert_int_equal(tcp.last_sent_ms, 7);
	assert_int_equal(tcp.round_trip_ms, 1);
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_CLOSING, &tcp), 0);
	assert_int_equal(tcp.inode, 1);
	assert_int_equal(tcp.state, RRPATH_TCP_CLOSING);
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_CONNECTING, &tcp), 0);
	assert_int_equal(tcp.state, RRPATH_TCP_NONE);
	assert_int_equal(find("10.0.1.8", 4001, RRPATH_TCP_NONE, &tcp), 0);
	assert_int_equal(tcp.inode, 1);
	assert_int_equal(find("10.0.3.8", 0, RRPATH_TCP_NONE, &tcp), 0);
	assert_int_equal(tcp.state, RRPATH_TCP_NONE);
	assert_int_equal(find("fd00::8", 0, RRPATH_TCP_NONE, &tcp), 0);
	assert_int_equal(tcp.family, AF_INET6);
	assert_int_equal(tcp.inode, 4);
	assert_int_equal(find("fd00::9", 0, RRPATH_TCP_NONE, &tcp), 0);
	assert_int_equal(tcp.state, RRPATH_TCP_NONE);
}

static void takes_the_answer_only(void **state)
{
	struct rrpath_tcp tcp;

	(void)state;
	connection("10.0.1.8", ESTABLISHED, 1);
	/* A signal; and an answer that another question was left with. */
	fake_netlink.interrupted = 2;
	fake_netlink.stale_answer = true;
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_NONE, &tcp), 0);
	assert_int_equal(tcp.inode, 1);
	assert_int_equal(rrpath_tcp_destroy(diag, &tcp), 0);
	assert_int_equal(fake_netlink.nr_destroyed, 1);
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_NONE, &tcp), 0);
	assert_int_equal(tcp.state, RRPATH_TCP_NONE);
	/* Too short to be of a socket. */
	connection("10.0.1.8", ESTABLISHED, 1);
	fake_netlink.short_answer = true;
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_NONE, &tcp), 0);
	assert_int_equal(tcp.state, RRPATH_TCP_NONE);
	fake_netlink.dump_error = EPERM;
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_NONE, &tcp), -EIO);
	fake_netlink.short_answer = false;
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_NONE, &tcp), -EPERM);
}

static void kernel_does_not_answer(void **state)
{
	struct rrpath_tcp tcp;

	(void)state;
	fake_netlink.recv_error = EAGAIN;
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_NONE, &tcp), -EAGAIN);
	assert_int_equal(rrpath_tcp_destroy(diag, &tcp), -EAGAIN);
	fake_netlink.send_error = ENOBUFS;
	assert_int_equal(find("10.0.1.8", 0, RRPATH_TCP_NONE, &tcp), -ENOBUFS);
	assert_int_equal(tcp.state, RRPATH_TCP_NONE);
	assert_int_equal(rrpath_tcp_destroy(diag, &tcp), -ENOBUFS);
	fake_netlink.socket_error = EMFILE;
	assert_int_equal(rrpath_tcp_open(), -EMFILE);
}

/* ---- the neighbour */

static int forget(void)
{
	struct rrpath_tcp_peer peer;

	assert_true(rrpath_tcp_peer_set(&peer, "10.0.1.8", 3260, 0));
	return rrpath_neighbour_forget(&peer);
}

static void forgets_a_silent_neighbour(void **state)
{
	(void)state;
	fake_netlink.interface = 3;
	assert_int_equal(forget(), 0);
	assert_string_equal(fake_netlink.asked_for, "10.0.1.8");
	assert_int_equal(fake_netlink.nr_forgotten, 0);
	fake_netlink.neighbour_is_silent = true;
	assert_int_equal(forget(), 0);
	assert_int_equal(fake_netlink.nr_forgotten, 1);
	/* It is the gateway that does not answer then. */
	fake_netlink.gateway = "10.0.9.1";
	assert_int_equal(forget(), 0);
	assert_string_equal(fake_netlink.asked_for, "10.0.9.1");
	assert_int_equal(fake_netlink.nr_forgotten, 2);
	/* Nothing is known of it, or not any more: then nothing waits for it. */
	fake_netlink.forget_error = ENOENT;
	assert_int_equal(forget(), 0);
	fake_netlink.neighbour_error = ENOENT;
	assert_int_equal(forget(), 0);
	assert_int_equal(fake_netlink.nr_forgotten, 3);
}

static void neighbour_is_not_to_be_had(void **state)
{
	(void)state;
	assert_int_equal(forget(), -ENETUNREACH);
	fake_netlink.interface = 3;
	fake_netlink.neighbour_is_silent = true;
	fake_netlink.forget_error = EPERM;
	assert_int_equal(forget(), -EPERM);
	fake_netlink.neighbour_error = EINVAL;
	assert_int_equal(forget(), -EINVAL);
	fake_netlink.cut_answer = true;
	assert_int_equal(forget(), -EIO);
	fake_netlink.cut_answer = false;
	fake_netlink.short_answer = true;
	assert_int_equal(forget(), -EIO);
	fake_netlink.interface = 0;
	assert_int_equal(forget(), -EIO);
	fake_netlink.faults_of = NETLINK_ROUTE;
	fake_netlink.recv_error = EAGAIN;
	assert_int_equal(forget(), -EAGAIN);
	fake_netlink.send_error = ENOBUFS;
	assert_int_equal(forget(), -ENOBUFS);
	fake_netlink.socket_error = EMFILE;
	assert_int_equal(forget(), -EMFILE);
	assert_int_equal(fake_netlink.nr_forgotten, 1);
}

/* ---- limits of a running session */

#define HANDLE	"sys/class/iscsi_transport/tcp/handle"

static int set(enum rrpath_timer_id id, long value, const char *connection_name)
{
	struct rrpath_transport t = { .type = RRPATH_TRANSPORT_ISCSI };

	rrpath_copy(t.connection, sizeof(t.connection), connection_name);
	*fake_netlink.param = '\0';
	return real.set_live(&t, id, value);
}

static void sets_limits_live(void **state)
{
	const char *name = "/sys/class/iscsi_connection/connection7:2";

	(void)state;
	fake_file(HANDLE, "18446744072637906944\n");
	assert_int_equal(set(RRPATH_TIMER_NOOP_INTERVAL, 2, name), 0);
	assert_string_equal(fake_netlink.param, "18446744072637906944 7:2 31=2");
	assert_int_equal(set(RRPATH_TIMER_TGT_RESET, 100, name), 0);
	assert_string_equal(fake_netlink.param, "18446744072637906944 7:2 35=100");
	fake_netlink.iscsi_error = -ENOTCONN;
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, name), -ENOTCONN);
	/* Not an errno. */
	fake_netlink.iscsi_error = 1003;
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, name), -EIO);
	fake_netlink.short_answer = true;
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, name), -EIO);
}

/* Each thing without which nothing is sent. */
static void sets_nothing(void **state)
{
	const char *name = "/sys/class/iscsi_connection/connection7:2";

	(void)state;
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, name), -ENOENT);
	fake_file(HANDLE, "none\n");
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, name), -ENOENT);
	fake_file(HANDLE, "18446744072637906944\n");
	assert_int_equal(set(RRPATH_TIMER_RECOVERY, 5, name), -ENOENT);
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, ""), -ENOENT);
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, "/sys/class/connection7"), -ENOENT);
	fake_netlink.faults_of = NETLINK_ISCSI;
	fake_netlink.bind_error = EADDRINUSE;
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, name), -EADDRINUSE);
	fake_netlink.bind_error = 0;
	fake_netlink.send_error = EPERM;
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, name), -EPERM);
	fake_netlink.socket_error = EPROTONOSUPPORT;
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, name), -EPROTONOSUPPORT);
	assert_string_equal(fake_netlink.param, "");
	fake_netlink.socket_error = 0;
	fake_netlink.send_error = 0;
	fake_netlink.recv_error = EAGAIN;
	assert_int_equal(set(RRPATH_TIMER_ABORT, 5, name), -EAGAIN);
}

/* ---- iscsiadm */

static char *old_path;

/* A script that is found as iscsiadm; NULL: there is none. */
static void make_iscsiadm(const char *script)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/bin", fake.root);
	char *file __rr_cleanup(rrpath_freep) = rrpath_printf("%s/iscsiadm", path);

	if (!old_path)
		old_path = rrpath_dup(getenv("PATH"));
	assert_int_equal(setenv("PATH", path, 1), 0);
	if (!script)
		return;
	fake_file("bin/iscsiadm", "#!/bin/sh\n%s\n", script);
	assert_int_equal(chmod(file, 0755), 0);
}

static int teardown_iscsiadm(void **state)
{
	assert_int_equal(setenv("PATH", old_path, 1), 0);
	return fake_teardown(state);
}

#define NODE_ARGS	"-m node -T iqn.2026-11.lab:s8 -p 10.0.1.8:3260,1 -I default"
#define RECOVERY	"node.session.timeo.replacement_timeout"

static const struct rrpath_node node = {
	.target = "iqn.2026-11.lab:s8", .portal = "10.0.1.8:3260,1", .iface = "default",
};

static void shows_a_record(void **state)
{
	char *text __rr_cleanup(rrpath_freep) = NULL;
	char *args __rr_cleanup(rrpath_freep) = NULL;
	long value = 0;

	(void)state;
	make_iscsiadm("echo \"$*\"; echo 'node.session.timeo.replacement_timeout = 120'; "
		 "echo 'nobody needs this' >&2");
	text = real.show(&node);
	assert_string_equal(text, NODE_ARGS " -o show\n" RECOVERY " = 120\n");
	assert_true(rrpath_node_find(text, "node.session.timeo.replacement_timeout", &value));
	assert_int_equal(value, 120);
	make_iscsiadm("exit 21");
	assert_null(real.show(&node));
	make_iscsiadm("kill -9 $$");
	assert_null(real.show(&node));
	make_iscsiadm("");
	args = real.show(&node);
	assert_string_equal(args, "");
	fake_call_fails("fork", 1, EAGAIN);
	assert_null(real.show(&node));
	fake_call_fails("pipe2", 1, EMFILE);
	assert_null(real.show(&node));
}

static void there_is_no_iscsiadm(void **state)
{
	const struct rrpath_node_value value = { "node.conn[0].timeo.noop_out_timeout", 5 };

	(void)state;
	make_iscsiadm(NULL);
	assert_null(real.show(&node));
	assert_int_equal(real.update(&node, &value, 1), -EIO);
}

static void updates_a_record(void **state)
{
	struct rrpath_node_value values[17] = {
		{ "node.session.timeo.replacement_timeout", 1 },
		{ "node.conn[0].timeo.noop_out_interval", -1 },
	};
	char *want __rr_cleanup(rrpath_freep) = NULL;
	char *script __rr_cleanup(rrpath_freep) =
		rrpath_printf("echo \"$*\" >%s/run/args", fake.root);
	char text[512];

	(void)state;
	make_iscsiadm(script);
	assert_int_equal(real.update(&node, values, 2), 0);
	want = rrpath_printf("-m node -T %s -p %s -I %s -o update -n %s -v 1 -n %s -v -1",
			     node.target, node.portal, node.iface, values[0].name, values[1].name);
	assert_true(rrpath_read_line(text, sizeof(text), "%s/run/args", fake.root));
	assert_string_equal(text, want);
	make_iscsiadm("exit 6");
	assert_int_equal(real.update(&node, values, 2), -EIO);
	assert_int_equal(real.update(&node, values, 17), -E2BIG);
}

/* A daemon that does not answer must not keep the lock on all maps. */
static void iscsiadm_hangs(void **state)
{
	char *answer;
	int log[2], saved = dup(STDERR_FILENO);
	char text[256];
	ssize_t len;

	(void)state;
	make_iscsiadm("exec /bin/sleep 1000");
	fake_events(NULL);
	assert_int_equal(pipe(log), 0);
	assert_int_equal(dup2(log[1], STDERR_FILENO), STDERR_FILENO);
	answer = real.show(&node);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(log[1]);
	len = read(log[0], text, sizeof(text) - 1);
	close(log[0]);
	close(saved);
	assert_null(answer);
	assert_true(len > 0);
	text[len] = '\0';
	assert_non_null(strstr(text, "rrpath: iscsiadm did not end within 10 s and was killed:"));
	assert_in_range(fake_waited_ms(), 10000, 10001);
}

static void values_of_a_record(void **state)
{
	long value = 0;

	(void)state;
	assert_false(rrpath_node_find(NULL, "a", &value));
	assert_false(rrpath_node_find("", "a", &value));
	assert_false(rrpath_node_find("a =  \t\n5", "a", &value));
	assert_false(rrpath_node_find("a = five\n", "a", &value));
	assert_false(rrpath_node_find("a = -\n", "a", &value));
	assert_false(rrpath_node_find("a = 5x\n", "a", &value));
	assert_false(rrpath_node_find("ab = 5\na=5\n", "a", &value));
	assert_true(rrpath_node_find("ab = 5\n\na = -6", "a", &value));
	assert_int_equal(value, -6);
}

/* ---- files of a session */

#define SESSION		"sys/class/iscsi_session/session3"
#define CONNECTION	"sys/class/iscsi_connection/connection3:0"

static void open_session(struct rrpath_iscsi *session)
{
	fake_file(SESSION "/state", "LOGGED_IN\n");
	fake_file(SESSION "/recovery_tmo", "120\n");
	fake_file(CONNECTION "/address", "10.0.1.8\n");
	fake_file(CONNECTION "/port", "3260\n");
	fake_file(CONNECTION "/local_port", "40000\n");
	assert_int_equal(rrpath_iscsi_open_name(session, "session3"), 0);
	/* It has said no portal. */
	assert_int_equal(session->portal.family, 0);
}

static bool is_kept(void)
{
	return *fake_read("run/rrpath/unstick/session3");
}

static void session_without_a_connection(void **state)
{
	struct rrpath_tcp_peer peer;
	struct rrpath_iscsi session;

	(void)state;
	open_session(&session);
	assert_true(rrpath_iscsi_peer(&session, &peer));
	fake_file(CONNECTION "/local_port", "-1\n");
	assert_false(rrpath_iscsi_peer(&session, &peer));
	fake_file(CONNECTION "/local_port", "%s", "");
	assert_false(rrpath_iscsi_peer(&session, &peer));
	fake_file(CONNECTION "/port", "0\n");
	assert_false(rrpath_iscsi_peer(&session, &peer));
	fake_file(CONNECTION "/address", "(null)\n");
	assert_false(rrpath_iscsi_peer(&session, &peer));
	fake_file(CONNECTION "/address", "%s", "");
	assert_false(rrpath_iscsi_peer(&session, &peer));
	fake_file(SESSION "/state", "%s", "");
	assert_false(rrpath_iscsi_exists(&session));
	assert_false(rrpath_iscsi_logged_in(&session));
	rrpath_iscsi_close(&session);
}

/* Without its old value kept, a timer is not touched. */
static void cannot_hurry(void **state)
{
	struct rrpath_iscsi session;

	(void)state;
	open_session(&session);
	fake_call_fails("write", 1, ENOSPC);
	assert_int_equal(rrpath_iscsi_hurry(&session), -EIO);
	assert_string_equal(fake_read(SESSION "/recovery_tmo"), "120");
	assert_false(is_kept());
	fake_calls_reset();
	fake_call_fails("write", 1, 0);
	assert_int_equal(rrpath_iscsi_hurry(&session), -EIO);
	assert_string_equal(fake_read(SESSION "/recovery_tmo"), "120");
	assert_false(is_kept());
	fake_calls_reset();
	fake_call_fails("pwrite", 1, EBUSY);
	assert_int_equal(rrpath_iscsi_hurry(&session), -EBUSY);
	assert_string_equal(fake_read(SESSION "/recovery_tmo"), "120");
	fake_file(SESSION "/recovery_tmo", "%s", "");
	assert_int_equal(rrpath_iscsi_hurry(&session), -EIO);
	rrpath_iscsi_close(&session);
}

static void cannot_calm(void **state)
{
	char *kept __rr_cleanup(rrpath_freep) =
		rrpath_printf("%s/run/rrpath/unstick/session3", fake.root);
	struct rrpath_iscsi session;

	(void)state;
	open_session(&session);
	assert_int_equal(rrpath_iscsi_hurry(&session), 0);
	fake_file(SESSION "/recovery_tmo", "0\n");
	fake_call_fails("pwrite", 1, EBUSY);
	assert_int_equal(rrpath_iscsi_calm(&session), -EBUSY);
	assert_true(is_kept());
	/* No value in it: there is nothing to be given back. */
	fake_file("run/rrpath/unstick/session3", "%s", "");
	assert_int_equal(rrpath_iscsi_calm(&session), 0);
	assert_int_equal(access(kept, F_OK), -1);
	assert_string_equal(fake_read(SESSION "/recovery_tmo"), "0");
	fake_file("run/rrpath/unstick/session3/no/file", "%s", "");
	assert_int_equal(rrpath_iscsi_calm(&session), -EISDIR);
	rrpath_iscsi_close(&session);
}

#define TEST(f)		cmocka_unit_test_setup_teardown(f, setup, fake_teardown)
#define TEST_DIAG(f)	cmocka_unit_test_setup_teardown(f, setup_diag, teardown_diag)
#define TEST_ISCSIADM(f) cmocka_unit_test_setup_teardown(f, setup, teardown_iscsiadm)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_DIAG(finds_connections),
		TEST_DIAG(takes_the_answer_only),
		TEST_DIAG(kernel_does_not_answer),
		TEST(forgets_a_silent_neighbour),
		TEST(neighbour_is_not_to_be_had),
		TEST(sets_limits_live),
		TEST(sets_nothing),
		TEST_ISCSIADM(shows_a_record),
		TEST_ISCSIADM(there_is_no_iscsiadm),
		TEST_ISCSIADM(updates_a_record),
		TEST_ISCSIADM(iscsiadm_hangs),
		TEST(values_of_a_record),
		TEST(session_without_a_connection),
		TEST(cannot_hurry),
		TEST(cannot_calm),
	};
	int failed;

	real = rrpath_open_iscsi;
	failed = cmocka_run_group_tests_name("netlink", tests, NULL, NULL);
	free(old_path);
	return failed;
}
