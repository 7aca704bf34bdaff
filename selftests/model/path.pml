/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of paths: fail, stall, disable, probe, hold-down, reinstate; through suspend,
 * resume, reload and removal.
 *
 * What stands for what:
 *
 *   Bios		what bios and the watch find out: rrpath_path_fail(), rrpath_path_stall()
 *   Probe		rrpath_probe_work()
 *   ProbeDone		the device that answers, rrpath_probe_end_io(), rrpath_probe_done_work()
 *			with rrpath_probe_succeeded() and rrpath_probe_failed()
 *   Worker		rrpath_map_work(), as far as rrpath_map_refresh()
 *   Message		messages and sysfs: rrpath_path_disable(), rrpath_path_reinstate(),
 *			rrpath_set_option() of probe_interval_ms
 *   Replace		a LUN is replaced by another one
 *   Admin		rrpath_map_pause(); rrpath_map_resume(); a reload: rrpath_sysfs_attach(),
 *			rrpath_map_inherit(), rrpath_path_inherit(); removal: rrpath_map_stop(),
 *			rrpath_path_stop()
 *
 * rrpath_path_down(), rrpath_path_up(), rrpath_path_take_back() and the other functions
 * that want map->lock have their names. A section under map->lock is one step. All but
 * the reload happens any number of times. A probe may take longer than a suspend. With a
 * reload (MAPS is 2) the second map is there to inherit, to get messages and to have
 * probes queued: what else becomes of a map is looked at with one.
 *
 * Properties:
 *
 *   nr_usable		the count is that of the usable paths, and member.usable their mirror
 *   (last path)	the last usable path is not taken for being slow; while none is usable,
 *			none is left out for being slow; without probes, neither
 *   revived		only what is out of use, and not by the administrator's word, is taken
 *			back; never a LUN known to be another one
 *   forgotten		a path that failed or stalled in a running map is being probed
 *   published		the choice is fresh, or somebody is about to refresh it
 *   freed		nothing of a map runs, or is queued, once it is freed
 *   (no deadlock)	suspend does not wait for probes; removal ends when they do
 *
 * Left out: clocks, so a hold-down has passed or has not, and probes are due at any time;
 * priorities, failback and the counters; events, which nothing waits for but
 * rrpath_map_pause() and the destructor.
 */

#ifndef MAPS
#define MAPS		1
#endif
#define PATHS		2

#define USABLE		0
#define STALLED		1
#define FAILED		2
#define DISABLED	3

#define I(m, p)		((m) * PATHS + (p))
#define N		(MAPS * PATHS)

/* struct rrpath_path */
byte state[N] = USABLE;
bool answers[N];
bool probing[N];
bool member_usable[N] = true;
bool probe_pending[N];
bool done_working[N];
bool in_device[N];

/* struct rrpath_map */
byte nr_usable[MAPS] = PATHS;
bool listed[N] = true;
bool stale[MAPS];
bool running[MAPS];
bool map_stopped[MAPS];
bool freed[MAPS];
bool probes_on[MAPS] = true;		/* probe_interval_ms */
bool work_pending[MAPS];
bool working[MAPS];

byte live = 0;				/* the table that messages go to */
byte shown = 0;				/* the one that files in sysfs show */
bool dir_locked;
byte in_message[MAPS];

/* What is only there to be checked. */
bool other_lun[PATHS];
bool quiet;				/* no more messages */
bool hung;				/* probes are not answered until a suspend is over */

#define OUT(i)		(state[i] == STALLED || state[i] == FAILED)
#define SLOW(m, p)	(state[I(m, p)] == STALLED && !other_lun[p])

inline check(m)
{
	assert(!freed[m]);
	assert(nr_usable[m] == (state[I(m, 0)] == USABLE) + (state[I(m, 1)] == USABLE));
	assert(member_usable[I(m, 0)] == (state[I(m, 0)] == USABLE));
	assert(member_usable[I(m, 1)] == (state[I(m, 1)] == USABLE));
	assert(!running[m] || (nr_usable[m] && probes_on[m]) || (!SLOW(m, 0) && !SLOW(m, 1)))
}

