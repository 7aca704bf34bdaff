/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers share: an input while it is made (rrt-fuzz-input.c), and done (rrt-fuzz.c). */
#ifndef RRT_FUZZ_H
#define RRT_FUZZ_H

#include <stddef.h>
#include <stdio.h>

#define FUZZ_DEVICES 8
#define FUZZ_WORDS 64
#define FUZZ_ROOM 65536

#define FUZZ_PARAMETERS "/sys/module/dm_rrpath/parameters"

/* The first three are what the generator makes; TABLE is for the spare map, LIVE goes on to rrt. */
enum fuzz_kind {
	FUZZ_TABLE, FUZZ_MESSAGE, FUZZ_WRITE, FUZZ_MADE,
	FUZZ_LIVE = FUZZ_MADE, FUZZ_SUSPEND, FUZZ_RESUME, FUZZ_READ, FUZZ_STATUS, FUZZ_BIO,
	FUZZ_FAULT, FUZZ_KINDS
};

extern const char * const fuzz_kinds[FUZZ_KINDS];

/* Words, which are joined at the end. */
extern struct fuzz_input {
	char *word[FUZZ_WORDS];
	unsigned int nr;
	int spoilt;		/* it may be refused */
	char text[FUZZ_ROOM];
	size_t len;
	char file[256];		/* of a write, below the map's directory if not absolute */
} fuzz_in;

extern struct fuzz_lab {
	const char *map;	/* live: it gets messages and writes, now and then a table */
	const char *spare;	/* has no live table: the lines are tried on it */
	const char *dir;
	unsigned long long sectors;
	unsigned int nr_devices;
	const char *device[FUZZ_DEVICES];	/* major:minor */
	const char *name[FUZZ_DEVICES];		/* of its map, rrt-pN */
	unsigned int every;	/* one of so many is watched */
	int suspended;
	int faults;		/* devices may be bad */
	int parameters;		/* of the module: they may have changed */
	int bios;		/* there are, so they may be counted at any time */
} fuzz_lab;

/* Of a table line; all but the first have a number, and a module parameter. */
#define FUZZ_OPTIONS 8
extern const struct fuzz_option {
	const char *name;
	unsigned int min, max;
} fuzz_options[FUZZ_OPTIONS];

extern unsigned long long fuzz_seed;

unsigned int fuzz_below(unsigned int n);
int fuzz_one_in(unsigned int n);

/* A table line, a message or a write is in fuzz_in. */
enum fuzz_kind fuzz_make(void);
/* Parts of that, for words that come from elsewhere: cut up, spoilt in one place, joined. */
void fuzz_cut(const char *text);
void fuzz_spoil(void);
void fuzz_join(void);

/*
 * MAP SPARE SYSFSDIR LEN EVERY DEVICE=NAME...: MAP is live over some of the devices, SPARE has no
 * table; one of EVERY inputs is watched. `args` stays in use. 0 or an errno.
 */
int fuzz_setup(char *args);
/* Is the device one of the map's now? */
int fuzz_is_path(const char *device);
/* Is the next step to be watched? */
void fuzz_watch(int yes);
/* Wait for the files of the paths of a table that was made live: NULL, or what is wrong. */
const char *fuzz_wait_files(void);
/* Do what is in fuzz_in: NULL, or what has gone wrong; *err is what the kernel said. */
const char *fuzz_step(enum fuzz_kind kind, int *err);
/* The map as fuzz_setup() has found it: NULL, or what has gone wrong. */
const char *fuzz_restore(void);
/* Says what has gone wrong with which input. */
void fuzz_tell(FILE *out, enum fuzz_kind kind, int err, const char *wrong);

/* ---- rrt-kcov.c */

/* What the module executes between these is counted, if anything is. */
void rrt_trace_start(void);
void rrt_trace_end(void);
/* Reads and writes of the map that nobody waits for: "read BLOCK COUNT". */
int rrt_kcov_bio(const char *text);

#endif
