// SPDX-License-Identifier: GPL-2.0
/* Whether a stalled path's connection is to be closed. */
#include "unstick.h"

/*
 * TCP has sent something, long ago or more than once, and nothing at all has come
 * back. The peer's network stack acknowledges what it gets, however busy or stuck
 * the target's disks are.
 */
static bool peer_is_silent(const struct rrpath_tcp *tcp)
{
	if (tcp->last_ack_ms < RRPATH_UNSTICK_SILENCE_MS ||
	    tcp->last_ack_ms < 2 * tcp->round_trip_ms + 200)
		return false;
	if (tcp->unacked)
		return tcp->retransmits || tcp->last_sent_ms >= RRPATH_UNSTICK_OVERDUE_MS;
	/* The peer's window is closed, and it does not answer. One may be on its way. */
	return tcp->probes >= 2;
}

static const char *reason_to_leave(const struct rrpath_unstick *facts)
{
	if (!facts->spare)
		return "no other path is usable";
	if (facts->tcp.state != RRPATH_TCP_ESTABLISHED)
		return "its connection is down already";
	if (facts->tcp.unacked && facts->tcp.retransmits)
		return "the link loses packets, but the target is heard of";
	return "the target acknowledges: it is slow, or its disk is, but not the link";
}

enum rrpath_unstick_verdict rrpath_unstick_decide(const struct rrpath_unstick *facts,
						  const char **why)
{
	if (!facts->stalled) {
		*why = "it is not stalled any more";
		return RRPATH_UNSTICK_OVER;
	}
	if (facts->shared) {
		*why = "its session also carries a disk that is used outside of rrpath maps";
		return RRPATH_UNSTICK_LEAVE;
	}
	if (facts->spare && facts->tcp.state == RRPATH_TCP_ESTABLISHED &&
	    peer_is_silent(&facts->tcp)) {
		*why = "the target does not acknowledge";
		return RRPATH_UNSTICK_ACT;
	}
	*why = reason_to_leave(facts);
	return facts->elapsed_ms < RRPATH_UNSTICK_WINDOW_MS ? RRPATH_UNSTICK_WAIT :
							      RRPATH_UNSTICK_LEAVE;
}
