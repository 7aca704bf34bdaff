/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stall watch: the flag that a bio reads without a barrier, the count that it has
 * written just before, and the grace period between them.
 *
 * What stands for what:
 *
 *   Bio		the part of rrpath_choose() that counts and looks at map->watching,
 *			rrpath_watch_begin(), rrpath_leave(); one task on a CPU of its own
 *   Watch		rrpath_watch_work(), rrpath_stats_sum(), rrpath_watch_path(),
 *			rrpath_watch_next()
 *   Store		what a CPU has written gets to the memory; its quiescent states
 *   Admin		rrpath_set_option() of stall_timeout_ms, or suspend and resume
 *			(rrpath_map_pause(), rrpath_map_resume()): rrpath_watch_restart(); then
 *			rrpath_map_stop()
 *
 * Memory ordering: what a CPU adds to its counters, or writes to the flag, is at first
 * seen by itself alone, and gets to the memory in any order and any time later; at the
 * latest when it lets go of a lock, or passes through a quiescent state. A grace
 * period is over when each CPU has passed through one, and begins with a full barrier:
 * that is all that RCU promises. What a CPU reads is read in the order of the program;
 * a load that comes earlier within its RCU section is a store that comes later.
 *
 * The counters of one path; the last bio of each CPU may hang for ever. A section under
 * map->lock is one step.
 *
 * Properties:
 *
 *   asleep		the watch does not sleep while a bio is in flight that has been sent,
 *			unless the watch is switched off
 *   stalled		a bio that hangs stalls its path in the end (no watch ends before)
 *   freed		nothing of the watch runs, or is queued, once the map is freed
 *
 * Left out: bios in flight on paths that are out of use. The watch leaves those paths
 * out and may sleep; the next bio that is sent begins it.
 */

#ifndef CPUS
#define CPUS		2
#endif
#ifndef BIOS
#define BIOS		2	/* for each CPU, one after the other */
#endif
#ifndef SWITCHES
#define SWITCHES	1
#endif
#define QUIET_ROUNDS	2	/* 16 in the code */
#define STALL_ROUNDS	2	/* 8 in the code */

/* struct rrpath_map */
bool watching = true;
bool wanted = true;		/* rrpath_watch_wanted() */
bool armed = true;
bool running;			/* the work */
bool map_stopped;
bool freed;
bool stalled;
byte rounds;

/* The flag as the watch has written it, while nobody else sees it: 2 if that is over. */
byte unseen_flag = 2;

/* Counters in memory, and what is not there yet. */
byte dispatched[CPUS];
byte completed[CPUS];
byte unseen_dispatched[CPUS];
byte unseen_completed[CPUS];

/* RCU */
bool reading[CPUS];
bool awaited[CPUS];		/* the grace period waits for a quiescent state */

/* What is only there to be checked. */
bool sent[CPUS];		/* in flight, and rrpath_choose() has returned */
byte left = CPUS;

#define WAKEFUL	(armed || running || !wanted)

inline drain(c)
{
	d_step {
		dispatched[c] = dispatched[c] + unseen_dispatched[c];
		completed[c] = completed[c] + unseen_completed[c];
		unseen_dispatched[c] = 0;
		unseen_completed[c] = 0
	}
}

inline publish_flag()
{
	if
	:: unseen_flag != 2 -> watching = unseen_flag; unseen_flag = 2
	:: else
	fi
}

inline rrpath_map_arm()
{
	assert(!freed);
	armed = armed || !map_stopped
}

/* What one CPU has written becomes known to the others, one counter or the other first. */
proctype Store(byte c)
{
end:
	do
	:: d_step { unseen_dispatched[c] ->
			dispatched[c]++;
			unseen_dispatched[c]--
		}
	:: d_step { unseen_completed[c] ->
			completed[c]++;
			unseen_completed[c]--
		}
	/* rcu_qs() */
	:: awaited[c] && !reading[c] ->
		atomic {
			if
			:: awaited[c] && !reading[c] ->
				drain(c);
				awaited[c] = false
			:: else
			fi
		}
	od
}

