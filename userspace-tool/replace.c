// SPDX-License-Identifier: GPL-2.0
/* Files that are replaced as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"
#include "util.h"

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);
	ssize_t done;

	while (left) {
		done = write(fd, text, left);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		left -= (size_t)done;
	}
	return fsync(fd) ? -errno : 0;
}

static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

FILE *rrpath_open_ours(const char *name)
{
	FILE *file = fopen(name, "re");
	struct stat st;

	if (!file)
		return NULL;
	if (!fstat(fileno(file), &st) && (!st.st_uid || st.st_uid == getuid()) &&
	    !(st.st_mode & 0002))
		return file;
	fclose(file);
	errno = EPERM;
	return NULL;
}

int rrpath_replace_file(const char *name, const char *text, mode_t mode)
{
	char *new __rr_cleanup(rrpath_freep) = rrpath_printf("%s.new", name);
	char *dir __rr_cleanup(rrpath_freep) = rrpath_dup(name);
	int fd, ret;

	*strrchr(dir, '/') = '\0';
	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	/* One that was killed may have left it. */
	unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, text);
	if (!ret && fchmod(fd, mode))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(new, name))
		ret = -errno;
	if (ret)
		unlink(new);
	else
		sync_dir(dir);
	return ret;
}