inline rrpath_map_kick(m)
{
#ifndef BUG_NO_KICK
	work_pending[m] = work_pending[m] || !map_stopped[m]
#else
	skip
#endif
}

inline rrpath_map_refresh(m)
{
	d_step {
		assert(!freed[m]);
		if
		:: stale[m] ->
			stale[m] = false;
			listed[I(m, 0)] = state[I(m, 0)] == USABLE;
			listed[I(m, 1)] = state[I(m, 1)] == USABLE
		:: else
		fi
	}
}

inline rrpath_map_usable_changed(m)
{
	stale[m] = true;
	rrpath_map_kick(m)
}

inline rrpath_path_up(m, p)
{
	assert(OUT(I(m, p)) || state[I(m, p)] == DISABLED);
	answers[I(m, p)] = false;
	state[I(m, p)] = USABLE;
	member_usable[I(m, p)] = true;
	nr_usable[m]++;
	rrpath_map_usable_changed(m)
}

inline take_back_one(m, p, stalled)
{
	if
	:: (answers[I(m, p)] || (stalled && state[I(m, p)] == STALLED)) && !other_lun[p] ->
		assert(OUT(I(m, p)));
		rrpath_path_up(m, p)
	:: else
	fi
}

inline rrpath_path_take_back(m, stalled)
{
	take_back_one(m, 0, stalled);
	take_back_one(m, 1, stalled)
}

inline rrpath_path_down(m, p, to)
{
	answers[I(m, p)] = false;
	if
	:: state[I(m, p)] == USABLE ->
		state[I(m, p)] = to;
		member_usable[I(m, p)] = false;
		nr_usable[m]--;
		rrpath_map_usable_changed(m)
	:: else ->
		state[I(m, p)] = to
	fi;
#ifndef BUG_NO_TAKE_BACK
	if
	:: !nr_usable[m] -> rrpath_path_take_back(m, true)
	:: else
	fi
#endif
}

#ifdef BUG_PROBE_PAUSED
#define PROBED(m, p)	(OUT(I(m, p)) && !probing[I(m, p)] && probes_on[m])
#else
#define PROBED(m, p)	(OUT(I(m, p)) && running[m] && !probing[I(m, p)] && probes_on[m])
#endif

inline rrpath_path_schedule_probe(m, p)
{
	if
	:: PROBED(m, p) -> probe_pending[I(m, p)] = true
	:: else
	fi
}

/* Without probes stalled paths would not come back. */
inline rrpath_map_end_stalls(m)
{
	if
	:: !probes_on[m] -> rrpath_path_take_back(m, true)
	:: else
	fi
}

/*
 * Between the start of a work and its section under the lock nothing happens that the
 * section does not look at: one step.
 */
proctype Probe(byte m; byte p)
{
end:
	do
	:: d_step { probe_pending[I(m, p)] ->
			assert(!freed[m]);
			probe_pending[I(m, p)] = false;
			if
			:: PROBED(m, p) ->
				assert(!in_device[I(m, p)]);
				probing[I(m, p)] = true;
				in_device[I(m, p)] = true
			:: else
			fi
		}
	od
}

proctype ProbeDone(byte m; byte p)
{
	bool same, answered, error;

end:
	do
	:: d_step { in_device[I(m, p)] && !hung ->
			in_device[I(m, p)] = false;
			done_working[I(m, p)] = true;
			same = !other_lun[p]
		};
		atomic {
			assert(!freed[m]);
			probing[I(m, p)] = false;
			/* The status: an answer, a path error, or what the block layer made up. */
			if
			:: answered = true
			:: error = true
			:: true
			fi;
			if
			:: answered && !same && state[I(m, p)] != DISABLED ->
				rrpath_path_down(m, p, FAILED)
			:: !(answered && !same && state[I(m, p)] != DISABLED) &&
			   state[I(m, p)] == STALLED && error ->
				rrpath_path_down(m, p, FAILED)
			:: else
			fi;
			if
			:: PROBED(m, p) && answered && same ->
				/* rrpath_probe_succeeded() */
				answers[I(m, p)] = true;
				if
				:: nr_usable[m] ->
					/* in hold-down */
					rrpath_path_schedule_probe(m, p)
				:: rrpath_path_up(m, p)
				fi
			:: PROBED(m, p) && !(answered && same) ->
				answers[I(m, p)] = false;
				rrpath_path_schedule_probe(m, p)
			:: else
			fi;
			check(m);
			answered = false;
			same = false;
			error = false
		};
		d_step {
			rrpath_map_refresh(m);
			done_working[I(m, p)] = false
		}
	od
}

