// SPDX-License-Identifier: GPL-2.0
/*
 * Command lines that nobody should write: each gets its exit status and one line,
 * from the program as it is installed, in a process of its own.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../util.h"
#include "fake.h"

#define LONG_WORD	4096

static const char *const commands[] = {
	"create", "remove", "list", "show", "policy", "fail", "reinstate", "add", "drop", "set",
	"stat",
};

static char long_word[LONG_WORD + 1];

static int read_back(int file, char *to, size_t size)
{
	ssize_t len = pread(file, to, size - 1, 0);

	assert_true(len >= 0);
	to[len] = '\0';
	return (int)len;
}

/* A list of words on the stack. */
#define WORDS(...)	((const char *const[]){ __VA_ARGS__, NULL })

/* Runs it, and has it end by itself, with 1 or 2 and a line that says why. */
static int refuses(const char *const *words)
{
	const char *program = getenv("RRPATH");
	unsigned int lines = 0, i;
	char text[8192];
	int err, status;
	pid_t pid;

	assert_non_null(program);
	err = memfd_create("stderr", MFD_CLOEXEC);
	assert_true(err >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		char *argv[16] = { "rrpath" };

		for (i = 0; words[i] && i < 14; i++)
			argv[i + 1] = (char *)words[i];
		dup2(open("/dev/null", O_RDWR), 1);
		dup2(err, 2);
		/* Nothing may come of it that takes long. */
		alarm(60);
		execv(program, argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	read_back(err, text, sizeof(text));
	close(err);
	for (i = 0; text[i]; i++)
		lines += text[i] == '\n';
	if (!WIFEXITED(status))
		fail_msg("'%s %.80s' died of signal %d: %s", words[0], words[1] ? words[1] : "",
			 WTERMSIG(status), text);
	status = WEXITSTATUS(status);
	if (status != 1 && status != 2)
		fail_msg("'%s %.80s' ended with %d: %s", words[0], words[1] ? words[1] : "",
			 status, text);
	if (lines != 1 && !(status == 2 && lines == 2 && strstr(text, "\nTry 'rrpath ")))
		fail_msg("'%s %.80s' printed %u lines: %s", words[0], words[1] ? words[1] : "",
			 lines, text);
	if (strncmp(text, "rrpath: ", 8) || strlen(text) > 1000)
		fail_msg("'%s %.80s' printed: %s", words[0], words[1] ? words[1] : "", text);
	return status;
}

static void no_arguments(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(refuses(WORDS(NULL)), 2);
	for (i = 0; i < RRPATH_ARRAY_SIZE(commands); i++) {
		/* These three need none; what they need is device-mapper. */
		if (!strcmp(commands[i], "list") || !strcmp(commands[i], "show") ||
		    !strcmp(commands[i], "stat"))
			continue;
		assert_int_equal(refuses(WORDS(commands[i])), 2);
	}
}

static void too_many_arguments(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < RRPATH_ARRAY_SIZE(commands); i++) {
		int status = refuses(WORDS(commands[i], "a", "b", "c", "d", "e", "f", "g"));

		/* A map can have many paths. */
		assert_int_equal(status, strcmp(commands[i], "create") ? 2 : 1);
	}
}

static void unknown_options(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < RRPATH_ARRAY_SIZE(commands); i++) {
		const char *cmd = commands[i];

		assert_int_equal(refuses(WORDS(cmd, "--nosuch")), 2);
		assert_int_equal(refuses(WORDS(cmd, "--nosuch=1", "a")), 2);
		assert_int_equal(refuses(WORDS(cmd, "-Z")), 2);
		assert_int_equal(refuses(WORDS(cmd, "a", "-\377", "b")), 2);
	}
}

static void long_words(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(refuses(WORDS(long_word)), 2);
	for (i = 0; i < RRPATH_ARRAY_SIZE(commands); i++) {
		const char *cmd = commands[i];

		refuses(WORDS(cmd, long_word));
		refuses(WORDS(cmd, long_word, long_word));
		refuses(WORDS(cmd, "nosuch", long_word));
		refuses(WORDS(cmd, "nosuch", long_word, long_word));
		refuses(WORDS(cmd, "nosuch", "priority", long_word, long_word));
	}
}

static void long_values(void **state)
{
	static const char *const options[][2] = {
		{ "create", "--policy" }, { "create", "--priority" }, { "create", "--weight" },
		{ "create", "--no-path-timeout" }, { "create", "--failback" },
		{ "create", "--probe-interval" }, { "create", "--rr-min-io" },
		{ "create", "--merge-kib" },
		{ "add", "--priority" }, { "add", "--weight" }, { "stat", "--interval" },
		{ "stat", "--count" }, { "list", "--output" }, { "show", "--output" },
		{ "stat", "--output" },
	};
	static const char *const values[] = {
		long_word, "", "-1", "18446744073709551616", "99999999999999999999999999",
		"0x10", "1 ", " 1", "1\n2", "\033[2J", "%s%n",
	};
	size_t i, value;

	(void)state;
	for (i = 0; i < RRPATH_ARRAY_SIZE(options); i++)
		for (value = 0; value < RRPATH_ARRAY_SIZE(values); value++)
			assert_int_equal(refuses(WORDS(options[i][0], options[i][1], values[value],
						       "lun0", "sda")), 2);
}

static void missing_values(void **state)
{
	(void)state;
	assert_int_equal(refuses(WORDS("create", "a", "b", "--policy")), 2);
	assert_int_equal(refuses(WORDS("create", "a", "b", "-p")), 2);
	assert_int_equal(refuses(WORDS("create", "--force=yes")), 2);
	assert_int_equal(refuses(WORDS("stat", "-i")), 2);
	assert_int_equal(refuses(WORDS("list", "-o")), 2);
}

static void control_characters(void **state)
{
	static const char *const words[] = { "a\nb", "\033[2J", "\t", "%s%s%n", "\377\376", " " };
	size_t i, word;

	(void)state;
	for (i = 0; i < RRPATH_ARRAY_SIZE(commands); i++)
		for (word = 0; word < RRPATH_ARRAY_SIZE(words); word++)
			refuses(WORDS(commands[i], words[word], words[word]));
}

static void many_disks(void **state)
{
	static char *argv[1100];
	size_t i;

	(void)state;
	argv[0] = "rrpath";
	argv[1] = "create";
	argv[2] = "many";
	for (i = 3; i < 3 + 1025; i++)
		argv[i] = "sda";
	fake_setup(state);
	expect(rrpath_argv(3 + 1025, argv), 2, "1024 paths at most");
	fake_teardown(state);
}

static int fill(void **state)
{
	(void)state;
	memset(long_word, 'x', LONG_WORD);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_arguments),
		cmocka_unit_test(too_many_arguments),
		cmocka_unit_test(unknown_options),
		cmocka_unit_test(long_words),
		cmocka_unit_test(long_values),
		cmocka_unit_test(missing_values),
		cmocka_unit_test(control_characters),
		cmocka_unit_test(many_disks),
	};

	return cmocka_run_group_tests_name("bad input", tests, fill, NULL);
}
