/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Torture: rounds of random operations on a map under I/O that knows what every block must be.
 *
 * A round is one map over one kind of disk. Its processes, which share `struct torture`:
 *
 *	supervisor	draws the round, makes and removes the map, sees that nobody hangs, judges
 *			what was read, and whether every bio is accounted for (bios.c)
 *	writers		threads that read and write, each a run of blocks of its own (writer.c)
 *	structure	suspend, reload, rename, paths deleted and made again  \
 *	live		messages, sysfs, the tool, whoever only looks           > operate.c
 *	faults		what befalls paths, CPUs and memory                    /
 *
 * What each of them does follows from the seed, the round and who it is, and from nothing that
 * happens meanwhile; only when they do it is left to the machine.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "../rrt.h"

#define BLOCK		4096
#define MAX_PATHS	8
#define MAX_DISKS	4
#define MAX_BACKENDS	2
#define WRITERS		8
#define BLOCKS		64	/* of a writer */
#define MAYBES		6
#define TEXT		3200	/* of an operation */

/*
 * What may go wrong in a round, from which follows what must not:
 *	ANCHORED	path 0 always works and is in every table: no error may come up
 *	QUEUEING	all paths may be lost, but I/O is queued, also by a suspend: none either
 *	FREE		anything goes: EIO may come up, wrong data may not
 */
enum mode { ANCHORED, QUEUEING, FREE, NR_MODES };

enum kind {
	SUSPEND, RESUME, LOAD, CLEAR, RENAME, REMOVE_BUSY, UNLOAD_BUSY, DROP_PATH, CREATE_PATH,
	MESSAGE, SYSFS, TOOL, REFUSED, LOOK, COUNT, FAULT, RELEASE, CPU, MEMORY,
	CREATE, REMOVE, MODULE_LOAD, MODULE_UNLOAD, NR_KINDS
};

enum operators { SUPERVISOR, STRUCTURE, LIVE, FAULTS, NR_OPERATORS };

struct latency {
	unsigned long count, refused;
	unsigned long long total_us, max_us;
};

struct operator {
	char name;
	uint64_t rng;
	unsigned int number;		/* of operations begun in this round */
	atomic_ullong since;		/* us: when what is under way began, or 0 */
	int injected;			/* an allocation of it may have been made to fail */
	char what[TEXT];
	struct latency latency[NR_KINDS];
};

/* A block holds its generation (0: zeroes), or one of those that may have got there or not. */
struct block {
	uint32_t generation;
	uint32_t maybe[MAYBES];
	uint8_t nr_maybe;
	uint8_t any;			/* too many of them: any that was ever written */
	uint8_t dirty;			/* in the page cache, not known to be on the disk */
};

struct writer {
	uint32_t last;			/* generation */
	struct block block[MAX_BACKENDS][BLOCKS];
	atomic_ullong since;
	char what[80];
	unsigned long done, errors, bios, bytes;
	unsigned long long longest_us;
};

struct backend {
	char name[16];
	char disk[MAX_DISKS][64];
	unsigned int nr_disks;
};

/* What the map says of paths of its: bios sent to them, those that failed, were sent again. */
struct counted {
	long long bios, errors, retries;
};

struct round {
	unsigned int number, nr_paths, backend, operations;
	enum mode mode;
	int direct;			/* no page cache: every bio is known */
	int pause_ms;			/* operators wait for half as long on average */
};

struct torture {
	uint64_t seed;
	unsigned int limit_s;
	unsigned long long sectors;
	struct backend backend[MAX_BACKENDS];
	unsigned int nr_backends;
	int can_flakey, can_delay, can_fail_nth, can_hotplug, can_trace, can_tool;
	/*
	 * The kernel measures tables for IMA (dm-ima.c). A clear of a loaded table makes what it
	 * knows of that one the same as of the live one, a rename then frees it, and the next
	 * load or the removal once more, unless there was a load between clear and rename.
	 */
	int can_ima;
	int log_fd;

	struct round round;
	unsigned long long round_end;	/* us: no operation on the structure begins after it */
	unsigned int major, minor;	/* of the map */
	int write_cache;		/* flushes go to the disk, and FUA may */
	atomic_int stop, writers_stop, writers_ready;

	/*
	 * Of the paths, and of the map: whoever loads, swaps or clears a table, or makes, renames
	 * or removes the device, one at a time as device-mapper's measuring for IMA has no lock.
	 */
	pthread_mutex_t tables[MAX_PATHS + 1];

	/* Written by `structure`, odd while it changes what they tell. */
	atomic_uint changing;
	atomic_uint in_table, there, renamed;
	int cleared;			/* a table, with none loaded since */
	char path_dev[MAX_PATHS][16];
	struct counted gone;		/* by paths that have left the table */

	atomic_int failed;
	char fault[1200];

	struct operator operator[NR_OPERATORS];
	struct writer writer[WRITERS];
};

extern const char * const torture_kinds[NR_KINDS];

/* torture.c */
uint64_t torture_now(void);
void torture_fault(struct torture *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
uint64_t torture_draw(uint64_t *rng);
unsigned int torture_below(uint64_t *rng, unsigned int n);
uint64_t torture_rng(uint64_t seed, unsigned int round, unsigned int who);
const char *torture_name(struct torture *t);

/* operate.c */
void operate_structure(struct torture *t, struct operator *o);
void operate_live(struct torture *t, struct operator *o);
void operate_faults(struct torture *t, struct operator *o);
int operate(struct torture *t, struct operator *o, enum kind kind, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int operate_reply(struct torture *t, struct operator *o, enum kind kind, char *reply, size_t size,
		  const char *format, ...) __attribute__((format(printf, 6, 7)));
void operate_begin(struct torture *t, struct operator *o, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void operate_end(struct torture *t, struct operator *o, enum kind kind, int err);
int operate_write(const char *path, const char *text);
void operate_table(struct torture *t, uint64_t *rng, unsigned int mask, char *table, size_t size);
void operate_good_path(struct torture *t, struct operator *o, unsigned int path);
void operate_count(struct torture *t, struct operator *o, unsigned int mask,
		   struct counted *counted);

/* bios.c */
int bios_trace(void);
void bios_trace_anew(struct torture *t);
void bios_trace_no_more(struct torture *t);
void bios_judge(struct torture *t, const struct counted *counted);

/* writer.c */
void writer_process(struct torture *t);
void writer_check_disks(struct torture *t);
void writer_zero_disks(struct torture *t, unsigned int backend);

#endif