proctype Worker(byte m)
{
end:
	do
	:: d_step { work_pending[m] ->
			assert(!freed[m]);
			work_pending[m] = false;
			working[m] = true
		};
		d_step {
			rrpath_map_refresh(m);
			working[m] = false
		}
	od
}

proctype Bios(byte m)
{
	byte p;

end:
	do
	/* rrpath_path_fail() */
	:: atomic { running[m] ->
			if
			:: p = 0
			:: p = 1
			fi;
			if
			:: state[I(m, p)] == USABLE || state[I(m, p)] == STALLED ->
				rrpath_path_down(m, p, FAILED);
				rrpath_path_schedule_probe(m, p)
			:: else
			fi;
			check(m);
			p = 0
		}
	/* rrpath_path_stall() */
	:: atomic { running[m] && probes_on[m] ->
			if
			:: p = 0
			:: p = 1
			fi;
			if
			:: state[I(m, p)] == USABLE && nr_usable[m] == 1 ->
				rrpath_path_take_back(m, false)
			:: else
			fi;
			if
#ifdef BUG_STALL_LAST
			:: state[I(m, p)] == USABLE ->
#else
			:: state[I(m, p)] == USABLE && nr_usable[m] > 1 ->
#endif
				rrpath_path_down(m, p, STALLED);
				assert(nr_usable[m] && state[I(m, p)] == STALLED);
				rrpath_path_schedule_probe(m, p)
			:: else
			fi;
			check(m);
			p = 0
		}
	od
}

proctype Message()
{
	byte m, p;
	bool same;

end:
	do
	:: atomic { !quiet ->
			if
			:: m = live
			:: !dir_locked -> m = shown
			fi;
			in_message[m]++;
			if
			:: p = 0
			:: p = 1
			fi
		};
		if
		:: atomic { true ->
				rrpath_path_down(m, p, DISABLED);
				check(m)
			}
		:: same = !other_lun[p];
			atomic {
				if
#ifdef BUG_REINSTATE_TWICE
				:: same -> state[I(m, p)] = DISABLED; rrpath_path_up(m, p)
#else
				:: same && state[I(m, p)] != USABLE -> rrpath_path_up(m, p)
#endif
				:: else
				fi;
				same = false;
				check(m)
			}
#ifdef OPTION
		:: atomic { true ->
				probes_on[m] = !probes_on[m];
				rrpath_path_schedule_probe(m, 0);
				rrpath_path_schedule_probe(m, 1);
				rrpath_map_end_stalls(m);
				check(m)
			}
#endif
		fi;
		atomic {
			rrpath_map_refresh(m);
			in_message[m]--;
			m = 0;
			p = 0
		}
	od
}

proctype Replace()
{
end:
	other_lun[0] = true
}

/* rrpath_map_pause() */
inline rrpath_map_pause(m)
{
	atomic {
		if
		:: hung = true
		:: true
		fi;
		running[m] = false
	};
#ifdef BUG_PAUSE_WAITS
	!probing[I(m, 0)] && !probing[I(m, 1)];
#endif
	hung = false
}

inline rrpath_map_resume(m)
{
	rrpath_map_refresh(m);
	d_step {
		running[m] = true;
		rrpath_map_end_stalls(m);
#ifndef BUG_RESUME_FORGETS
		rrpath_path_schedule_probe(m, 0);
		rrpath_path_schedule_probe(m, 1);
#endif
		check(m)
	}
}

