// SPDX-License-Identifier: GPL-2.0
/*
 * What a disk would hold after a power cut: reads the log of dm-log-writes (its format is that of
 * Documentation/admin-guide/device-mapper/log-writes.rst and of drivers/md/dm-log-writes.c), and
 * keeps count in it of what was promised to somebody who writes files.
 *
 * The log has a superblock in its first sector, then entries: a sector that says what was written
 * where, and the data. A write is entered when a flush that was sent after it had ended is done, at
 * once if it is FUA: so what stands before an entry is what the disk must have.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "rrt.h"

#define LOG_MAGIC	0x6a736677736872ULL
#define LOG_VERSION	1
#define LOG_FLUSH	1
#define LOG_FUA		2
#define LOG_DISCARD	4
#define LOG_MARK	8

struct log_super {
	uint64_t magic, version, entries;
	uint32_t sector_size;
};

struct log_entry {
	uint64_t sector, sectors, flags, text_len;
};

struct log {
	int fd;
	uint64_t entries, sector_size;
	uint64_t at;		/* of the entry, or of its data once it has been read */
	struct log_entry entry;
	char text[512];		/* of a mark */
};

static int log_open(struct log *log, const char *name)
{
	struct log_super super;

	log->fd = open(name, O_RDONLY | O_CLOEXEC);
	if (log->fd < 0)
		return errno;
	if (pread(log->fd, &super, sizeof(super), 0) != sizeof(super) ||
	    le64toh(super.magic) != LOG_MAGIC || le64toh(super.version) != LOG_VERSION ||
	    le32toh(super.sector_size) < sizeof(log->text)) {
		close(log->fd);
		return EINVAL;
	}
	log->entries = le64toh(super.entries);
	log->sector_size = le32toh(super.sector_size);
	log->at = log->sector_size;
	return 0;
}

static uint64_t log_data_size(const struct log *log)
{
	return log->entry.flags & LOG_DISCARD ? 0 : log->entry.sectors * log->sector_size;
}

/* To be followed by log_skip(), when whoever wants the data has had it. */
static int log_next(struct log *log)
{
	char sector[512];
	struct log_entry *entry = (struct log_entry *)sector;

	if (pread(log->fd, sector, sizeof(sector), log->at) != sizeof(sector))
		return EIO;
	log->entry.sector = le64toh(entry->sector);
	log->entry.sectors = le64toh(entry->sectors);
	log->entry.flags = le64toh(entry->flags);
	log->entry.text_len = le64toh(entry->text_len);
	log->text[0] = '\0';
	if (log->entry.flags & LOG_MARK) {
		if (log->entry.text_len >= sizeof(sector) - sizeof(*entry))
			return EINVAL;
		memcpy(log->text, sector + sizeof(*entry), log->entry.text_len);
		log->text[log->entry.text_len] = '\0';
	}
	log->at += log->sector_size;
	return 0;
}

static void log_skip(struct log *log)
{
	log->at += log_data_size(log);
}

/*
 * LOG COUNT AFTER: says `entries flushes fuas marks`, then points at which the power might fail:
 * COUNT evenly among flushes, FUA writes and marks, and the first AFTER marks that follow each mark
 * `fail`. Each is `entry:mark`: how many entries to replay, and the highest mark that is a number
 * before that.
 */
static int do_points(char *args, FILE *out)
{
	uint64_t i, flushes = 0, fuas = 0, marks = 0, points = 0, want, after, close_by = 0;
	unsigned long long mark = 0;
	struct { uint64_t entry, mark, wanted; } *point;
	struct log log;
	int err;

	err = log_open(&log, rrt_word(&args));
	if (err)
		return err;
	want = rrt_number(&args);
	after = rrt_number(&args);
	point = calloc(log.entries + 1, sizeof(*point));
	if (!point)
		exit(ENOMEM);
	for (i = 0; i < log.entries; i++, log_skip(&log)) {
		err = log_next(&log);
		if (err)
			break;
		flushes += !!(log.entry.flags & LOG_FLUSH);
		fuas += !!(log.entry.flags & LOG_FUA);
		if (!(log.entry.flags & (LOG_FLUSH | LOG_FUA | LOG_MARK)))
			continue;
		if (strtoull(log.text, NULL, 10)) {
			mark = strtoull(log.text, NULL, 10);
			marks++;
			point[points].wanted = close_by && close_by--;
		} else if (!strcmp(log.text, "fail")) {
			close_by = after;
		}
		point[points].entry = i + 1;
		point[points++].mark = mark;
	}
	close(log.fd);
	fprintf(out, "%ju %ju %ju %ju", log.entries, flushes, fuas, marks);
	if (want > points)
		want = points;
	/* The last one is among them. */
	for (i = 1; i <= want; i++)
		point[i * points / want - 1].wanted = 1;
	for (i = 0; i < points; i++)
		if (point[i].wanted)
			fprintf(out, " %ju:%ju", point[i].entry, point[i].mark);
	free(point);
	return err;
}