proctype Bio(byte c)
{
	byte n = BIOS;
	bool seen;

	do
	:: n ->
		n--;
		reading[c] = true;
#if !defined(BUG_COUNT_OUTSIDE)
		unseen_dispatched[c]++;
#endif
		seen = watching;
		if
		:: !seen ->
			/* rrpath_watch_begin() */
			atomic {
				publish_flag();
#ifndef BUG_BEGIN_UNARMED
				if
				:: !watching ->
					watching = true;
					rrpath_map_arm()
				:: else
				fi;
#else
				watching = true;
#endif
				drain(c)
			}
		:: else
		fi;
		atomic { reading[c] = false; seen = false };
#if defined(BUG_COUNT_OUTSIDE)
		unseen_dispatched[c]++;
#endif
		sent[c] = true;
		if
		:: d_step { true ->
				sent[c] = false;
				unseen_completed[c]++
			}
		:: n == 0 ->
			/* It hangs, until the watch has found the path stalled. */
			stalled || !wanted;
			d_step {
				sent[c] = false;
				unseen_completed[c]++
			}
		fi
	:: else -> break
	od;
	left--
}

proctype Watch()
{
	byte done, out, was_out, was_done, stuck, i;
	bool busy, idle, last;

end:
	do
	:: d_step { armed -> armed = false; running = true; assert(!freed) };
#ifndef BUG_NO_GRACE
		/* cond_synchronize_rcu() */
		!awaited[0] && !awaited[1];
#endif
		/* rrpath_stats_sum() */
		done = completed[0];
		done = done + completed[1];
		out = dispatched[0];
		out = out + dispatched[1];

		/* rrpath_watch_path() */
		d_step {
			/* rrpath_stats_in_flight(): in flight is out - done, or none */
			if
			:: out < done -> out = done
			:: else
			fi;
			busy = out != done || out != was_out;
			if
			:: out == done || done > was_done || idle -> stuck = 0
			:: else -> stuck++
			fi;
			idle = out == done;
			was_out = out;
			if
			:: done > was_done -> was_done = done
			:: else
			fi;
			if
			:: stuck == STALL_ROUNDS -> stalled = wanted; stuck = 0
			:: else
			fi;
			done = 0;
			out = 0
		};

		/* rrpath_watch_next() */
		atomic {
			assert(!freed);
			if
			:: !wanted ->
				watching = true;
				unseen_flag = 2;
				running = false
			:: wanted && busy ->
				rounds = 0;
				watching = true;
				rrpath_map_arm()
#ifndef BUG_NO_LAST_LOOK
			:: wanted && !busy && !watching ->
				running = false
#endif
			:: else ->
				rounds++;
				if
				:: rounds >= QUIET_ROUNDS ->
					rounds = 0;
					unseen_flag = false;
					last = true
				:: else
				fi;
#ifdef BUG_NO_LAST_LOOK
				if
				:: last
				:: else -> rrpath_map_arm()
				fi
#else
				rrpath_map_arm()
#endif
			fi;
			busy = false
		};
		if
		:: atomic { last ->
				/* The lock was let go of, or the barrier of the grace period. */
				publish_flag();
				last = false;
				/* start_poll_synchronize_rcu() */
				awaited[0] = true;
				awaited[1] = true
			}
		:: else
		fi;
		running = false
	od
}

/* rrpath_watch_restart() */
inline rrpath_watch_restart()
{
	unseen_flag = 2;
	watching = true;
	if
	:: wanted -> rrpath_map_arm()
	:: else
	fi
}

proctype Admin()
{
	byte n = SWITCHES;

	do
	:: n ->
		n--;
		atomic {
			wanted = false;
			if
			:: rrpath_watch_restart()	/* the option is set to 0 */
			:: true				/* rrpath_map_pause() */
			fi
		};
		atomic {
			wanted = true;
#ifndef BUG_NO_RESTART
			rrpath_watch_restart()
#endif
		}
	:: break
	od;
	left == 0;

	/* rrpath_map_stop() */
	atomic { map_stopped = true; wanted = false };
#ifndef BUG_NO_CANCEL
	armed = false;
	!running;
#endif
	atomic {
		assert(!armed && !running);
		freed = true
	}
}

/* A state that must not be. */
proctype Asleep()
{
end:
	atomic {
		!WAKEFUL && (sent[0] || sent[1]) ->
			assert(WAKEFUL)
	}
}

init
{
	atomic {
		run Store(0);
		run Store(1);
		run Bio(0);
		run Bio(1);
		run Watch();
		run Admin();
		run Asleep()
	}
}
