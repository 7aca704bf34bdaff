/* SPDX-License-Identifier: GPL-2.0 */
/* Whether a stalled path's connection is to be closed. Pure: no file, no clock. */
#ifndef RRPATH_UNSTICK_H
#define RRPATH_UNSTICK_H

#include <stdbool.h>

#include "sockdiag.h"

/* A living peer acknowledges sooner: within a round trip, and 200 ms if it delays that. */
#define RRPATH_UNSTICK_SILENCE_MS	700
/* So long after it was sent it need not have been sent again: TCP may be slow to do so. */
#define RRPATH_UNSTICK_OVERDUE_MS	950
/* A connection that has sent nothing since it stalled does so within this: the kernel probes. */
#define RRPATH_UNSTICK_WINDOW_MS	3000

struct rrpath_unstick {
	bool stalled;		/* a path over the session is stalled */
	bool spare;		/* every map with a path over it has a usable one elsewhere */
	bool shared;		/* it carries a disk that is used otherwise */
	struct rrpath_tcp tcp;
	unsigned int elapsed_ms;	/* since it was first looked at */
};

enum rrpath_unstick_verdict {
	RRPATH_UNSTICK_OVER,	/* nothing is stuck any more */
	RRPATH_UNSTICK_WAIT,	/* look again */
	RRPATH_UNSTICK_ACT,	/* close it */
	RRPATH_UNSTICK_LEAVE,	/* leave it as it is */
};

/*
 * For how long nothing has come from the peer although it ought to have answered: an
 * idle connection's peer has nothing to say.
 */
unsigned int rrpath_unstick_silence(const struct rrpath_tcp *tcp);

/* @why: what the verdict rests on, for a line of the log. */
enum rrpath_unstick_verdict rrpath_unstick_decide(const struct rrpath_unstick *facts,
						  const char **why);

#endif