static int replay_entry(struct log *log, int fd, char **buffer, uint64_t *room)
{
	uint64_t size = log_data_size(log), where = log->entry.sector * log->sector_size;

	if (log->entry.flags & LOG_DISCARD)
		return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, where,
				 log->entry.sectors * log->sector_size) ? errno : 0;
	if (size > *room) {
		*buffer = realloc(*buffer, size);
		if (!*buffer)
			exit(ENOMEM);
		*room = size;
	}
	if (pread(log->fd, *buffer, size, log->at) != (ssize_t)size ||
	    pwrite(fd, *buffer, size, where) != (ssize_t)size)
		return EIO;
	return 0;
}

/* LOG FILE FROM TO: what the entries from FROM up to, but without, TO have written, to FILE */
static int do_replay(char *args, FILE *out)
{
	uint64_t from, to, i, room = 0;
	char *buffer = NULL;
	struct log log;
	int fd, err;

	err = log_open(&log, rrt_word(&args));
	if (err)
		return err;
	fd = open(rrt_word(&args), O_WRONLY | O_CLOEXEC);
	from = rrt_number(&args);
	to = rrt_number(&args);
	if (fd < 0)
		err = errno;
	else if (to > log.entries)
		err = ERANGE;
	for (i = 0; i < to && !err; i++, log_skip(&log)) {
		err = log_next(&log);
		if (!err && i >= from)
			err = replay_entry(&log, fd, &buffer, &room);
	}
	if (fd >= 0)
		close(fd);
	close(log.fd);
	free(buffer);
	fprintf(out, "%ju", i);
	return err;
}

/*
 * The writer of files: turn after turn makes a file under its final name, adds to a journal and
 * overwrites a slot. Each is made durable in its own way, and then the log is marked with the next
 * number: from there on it is promised.
 */

#define RECORD	4096
#define FILES	32		/* that stay */
#define SLOTS	64

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void fill(uint64_t *record, uint64_t turn)
{
	unsigned int i;

	record[0] = turn;
	for (i = 1; i < RECORD / sizeof(*record); i++)
		record[i] = turn * 0x9e3779b97f4a7c15ULL + i;
}

static int is_filled(const uint64_t *record, uint64_t turn)
{
	uint64_t want[RECORD / sizeof(uint64_t)];

	fill(want, turn);
	return !memcmp(record, want, RECORD);
}

static unsigned int file_records(uint64_t turn)
{
	return turn % 4 + 1;
}

/* Written, flushed, renamed, and its name flushed. */
static int promise_file(int dir, uint64_t turn, const uint64_t *record)
{
	int fd = openat(dir, "new", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600), failed;
	unsigned int i;
	char name[32];

	if (fd < 0)
		return -1;
	for (i = 0, failed = 0; i < file_records(turn) && !failed; i++)
		failed = write(fd, record, RECORD) != RECORD;
	failed = failed || fsync(fd);
	close(fd);
	snprintf(name, sizeof(name), "f%ju", turn);
	return failed || renameat(dir, "new", dir, name) || fsync(dir) ? -1 : 0;
}

static int remove_old(int dir, uint64_t turn)
{
	char name[32];

	snprintf(name, sizeof(name), "f%ju", turn - FILES);
	return turn <= FILES ? 0 : unlinkat(dir, name, 0);
}

static int make_slots(int fd, uint64_t *record)
{
	struct iovec iov = { record, RECORD };
	unsigned int i;

	memset(record, 0, RECORD);
	for (i = 0; i < SLOTS; i++)
		if (pwritev(fd, &iov, 1, i * RECORD) != RECORD)
			return -1;
	return fsync(fd);
}

struct promiser {
	int dir, journal, slots;
	const char *map;	/* of dm-log-writes */
	struct iovec iov;
	uint64_t promises;
};

static int promise(struct promiser *p)
{
	char mark[32];

	snprintf(mark, sizeof(mark), "mark %ju", ++p->promises);
	errno = rrt_dm_message(p->map, mark);
	return errno ? -1 : 0;
}

/* Three promises: what is one of file, journal and slot is told from the number. */
static int promise_turn(struct promiser *p, uint64_t turn)
{
	fill(p->iov.iov_base, turn);
	if (promise_file(p->dir, turn, p->iov.iov_base) || remove_old(p->dir, turn) || promise(p))
		return -1;
	if (pwritev(p->journal, &p->iov, 1, (turn - 1) * RECORD) != RECORD ||
	    fdatasync(p->journal) || promise(p))
		return -1;
	if (pwritev2(p->slots, &p->iov, 1, turn % SLOTS * RECORD, RWF_DSYNC) != RECORD)
		return -1;
	return promise(p);
}

