// SPDX-License-Identifier: GPL-2.0
/* The kernel made to ask a disk again what it is. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "map.h"
#include "rescan.h"

pid_t rrpath_rescan_start(const char *file)
{
	pid_t pid;
	int fd;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid < 0 ? 0 : pid;
	rrpath_unlock();
	fd = open(file, O_WRONLY | O_CLOEXEC);
	_exit(fd < 0 || write(fd, "1", 1) != 1);
}

bool rrpath_rescan_ended(pid_t pid, bool *ok)
{
	int status = 0;

	/* An error: who called this program does not want to know of children, nor do we then. */
	if (!waitpid(pid, &status, WNOHANG))
		return false;
	if (ok)
		*ok = !status;
	return true;
}

uint64_t rrpath_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