/* From the first map to the second. */
inline rrpath_path_inherit(p)
{
	d_step {
#ifndef BUG_INHERIT_COUNT
		if
		:: state[I(1, p)] == USABLE -> nr_usable[1]--
		:: else
		fi;
#endif
		state[I(1, p)] = state[I(0, p)];
#ifndef BUG_INHERIT_COUNT
		if
		:: state[I(1, p)] == USABLE -> nr_usable[1]++
		:: else
		fi;
#endif
		member_usable[I(1, p)] = member_usable[I(0, p)];
		stale[1] = true;
		check(1)
	}
}

inline rrpath_path_stop(m, p)
{
	/* cancel_delayed_work_sync() */
	probe_pending[I(m, p)] = false;
#ifndef BUG_STOP_LEAVES_PROBE
	!probing[I(m, p)];
#endif
	/* cancel_work_sync() */
	!done_working[I(m, p)]
}

inline rrpath_map_stop(m)
{
	/* flush_work() */
	!work_pending[m] && !working[m];
	d_step {
#ifndef BUG_STOP_ORDER
		map_stopped[m] = true;
#endif
		running[m] = false
	};
#ifdef BUG_STOP_ORDER
	work_pending[m] = false;
#endif
	rrpath_path_stop(m, 0);
	rrpath_path_stop(m, 1);
	/* cancel_work_sync() */
#ifndef BUG_STOP_ORDER
	work_pending[m] = false;
#endif
	!working[m];
	d_step {
		assert(!work_pending[m] && !working[m]);
		assert(!in_device[I(m, 0)] && !in_device[I(m, 1)]);
		assert(!probe_pending[I(m, 0)] && !probe_pending[I(m, 1)]);
		assert(!done_working[I(m, 0)] && !done_working[I(m, 1)]);
		freed[m] = true;
		/* What nobody looks at any more makes no difference. */
		state[I(m, 0)] = USABLE;
		state[I(m, 1)] = USABLE;
		answers[I(m, 0)] = false;
		answers[I(m, 1)] = false;
		member_usable[I(m, 0)] = true;
		member_usable[I(m, 1)] = true;
		listed[I(m, 0)] = true;
		listed[I(m, 1)] = true;
		stale[m] = false;
		nr_usable[m] = PATHS
	}
}

proctype Admin()
{
	rrpath_map_resume(0);
	do
	:: live < MAPS - (MAPS > 1) ->
		if
		:: quiet = true
		:: true
		fi;
		rrpath_map_pause(live);
		if
#if MAPS == 1
		:: rrpath_map_resume(live);
			quiet = false
#else
		:: live == 0 ->
			/* dm_swap_table() */
			live = 1;
			/* rrpath_sysfs_attach() */
			atomic { !in_message[0] -> dir_locked = true };
			rrpath_path_inherit(0);
			rrpath_path_inherit(1);
			d_step {
				if
				:: !nr_usable[1] -> rrpath_path_take_back(1, true)
				:: else
				fi;
				shown = 1;
				dir_locked = false
			};
			rrpath_map_resume(1);
			rrpath_map_stop(0);
			quiet = false
#endif
		fi
	:: break
	od;

	/* __dm_destroy(), after the last one who had the device open */
	quiet = true;
	rrpath_map_pause(live);
	!in_message[live];
	rrpath_map_stop(live)
}

/* States that must not be. */
#define FORGOTTEN(m, p)	(running[m] && probes_on[m] && OUT(I(m, p)) && !probing[I(m, p)] && \
			 !probe_pending[I(m, p)])
#define UNPUBLISHED(m)	(running[m] && stale[m] && !work_pending[m] && !working[m])

proctype Never(byte m)
{
end:
	if
	:: atomic { FORGOTTEN(m, 0) || FORGOTTEN(m, 1) ->
			assert(!(FORGOTTEN(m, 0) || FORGOTTEN(m, 1)))
		}
	:: atomic { UNPUBLISHED(m) ->
			assert(!UNPUBLISHED(m))
		}
	fi
}

init
{
	atomic {
		run Probe(0, 0);
		run Probe(0, 1);
		run ProbeDone(0, 0);
		run ProbeDone(0, 1);
		run Worker(0);
		run Bios(0);
		run Never(0);
#if MAPS > 1
		run Worker(1);
		run Never(1);
#endif
		run Message();
#ifdef LUN
		run Replace();
#endif
		run Admin()
	}
}