/* DIR MAP TURNS: until so many turns or SIGTERM; says how many promises there are. */
static int do_promise(char *args, FILE *out)
{
	struct promiser p = { .iov = { NULL, RECORD } };
	uint64_t turns, turn = 0;
	int err = 0;

	p.dir = open(rrt_word(&args), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p.dir < 0)
		return errno;
	p.map = rrt_word(&args);
	turns = rrt_number(&args);
	signal(SIGTERM, on_term);
	if (posix_memalign(&p.iov.iov_base, RECORD, RECORD))
		exit(ENOMEM);
	p.journal = openat(p.dir, "journal", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	p.slots = openat(p.dir, "slots", O_CREAT | O_WRONLY | O_DIRECT | O_CLOEXEC, 0600);
	if (p.journal < 0 || p.slots < 0 || make_slots(p.slots, p.iov.iov_base))
		err = errno ? errno : EIO;
	while (!err && !stop && turn < turns) {
		if (promise_turn(&p, ++turn))
			err = errno ? errno : EIO;
		/* Or a fast disk fills the log. */
		usleep(50000);
	}
	close(p.journal);
	close(p.slots);
	close(p.dir);
	free(p.iov.iov_base);
	fprintf(out, "%ju", p.promises);
	return err;
}

/* Do these records of a file hold what that turn wrote? */
static int holds(int fd, uint64_t first, unsigned int count, uint64_t turn)
{
	uint64_t record[RECORD / sizeof(uint64_t)];
	unsigned int i;

	for (i = 0; i < count; i++)
		if (pread(fd, record, RECORD, (first + i) * RECORD) != RECORD ||
		    !is_filled(record, turn))
			return 0;
	return 1;
}

static int file_kept(int dir, uint64_t turn)
{
	char name[32];
	int fd, kept;

	snprintf(name, sizeof(name), "f%ju", turn);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	kept = holds(fd, 0, file_records(turn), turn);
	close(fd);
	return kept;
}

/* That slot holds its last turn up to the promised one, or a later one of its own. */
static int slot_kept(int fd, unsigned int slot, uint64_t promised)
{
	uint64_t record[RECORD / sizeof(uint64_t)], least = promised - (promised - slot) % SLOTS;

	if (promised < slot || !least)
		return 1;
	return pread(fd, record, RECORD, slot * RECORD) == RECORD && record[0] >= least &&
		record[0] % SLOTS == slot && is_filled(record, record[0]);
}

/* DIR NUMBER: is all there that was promised up to that number? Says what is not. */
static int do_kept(char *args, FILE *out)
{
	int dir = open(rrt_word(&args), O_RDONLY | O_DIRECTORY | O_CLOEXEC), journal, slots;
	uint64_t promises = rrt_number(&args), files = (promises + 2) / 3, turn;
	int err = 0;
	unsigned int slot;

	if (dir < 0)
		return errno;
	journal = openat(dir, "journal", O_RDONLY | O_CLOEXEC);
	slots = openat(dir, "slots", O_RDONLY | O_CLOEXEC);
	/* The turn after it may have removed one more. */
	for (turn = files < FILES ? 1 : files - FILES + 2; turn <= files; turn++) {
		if (!file_kept(dir, turn)) {
			fprintf(out, "file %ju ", turn);
			err = ENOENT;
		}
	}
	for (turn = 1; turn <= (promises + 1) / 3; turn++) {
		if (!holds(journal, turn - 1, 1, turn)) {
			fprintf(out, "record %ju of the journal ", turn);
			err = ENOENT;
			break;
		}
	}
	for (slot = 0; slot < SLOTS; slot++) {
		if (!slot_kept(slots, slot, promises / 3)) {
			fprintf(out, "slot %u ", slot);
			err = ENOENT;
		}
	}
	close(journal);
	close(slots);
	close(dir);
	return err;
}

const struct rrt_op rrt_log_ops[] = {
	{ "points", do_points, "LOG COUNT AFTER: entries, flushes, FUAs, marks, some of these" },
	{ "replay", do_replay, "LOG FILE FROM TO: entries FROM..TO-1 of dm-log-writes, to FILE" },
	{ "promise", do_promise, "DIR MAP TURNS: make files durable, mark the log, until SIGTERM" },
	{ "kept", do_kept, "DIR NUMBER: is there what was promised up to then?" },
	{ }
};
