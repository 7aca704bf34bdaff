/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of bios: choose, send, error, hold, send again, suspend, reload, removal.
 *
 * What stands for what:
 *
 *   Bio		the submitter, and the core's worker that submits again what it took
 *			back: dm_submit_bio(), rrpath_map_bio()
 *   Device		the path's device, then rrpath_end_io(), rrpath_end_failed(),
 *			rrpath_path_fail() (rrpath_clone_end_io() comes to the same)
 *   Worker		rrpath_map_work(): rrpath_map_refresh(), rrpath_send_held(),
 *			rrpath_send_again(), rrpath_give_up()
 *   Paths		whatever makes paths usable or not: probes, the watch, messages;
 *			and rrpath_map_no_path_work()
 *   Message		rrpath_set_option() of queue_if_no_path
 *   Admin		__dm_suspend(), rrpath_map_suspend(), rrpath_map_pause(), a reload,
 *			rrpath_map_resume(), an interrupted suspend with
 *			rrpath_map_unsuspend(); then removal: rrpath_map_stop()
 *
 * A section under map->lock is one step, any other access to what is shared is a step
 * of its own. Errors, changes of paths, timeouts and suspends happen at any time, as
 * often as the numbers below say. A transport gives each bio back at last, with
 * success (which stands for the LUN's own errors too) or with a path error.
 *
 * Properties:
 *
 *   copies		a bio is not sent while its first copy may still land
 *   owner		whoever completes, sends or holds a bio owns it, so it is completed
 *			once; at the end of each run, all are
 *   rb_path		a bio that comes back from a device knows its path
 *   dirty		what the layers below did to it is undone before it is sent
 *   excuse		it fails for want of a path only if it is not to be held; a noflush
 *			suspend fails none, unless it is interrupted
 *   FORGOTTEN		nothing is held for want of a path while there is one
 *   held, in_flight	nothing is left when the map is freed
 *   (no deadlock)	suspend returns, removal ends, held bios leave
 *   (no cycle)		nothing goes round for ever, but for bios that the core takes back and
 *			submits again at once, until the suspend blocks them
 *
 * Left out: which path a policy prefers, priorities and failback; the grace period that
 * a change of the choice waits for; how paths come and go (path.pml); the
 * old table's teardown beside the new table, which shares nothing with it; split bios;
 * memory ordering: all that is shared here is written under the lock or published by
 * RCU, but for member.usable and the core's flags, which are looked at again.
 */

#ifndef BIOS
#define BIOS		2
#endif
#ifndef ERRORS
#define ERRORS		2
#endif
#ifndef CHANGES
#define CHANGES		2
#endif
#ifndef SUSPENDS
#define SUSPENDS	1
#endif
#ifndef MESSAGES
#define MESSAGES	1
#endif

#define PATHS		2
#define NO_PATH		2

/* Who owns a bio. */
#define SUBMITTER	0
#define DEVICE		1
#define ENDIO		2
#define HELD		3
#define WORKER		4
#define CORE		5
#define ENDED		6

/* struct rrpath_map */
bool usable[PATHS] = true;
byte nr_usable = PATHS;
bool listed[PATHS] = true;		/* the choice */
bool stale;
bool queueing = true;			/* queue_if_no_path */
bool timed_out;
bool suspending;
bool noflush;
bool work_pending;
bool working;
bool map_stopped;
bool freed;

/* struct rrpath_bio */
byte rb_path[BIOS] = NO_PATH;
byte in_flight[PATHS];

/* struct mapped_device: DMF_NOFLUSH_SUSPENDING, _BLOCK_IO_FOR_SUSPEND, SRCU, bios inside */
bool core_noflush;
bool core_blocked;
byte core_readers;
byte core_pending;

/* What is only there to be checked. */
byte owner[BIOS] = SUBMITTER;
byte copies[BIOS];
bool dirty[BIOS];
bool excuse[BIOS];
bool flushing;				/* from a suspend that is none of noflush to the resume */
bool interrupted;			/* a noflush suspend was */
bool ending;				/* no message any more that has bios held */
byte errors = ERRORS;
byte changes = CHANGES;
byte timeouts = 1;

/* rrpath_map_queues() */
#define QUEUES	(!(suspending && !(noflush && !core_noflush)) && queueing && !timed_out)

#if BIOS == 1
#define ALL_DONE	(owner[0] == ENDED)
#define NONE_HELD	(owner[0] != HELD)
#else
#define ALL_DONE	(owner[0] == ENDED && owner[1] == ENDED)
#define NONE_HELD	(owner[0] != HELD && owner[1] != HELD)
#endif

inline rrpath_map_kick()
{
	work_pending = work_pending || !map_stopped
}

/* under map->mutex, and the choice changes under map->lock */
inline rrpath_map_refresh()
{
	d_step {
		assert(!freed);
		if
		:: stale ->
			stale = false;
			listed[0] = usable[0];
			listed[1] = usable[1]
		:: else
		fi
	}
}

/* rrpath_path_down() or _up(), rrpath_map_usable_changed(); under map->lock */
inline rrpath_path_down(p)
{
	usable[p] = false;
	nr_usable--;
	stale = true;
	timed_out = false;
	rrpath_map_kick()
}

inline rrpath_path_up(p)
{
	usable[p] = true;
	nr_usable++;
	stale = true;
	timed_out = false;
#ifndef BUG_NO_KICK_UP
	rrpath_map_kick()
#endif
}

/*
 * Look at the paths of the choice, one after the other, in any order. What the choice
 * lists is read in one go: it does not change while it is read.
 */
inline rrpath_choose(b)
{
	atomic {
		if
		:: p = 0
		:: p = 1
		fi;
		if
		:: listed[p] && usable[p] ->
			rb_path[b] = p;
			in_flight[p]++;
			p = 0
		:: else ->
			p = 1 - p;
			other = listed[p]
		fi
	}
	if
	:: rb_path[b] == NO_PATH ->
		d_step {
			if
			:: other && usable[p] -> rb_path[b] = p; in_flight[p]++
			:: else
			fi;
			p = 0;
			other = false
		}
	:: else
	fi
}

/* rrpath_bio_restore() */
inline rrpath_bio_restore(b)
{
#ifndef BUG_NO_RESTORE
	dirty[b] = false
#else
	skip
#endif
}

inline submit(b, from)
{
	d_step {
		assert(copies[b] == 0);
		assert(owner[b] == from);
		assert(!dirty[b]);
		owner[b] = DEVICE;
		copies[b]++
	}
}

/*
 * BUG_HOLD_UNLOCKED: whether there is hope was looked at before the lock was taken.
 * BUG_HOLD_IN_SUSPEND: a suspend is no reason not to hold.
 */
inline rrpath_hold(b, from)
{
#ifdef BUG_HOLD_UNLOCKED
	hold = nr_usable || QUEUES;
#endif
	d_step {
		assert(!freed);
		assert(owner[b] == from);
#ifdef BUG_HOLD_IN_SUSPEND
		hold = nr_usable || (queueing && !timed_out);
#endif
#if !defined(BUG_HOLD_UNLOCKED) && !defined(BUG_HOLD_IN_SUSPEND)
		hold = nr_usable || QUEUES;
#endif
		if
		:: hold ->
			owner[b] = HELD;
#ifndef BUG_HOLD_NO_KICK
			if
			:: nr_usable -> rrpath_map_kick()
			:: else
			fi
#endif
		:: else ->
			excuse[b] = !queueing || timed_out || flushing
		fi
	}
}

/* __dm_io_complete() */
inline core_complete(b, from)
{
	d_step {
		assert(owner[b] != ENDED);
		assert(owner[b] == from);
		assert(copies[b] == 0);
		owner[b] = ENDED;
		rb_path[b] = NO_PATH;
		dirty[b] = false;
		excuse[b] = false;
		core_pending--
	}
}

inline core_fail(b, from)
{
	assert(excuse[b] || interrupted);
	core_complete(b, from)
}

/* dm_handle_requeue(): what comes too late for the suspend is an I/O error */
inline core_requeue(b, from)
{
	atomic {
		if
		:: core_noflush ->
			assert(owner[b] == from);
			owner[b] = CORE;
			/* It will come as a new clone. */
			rb_path[b] = NO_PATH;
			dirty[b] = false;
			excuse[b] = false;
			core_pending--
		:: else ->
			core_fail(b, from)
		fi
	}
}

/* A bio that is not held: dm_noflush_suspending() is looked at without the lock. */
inline give_up(b, from)
{
	if
#ifdef BUG_NOFLUSH_FAILS
	:: true -> core_fail(b, from)
#else
	:: core_noflush -> core_requeue(b, from)
	:: else -> core_fail(b, from)
#endif
	fi
}

proctype Bio(byte b)
{
	bool other, hold;
	byte p;

again:
	atomic {
		if
		:: core_blocked ->
			owner[b] = CORE;
			goto back
		:: else ->
			core_readers++;
			core_pending++
		fi
	};

	/* rrpath_map_bio() */
	rrpath_choose(b);
	if
	:: atomic { rb_path[b] != NO_PATH ->
			submit(b, SUBMITTER)
		}
	:: else ->
		rrpath_hold(b, SUBMITTER);
		if
		:: hold
		:: else -> give_up(b, SUBMITTER)
		fi
	fi;
	d_step { hold = false; core_readers-- };
back:
	if
	:: atomic { owner[b] == CORE && !core_blocked -> owner[b] = SUBMITTER };
progress:
		goto again
	:: owner[b] == ENDED
	fi
}

proctype Device(byte b)
{
	bool hold;
	byte p;

end:
	do
	:: d_step { copies[b] ->
			assert(rb_path[b] != NO_PATH);
			p = rb_path[b];
			copies[b]--;
			dirty[b] = true;
			owner[b] = ENDIO;
			in_flight[p]--
		};
		if
		:: core_complete(b, ENDIO)
		:: atomic { errors -> errors-- };
			/* rrpath_path_fail() */
			d_step {
				assert(!freed);
				if
				:: usable[p] -> rrpath_path_down(p)
				:: else
				fi;
				p = 0;
				/* The bio is still ours alone. */
#ifndef BUG_TOUCH_AFTER_HOLD
				rb_path[b] = NO_PATH;
#endif
				rrpath_bio_restore(b)
			};
			rrpath_hold(b, ENDIO);
#ifdef BUG_TOUCH_AFTER_HOLD
			rb_path[b] = NO_PATH;
#endif
			if
			:: hold
			:: else -> give_up(b, ENDIO)
			fi
		fi;
		d_step { hold = false; p = 0 }
	od
}

inline rrpath_send_again(b)
{
	rrpath_bio_restore(b);
	rrpath_choose(b);
	if
	:: atomic { rb_path[b] != NO_PATH ->
			submit(b, WORKER)
		}
	:: else ->
		rrpath_hold(b, WORKER);
		if
		:: hold
		:: else -> give_up(b, WORKER)
		fi
	fi;
	hold = false
}

inline take(b)
{
	if
	:: owner[b] == HELD -> owner[b] = WORKER
	:: else
	fi
}

proctype Worker()
{
	bool other, hold;
	byte p;

end:
	do
	:: d_step { work_pending -> work_pending = false; working = true };
#ifndef BUG_NO_REFRESH
		rrpath_map_refresh();
#endif
		/* rrpath_send_held() */
		d_step {
			if
			:: nr_usable || !QUEUES ->
				take(0);
#if BIOS > 1
				take(1)
#endif
			:: else
			fi
		};
		do
		:: owner[0] == WORKER -> rrpath_send_again(0)
#if BIOS > 1
		:: owner[1] == WORKER -> rrpath_send_again(1)
#endif
		:: else -> break
		od;
		working = false
	od
}

#ifdef BUG_STALL_STEALS
/* The bios of a stalled path are sent to another one. */
inline steal(b)
{
	if
	:: owner[b] == DEVICE && rb_path[b] == p ->
		owner[b] = HELD;
		rb_path[b] = NO_PATH
	:: else
	fi
}
#endif

proctype Paths()
{
	byte p;

end:
	do
	:: atomic { changes && !map_stopped ->
			changes--;
			if
			:: p = 0
			:: p = 1
			fi;
			if
			:: usable[p] ->
				rrpath_path_down(p);
#ifdef BUG_STALL_STEALS
				steal(0)
#endif
			:: else ->
				rrpath_path_up(p)
			fi;
			p = 0
		};
	/* Who changes a path refreshes the choice as well, sooner or later than the worker. */
	:: atomic { stale && !map_stopped -> rrpath_map_refresh() }
	:: atomic { timeouts && !map_stopped && !nr_usable && !timed_out ->
			timeouts--;
			timed_out = true;
			rrpath_map_kick();
#ifdef BUG_TIMEOUT_ENDS_IN_FLIGHT
			if
			:: owner[0] == DEVICE -> core_complete(0, DEVICE)
			:: else
			fi
#endif
		}
	od
}

proctype Message()
{
	byte n = MESSAGES;

end:
	do
	:: atomic { n && !ending -> n--; queueing = !queueing };
		rrpath_map_kick()
	od
}

proctype Admin()
{
	byte n = SUSPENDS;
	bool interrupt;

	do
	:: n ->
		atomic {
			n--;
			interrupted = false;
			if
			:: core_noflush = true
			:: true
			fi;
			if
			:: interrupt = true
			:: true
			fi
		};
		/* rrpath_map_suspend() */
		d_step {
			suspending = true;
			noflush = core_noflush;
			flushing = !core_noflush;
#ifndef BUG_NO_KICK_SUSPEND
			rrpath_map_kick()
#endif
		};
		core_blocked = true;
		core_readers == 0;
		if
		:: interrupt ->
			d_step {
				interrupted = interrupted || core_noflush;
				core_noflush = false;
				interrupt = false
			};
			core_blocked = false;
			/* rrpath_map_unsuspend() */
			d_step { suspending = false; flushing = false }
		:: else ->
			core_pending == 0;
			core_noflush = false;
			/* A reload goes on with a map that holds nothing: nothing may be left. */
			assert(NONE_HELD);
			/* rrpath_map_resume() */
			rrpath_map_refresh();
			d_step {
#ifndef BUG_RESUME_FORGETS
				suspending = false;
#endif
				flushing = false
			};
			core_blocked = false
		fi
	:: break
	od;

	/* Who wants to remove the map ends the holding first: it is open till then. */
	atomic { ending = true; queueing = false };
	rrpath_map_kick();
	/* What happens to its paths from then on is not about bios. */
	atomic { ALL_DONE -> changes = 0; errors = 0; timeouts = 0; interrupted = false };

	/* __dm_destroy(): rrpath_map_suspend(), _pause(), rrpath_map_stop() */
	d_step { suspending = true; noflush = false; rrpath_map_kick() };
	!work_pending && !working;
	map_stopped = true;
	/* cancel_work_sync(): what was queued since does not run, what runs is waited for */
	work_pending = false;
	!working;
	d_step {
		assert(NONE_HELD);
		assert(in_flight[0] == 0 && in_flight[1] == 0);
		assert(core_pending == 0);
		freed = true
	}
}

/* A state that must not be: a bio is held, there is a path, and nobody is about to send. */
#define FORGOTTEN	(!NONE_HELD && nr_usable && !work_pending && !working)

proctype Never()
{
end:
	atomic {
		FORGOTTEN -> assert(!FORGOTTEN)
	}
}

init
{
	atomic {
		run Bio(0);
		run Device(0);
#if BIOS > 1
		run Bio(1);
		run Device(1);
#endif
		run Worker();
		run Paths();
#if MESSAGES > 0
		run Message();
#endif
		run Never();
		run Admin()
	}
}
