/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What would happen to the I/O of a map when something breaks, and what is wrong
 * with the way it is set up. Reads; prints nothing, changes nothing.
 */
#ifndef RRPATH_DOCTOR_H
#define RRPATH_DOCTOR_H

#include "map.h"
#include "transport.h"

/* Longer than anything: no timer ends it. */
#define RRPATH_NEVER	(-1L)
/* Nothing here says: a disk with no transport of ours. */
#define RRPATH_UNKNOWN	(-2L)

enum rrpath_trouble {
	RRPATH_LINK_LOSS,	/* nothing comes any more, and nobody says so */
	RRPATH_LUN_HANG,	/* the target answers, the LUN does not */
	RRPATH_TARGET_REBOOT,	/* the target closes its connections, and is away */
	RRPATH_NR_TROUBLES
};

/* A part of the sum: @times times a limit, or something that is no file. */
struct rrpath_step {
	char what[80];
	long ms;
};

#define RRPATH_MAX_STEPS	6

/* How long what is in flight on the path, and who waits for it, stands still. */
struct rrpath_outlook {
	long ms;
	bool no_other;		/* and then there is no other path to go to */
	size_t nr_steps;
	struct rrpath_step step[RRPATH_MAX_STEPS];
};

/* What is true of this machine. */
struct rrpath_doctor_facts {
	bool unstick;		/* rrpath unstick runs */
	bool multipathd;	/* multipathd runs */
	bool multipathd_told;	/* and its configuration leaves paths of ours alone */
	bool lvm_told;		/* LVM asks udev which disks are paths */
	bool destroy;		/* the kernel can close others' TCP connections */
};

struct rrpath_doctor_path {
	const struct rrpath_map_path *path;
	struct rrpath_transport t;
	struct rrpath_outlook outlook[RRPATH_NR_TROUBLES];
};

struct rrpath_finding {
	const char *id;		/* does not change: for scripts */
	char *text;
	char *remedy;
};

struct rrpath_doctor {
	const struct rrpath_map *map;
	struct rrpath_doctor_facts facts;
	size_t nr_paths;	/* of those that the kernel still has */
	struct rrpath_doctor_path *path;
	size_t nr_findings;
	struct rrpath_finding *finding;
};

/* A test puts an answer of its own here. */
extern bool (*rrpath_doctor_can_destroy)(void);

void rrpath_doctor_facts(struct rrpath_doctor_facts *facts);

/* @map stays the caller's, and has to outlive @doctor. */
void rrpath_doctor_examine(struct rrpath_doctor *doctor, const struct rrpath_map *map,
			   const struct rrpath_doctor_facts *facts);
void rrpath_doctor_free(struct rrpath_doctor *doctor);

/* True if the limit should be set to @value: of a path of a map with another one. */
bool rrpath_doctor_advises(const struct rrpath_doctor *doctor,
			   const struct rrpath_doctor_path *path, enum rrpath_timer_id id,
			   long *value);

#endif
