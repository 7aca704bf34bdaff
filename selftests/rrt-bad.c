// SPDX-License-Identifier: GPL-2.0
/*
 * Bad input by the thousand: table lines, messages and sysfs writes, every one of them wrong by
 * construction, made from a seed so that a failure can be had again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rrt.h"

#define LONG_WORD 4096

static unsigned long long seed;
static char long_word[LONG_WORD + 1];
static char text[8 * LONG_WORD];
/* The two paths of the map, and a name that a message may give. */
static const char *dev[2];

static unsigned int below(unsigned int n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % n;
}

static const char *pick(const char * const *list, size_t n)
{
	return list[below(n)];
}

static const char * const policies[] = { "failover", "round-robin", "queue-length" };

/* No number that any field takes. */
static const char *bad_number(void)
{
	static const char * const list[] = {
		"-1", "x", "1x", "0x1", "1.5", "4294967296", "18446744073709551616", "-0", "1,2",
		"99999999999999999999999999999999", "NaN", "1e3", "-9223372036854775808", "%s",
		"''", "\\",
	};

	return below(12) ? pick(list, ARRAY_SIZE(list)) : long_word;
}

static const char *bad_device(void)
{
	static const char * const list[] = {
		"/dev/nosuch", "/dev", "/", "999:999", "4095:1048575", ":", "1:", ":1", "-1:0",
		"%s%n", "/dev/null", "/dev/zero", "4294967296:0", "0:0", "nosuch", "../dev/nosuch",
		"1:2:x",
	};

	return below(12) ? pick(list, ARRAY_SIZE(list)) : long_word;
}

static const char *bad_word(void)
{
	static const char * const list[] = {
		"nosuch", "Failover", "fail-over", "round_robin", "roundrobin", "multipath", "0",
		"-", "--help", "%s%s%s%n", "\\\\", "failover,round-robin", "queue",
		"QUEUE_IF_NO_PATH",
	};

	return below(12) ? pick(list, ARRAY_SIZE(list)) : long_word;
}

static void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
}

static void make_table(void)
{
	static const char * const no_count[] = {
		"0", "1025", "65536", "4294967295", "2147483648",
	};
	static const char * const no_args[] = { "3", "4", "255", "4294967295" };
	static const char * const bad_failback[] = {
		"later", "604800001", "auto", "immediately",
	};
	const char *policy = pick(policies, ARRAY_SIZE(policies));

	switch (below(22)) {
	case 0:
		return say("%s 2 0 %s %s", bad_word(), dev[0], dev[1]);
	case 1:
		return say("%s %s 0 %s %s", policy, bad_number(), dev[0], dev[1]);
	case 2:
		return say("%s %s 0 %s %s", policy, pick(no_count, ARRAY_SIZE(no_count)),
			   dev[0], dev[1]);
	case 3:
		return say("%s 2 %s %s %s", policy, bad_number(), dev[0], dev[1]);
	case 4:
		return say("%s 2 %s %s 1 1 1 %s 1 1 1", policy,
			   pick(no_args, ARRAY_SIZE(no_args)), dev[0], dev[1]);
	case 5:
		return say("%s 2 0 %s %s", policy, dev[0], bad_device());
	case 6:
		return say("%s 2 0 %s %s", policy, dev[1], dev[1]);
	case 7:
		return say("%s %u 0 %s %s", policy, 3 + below(1022), dev[0], dev[1]);
	case 8:
		return say("%s 1 0 %s %s", policy, dev[0], dev[1]);
	case 9:
		return say("%s 2 1 %s %s %s 1", policy, dev[0], bad_number(), dev[1]);
	case 10:
		return say("%s 2 1 %s 65536 %s 1", policy, dev[0], dev[1]);
	case 11:
		return say("%s 2 2 %s 1 1 %s 1 %s", policy, dev[0], dev[1], bad_number());
	case 12:
		return say("%s 2 2 %s 1 %s %s 1 1", policy, dev[0], below(2) ? "0" : "257", dev[1]);
	case 13:
		return say("%s 2 1 %s %s", policy, dev[0], dev[1]);
	case 14:
		return say("%s 2 0 %s %s %s", policy, dev[0], dev[1], bad_number());
	case 15:
		return say("%s 2 0 %s %s %u queue_if_no_path", policy, dev[0], dev[1],
			   2 + below(1 << 30));
	case 16:
		return say("%s 2 0 %s %s 1 %s", policy, dev[0], dev[1], bad_word());
	case 17:
		return say("%s 2 0 %s %s 2 queue_if_no_path queue_if_no_path", policy, dev[0],
			   dev[1]);
	case 18:
		return say("%s 2 0 %s %s 2 failback %s", policy, dev[0], dev[1],
			   pick(bad_failback, ARRAY_SIZE(bad_failback)));
	case 19:
		return say("%s 2 0 %s %s 2 rr_min_io %s", policy, dev[0], dev[1],
			   below(2) ? "0" : bad_number());
	case 20:
		return say("%s", below(2) ? "" : policy);
	default:
		return say("%s 2 0 %s %s 4 probe_interval_ms 5 no_path_timeout_ms %s", policy,
			   dev[0], dev[1], bad_number());
	}
}

