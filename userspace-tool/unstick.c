// SPDX-License-Identifier: GPL-2.0
/* Whether a stalled path's connection is to be closed. */
#include "unstick.h"

/*
 * How long the oldest data has been unacknowledged, at least. TCP does not tell, but
 * each time that it was sent again had been waited for, as a rule twice as long as
 * the one before.
 */
static unsigned int unanswered_ms(const struct rrpath_tcp *tcp)
{
	unsigned int first = tcp->resend_ms >> (tcp->backoff < 31 ? tcp->backoff : 31);
	unsigned int waits = tcp->retransmits < 16 ? tcp->retransmits : 16;
	unsigned int doubled = tcp->backoff < waits ? tcp->backoff : waits;
	uint64_t waited = (uint64_t)first * ((1U << doubled) - 1 + waits - doubled);

	waited += tcp->last_sent_ms;
	return waited < UINT32_MAX ? (unsigned int)waited : UINT32_MAX;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int rrpath_unstick_silence(const struct rrpath_tcp *tcp)
{
	unsigned int silence = least(tcp->last_ack_ms, tcp->last_recv_ms);

	return tcp->unacked ? least(silence, unanswered_ms(tcp)) : silence;
}

/*
 * TCP has sent something, long ago or again and again, and nothing at all has come
 * back. The peer's network stack acknowledges what it gets, however busy or stuck
 * the target's disks are. Sent again once is not enough: one packet may get lost, and
 * the answer to the next be on its way.
 */
static bool peer_is_silent(const struct rrpath_tcp *tcp)
{
	unsigned int silence = rrpath_unstick_silence(tcp);

	if (silence < RRPATH_UNSTICK_SILENCE_MS || silence < 2 * tcp->round_trip_ms + 200)
		return false;
	if (tcp->unacked)
		return tcp->retransmits >= 2 || tcp->last_sent_ms >= RRPATH_UNSTICK_OVERDUE_MS;
	/* The peer's window is closed, and it does not answer. Likewise. */
	return tcp->probes >= 3;
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