static void make_message(void)
{
	static const char * const verbs[] = {
		"fail_path", "reinstate_path", "set_policy", "set_priority", "set_weight",
		"queue_if_no_path", "fail_if_no_path", "set", "reset_stats",
	};
	static const char * const options[] = {
		"no_path_timeout_ms", "failback", "probe_interval_ms", "rr_min_io",
		"stall_timeout_ms", "hold_down_max_ms", "merge_kib",
	};

	switch (below(14)) {
	case 0:
		return say("%s", bad_word());
	case 1:
		return say("fail_path %s", bad_device());
	case 2:
		return say("reinstate_path %s", bad_device());
	case 3:
		return say("set_policy %s", bad_word());
	case 4:
		return say("set_priority %s %s", dev[0], bad_number());
	case 5:
		return say("set_priority %s 65536", dev[0]);
	case 6:
		return say("set_weight %s %s", dev[1], below(2) ? bad_number() : "257");
	case 7:
		return say("set_weight %s 2", bad_device());
	case 8:
		return say("set %s %s", pick(options, ARRAY_SIZE(options)), bad_number());
	case 9:
		return say("set %s 1", bad_word());
	case 10:
		return say("%s a b c d", pick(verbs, ARRAY_SIZE(verbs)));
	case 11:
		return say("%s", verbs[below(5)]);
	case 12:
		return say("set %s", pick(options, ARRAY_SIZE(options)));
	default:
		return say("reset_stats %s", bad_word());
	}
}

/* Returns the name of the attribute; the value goes to `text`. */
static const char *make_write(void)
{
	static const char * const numbers[] = {
		"queue_if_no_path", "no_path_timeout_ms", "failback", "probe_interval_ms",
		"rr_min_io", "stall_timeout_ms", "hold_down_max_ms", "merge_kib",
		"paths/%s/priority", "paths/%s/weight",
	};
	static const char * const states[] = {
		"failed", "standby", "Active", "1", "", "activ", "active disabled", "-1",
	};

	switch (below(4)) {
	case 0:
		say("%s", bad_word());
		return "policy";
	case 1:
		say("%s", pick(states, ARRAY_SIZE(states)));
		return "paths/%s/state";
	default:
		say("%s", bad_number());
		return pick(numbers, ARRAY_SIZE(numbers));
	}
}

static int write_sysfs(const char *dir)
{
	const char *name = make_write();
	char path[512];
	size_t n;
	int fd, err = 0;

	n = snprintf(path, sizeof(path), "%s/", dir);
	/* The only conversion in a name is the one for the device. */
	if (strchr(name, '%'))
		snprintf(path + n, sizeof(path) - n, "paths/%s/%s", dev[below(2)],
			 strrchr(name, '/') + 1);
	else
		snprintf(path + n, sizeof(path) - n, "%s", name);
	/* A write of nothing is no write: give the kernel a line. */
	strcat(text, "\n");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		exit(ENOENT);
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

/*
 * MAP INACTIVE SYSFSDIR LEN SEED COUNT DEV0 DEV1: MAP is live and gets the messages and the writes,
 * INACTIVE has no table and gets the lines. DEV0 and DEV1 are major:minor. Gives the number that
 * were accepted, and the first of them.
 */
static int do_bad(char *args, FILE *out)
{
	const char *map = rrt_word(&args), *inactive = rrt_word(&args), *dir = rrt_word(&args);
	unsigned long long len = rrt_number(&args), count, i, accepted = 0;

	seed = rrt_number(&args);
	count = rrt_number(&args);
	dev[0] = rrt_word(&args);
	dev[1] = rrt_word(&args);
	memset(long_word, 'w', LONG_WORD);

	for (i = 0; i < count; i++) {
		const char *kind;
		int err;

		switch (below(3)) {
		case 0:
			kind = "table";
			make_table();
			err = rrt_dm_load(inactive, len, "rrpath", text);
			if (!err)
				rrt_dm_clear(inactive);
			break;
		case 1:
			kind = "message";
			make_message();
			err = rrt_dm_message(map, text);
			break;
		default:
			kind = "write";
			err = write_sysfs(dir);
		}
		if (i % 32 == 0)
			rrt_read_log();
		if (!err && accepted++ < 5)
			fprintf(out, "[%s: %.200s] ", kind, text);
	}
	fprintf(out, "accepted %llu", accepted);
	return accepted ? EINVAL : 0;
}

const struct rrt_op rrt_bad_ops[] = {
	{ "bad", do_bad, "MAP INACTIVE SYSFSDIR LEN SEED COUNT DEV0 DEV1: all must be refused" },
	{ }
};
