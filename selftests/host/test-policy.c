// SPDX-License-Identifier: GPL-2.0
/* The policies: whom they choose, to the bio. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/jiffies.h>

#include "policy.h"

#define MAX_MEMBERS 1024
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

unsigned long jiffies;
unsigned int host_cpu, host_nr_cpus;

static struct rrpath_member members[MAX_MEMBERS];
static struct rrpath_choice *choice;
static struct rrpath_cursor cursor[HOST_NR_CPUS];
static struct rrpath_counters counters[MAX_MEMBERS * HOST_NR_CPUS];
static s32 loads[MAX_MEMBERS];
static unsigned int chosen[MAX_MEMBERS];

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(members, 0, sizeof(members));
	memset(cursor, 0, sizeof(cursor));
	memset(counters, 0, sizeof(counters));
	memset(loads, 0, sizeof(loads));
	jiffies = 1000;
	host_cpu = 0;
	host_nr_cpus = 2;
	host_absent_cpu = ~0U;
	choice = calloc(1, sizeof(*choice) + MAX_MEMBERS * sizeof(choice->entry[0]));
	for (i = 0; i < MAX_MEMBERS; i++) {
		members[i].usable = true;
		members[i].counters = &counters[i * HOST_NR_CPUS];
		members[i].load = &loads[i];
		choice->entry[i].member = &members[i];
		choice->entry[i].weight = 1;
		choice->entry[i].turn = 1;
	}
	return !choice;
}

static int teardown(void **state)
{
	(void)state;
	free(choice);
	return 0;
}

static void begin(const struct rrpath_policy *policy, unsigned int nr)
{
	choice->policy = policy;
	choice->nr = nr;
	rrpath_choice_complete(choice);
}

/* What a member has in flight, all of it on one CPU. */
static void in_flight(unsigned int i, unsigned int cpu, int bios)
{
	per_cpu_ptr(members[i].counters, cpu)->op[RRPATH_READ].bios = bios;
	per_cpu_ptr(members[i].counters, cpu)->completed = 0;
}

static void share(unsigned int i, unsigned int weight, unsigned int rr_min_io)
{
	choice->entry[i].weight = weight;
	choice->entry[i].turn = weight * rr_min_io;
	rrpath_choice_complete(choice);
}

static struct rrpath_member *next(void)
{
	unsigned int i;

	/* As whoever takes a path out of use does, and whoever brings it back. */
	rrpath_choice_complete(choice);
	for (i = 0; i < choice->nr; i++)
		if (!members[i].usable)
			rrpath_choice_forget(choice, &members[i]);
	return rrpath_select(choice, cursor);
}

/* Index of the next one chosen, -1 for none. */
static int pick(void)
{
	struct rrpath_member *member = next();

	return member ? (int)(member - members) : -1;
}

static void run(unsigned int count)
{
	memset(chosen, 0, sizeof(chosen));
	while (count--) {
		int i = pick();

		assert_true(i >= 0);
		chosen[i]++;
	}
}

static void test_names(void **state)
{
	static const char * const names[] = { "failover", "round-robin", "queue-length" };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_string_equal(rrpath_policies[i]->name, names[i]);
		assert_ptr_equal(rrpath_policy_find(names[i]), rrpath_policies[i]);
	}
	assert_null(rrpath_policies[3]);
	assert_null(rrpath_policy_find(""));
	assert_null(rrpath_policy_find("Failover"));
	assert_null(rrpath_policy_find("failover "));
	assert_null(rrpath_policy_find("fail"));
}

static void test_nothing_to_choose(void **state)
{
	const struct rrpath_policy *const *p;
	unsigned int i, nr;

	(void)state;
	for (p = rrpath_policies; *p; p++) {
		for (nr = 0; nr < 5; nr++) {
			begin(*p, nr);
			for (i = 0; i < nr; i++)
				members[i].usable = false;
			for (i = 0; i < 10; i++)
				assert_null(next());
		}
		for (i = 0; i < 5; i++)
			members[i].usable = true;
	}
}

/* Whatever a cursor says, which another choice may have left there, a member comes back. */
static void test_any_cursor(void **state)
{
	static const u32 values[] = {
		0, 1, 2, 3, 4, 5, 1023, 1024, 0x7fffffff, 0xfffffffe, 0xffffffff,
	};
	const size_t n = ARRAY_SIZE(values);
	const struct rrpath_policy *const *p;
	size_t a, b;
	int i;

	(void)state;
	members[1].usable = false;
	for (p = rrpath_policies; *p; p++) {
		begin(*p, 4);
		for (a = 0; a < n; a++) {
			for (b = 0; b < n; b++) {
				cursor->next = values[a] * sizeof(choice->entry[0]);
				cursor->left = values[b];
				cursor->looks.entry = values[b];
				i = pick();
				assert_in_range(i, 0, 3);
				assert_int_not_equal(i, 1);
			}
		}
	}
}

/* A bio that continues a request goes where the last one went, whatever the policy. */
static void test_last_entry(void **state)
{
	const struct rrpath_policy *const *p;
	const struct rrpath_entry *last;
	int i, n;

	(void)state;
	for (p = rrpath_policies + 1; *p; p++) {
		begin(*p, 3);
		share(1, 2, 1);
		for (n = 0; n < 12; n++) {
			i = pick();
			last = rrpath_last_entry(choice, cursor);
			assert_ptr_equal(last, &choice->entry[i]);
		}
		share(1, 1, 1);
		for (n = 0; n < 6; n++) {
			i = pick();
			assert_ptr_equal(rrpath_last_entry(choice, cursor), &choice->entry[i]);
		}

		/* The choice shrinks under the cursor. */
		while (pick() != 1)
			;
		begin(*p, 1);
		assert_null(rrpath_last_entry(choice, cursor));
		begin(*p, 0);
		assert_null(rrpath_last_entry(choice, cursor));
		cursor->next = 0;
		assert_null(rrpath_last_entry(choice, cursor));
	}
}

static void test_failover_order(void **state)
{
	unsigned int i;

	(void)state;
	begin(&rrpath_policy_failover, 5);
	for (i = 0; i < 5; i++) {
		run(100);
		assert_int_equal(chosen[i], 100);
		members[i].usable = false;
	}
	assert_null(next());
	members[3].usable = true;
	assert_int_equal(pick(), 3);
	members[1].usable = true;
	assert_int_equal(pick(), 1);
}

static void test_round_robin_even(void **state)
{
	unsigned int nr, i;

	(void)state;
	for (nr = 1; nr <= MAX_MEMBERS; nr = nr < 8 ? nr + 1 : nr * 2) {
		begin(&rrpath_policy_round_robin, nr);
		run(nr * 50);
		for (i = 0; i < nr; i++)
			assert_int_equal(chosen[i], 50);
	}
}

static void test_round_robin_in_turn(void **state)
{
	int first, i;

	(void)state;
	begin(&rrpath_policy_round_robin, 4);
	first = pick();
	for (i = 1; i < 40; i++)
		assert_int_equal(pick(), (first + i) % 4);
}

static void test_round_robin_weights(void **state)
{
	static const unsigned int weights[] = { 3, 1, 256, 7 };
	unsigned int i, rounds = 11, sum = 0;

	(void)state;
	begin(&rrpath_policy_round_robin, 4);
	for (i = 0; i < 4; i++) {
		share(i, weights[i], 5);
		sum += weights[i] * 5;
	}
	run(rounds * sum);
	for (i = 0; i < 4; i++)
		assert_int_equal(chosen[i], rounds * weights[i] * 5);
}

static void test_round_robin_turns_are_consecutive(void **state)
{
	unsigned int turn, i;
	int who;

	(void)state;
	begin(&rrpath_policy_round_robin, 3);
	for (i = 0; i < 3; i++)
		share(i, i + 1, 10);
	for (turn = 0; turn < 12; turn++) {
		who = pick();
		for (i = 1; i < choice->entry[who].turn; i++)
			assert_int_equal(pick(), who);
	}
}

static void test_round_robin_skips(void **state)
{
	unsigned int i;

	(void)state;
	begin(&rrpath_policy_round_robin, 5);
	members[0].usable = false;
	members[3].usable = false;
	run(300);
	for (i = 0; i < 5; i++)
		assert_int_equal(chosen[i], members[i].usable ? 100 : 0);
}

/* In the middle of its turn. */
static void test_round_robin_loses_the_one_whose_turn_it_is(void **state)
{
	int who, i;

	(void)state;
	begin(&rrpath_policy_round_robin, 2);
	share(0, 100, 1);
	share(1, 100, 1);
	who = pick();
	pick();
	members[who].usable = false;
	for (i = 0; i < 250; i++)
		assert_int_equal(pick(), 1 - who);
}

/* A turn that was shortened live ends at once instead of going on for what is left of it. */
static void test_round_robin_shorter_turn(void **state)
{
	int who;

	(void)state;
	begin(&rrpath_policy_round_robin, 2);
	share(0, 200, 1000);
	share(1, 200, 1000);
	who = pick();
	share(0, 1, 1);
	share(1, 1, 1);
	assert_int_equal(pick(), 1 - who);
	run(100);
	assert_int_equal(chosen[0], 50);
}

static void test_queue_length_least(void **state)
{
	(void)state;
	begin(&rrpath_policy_queue_length, 4);
	in_flight(0, 0, 3);
	in_flight(1, 0, 2);
	in_flight(2, 0, 9);
	in_flight(3, 0, 3);
	run(50);
	assert_int_equal(chosen[1], 50);
	in_flight(2, 0, 0);
	run(50);
	assert_int_equal(chosen[2], 50);
	members[2].usable = false;
	run(50);
	assert_int_equal(chosen[1], 50);
}

static void test_queue_length_weights(void **state)
{
	(void)state;
	begin(&rrpath_policy_queue_length, 2);
	share(0, 4, 1);
	in_flight(0, 0, 7);
	in_flight(1, 0, 2);
	assert_int_equal(pick(), 0);
	in_flight(0, 0, 9);
	assert_int_equal(pick(), 1);
	/* Large counts and weights do not wrap. */
	share(0, 256, 1);
	in_flight(0, 0, 0x7ffffffe);
	in_flight(1, 0, 0x7fffffff);
	assert_int_equal(pick(), 0);
	share(1, 256, 1);
	assert_int_equal(pick(), 0);
	in_flight(1, 0, 0x7ffffffd);
	assert_int_equal(pick(), 1);
}

static void test_queue_length_ties_rotate(void **state)
{
	unsigned int i, load;

	(void)state;
	begin(&rrpath_policy_queue_length, 4);
	for (load = 0; load < 3; load++) {
		for (i = 0; i < 4; i++)
			in_flight(i, 0, load);
		run(400);
		for (i = 0; i < 4; i++)
			assert_int_equal(chosen[i], 100);
	}
	/* Equal by weight too: 2 of 2 and 4 of 4. */
	share(0, 2, 1);
	in_flight(0, 0, 4);
	for (i = 1; i < 4; i++)
		in_flight(i, 0, 2);
	run(400);
	for (i = 0; i < 4; i++)
		assert_int_equal(chosen[i], 100);
}

/* Bios that stay in flight until all are: the counts end as the weights say. */
static void test_queue_length_fills_by_weight(void **state)
{
	static const unsigned int weights[] = { 1, 2, 3, 10 };
	unsigned int i;

	(void)state;
	begin(&rrpath_policy_queue_length, 4);
	for (i = 0; i < 4; i++)
		share(i, weights[i], 1);
	for (i = 0; i < 16 * 25; i++)
		next()->counters->op[RRPATH_WRITE].bios++;
	for (i = 0; i < 4; i++)
		assert_in_range(members[i].counters->op[RRPATH_WRITE].bios,
				weights[i] * 25 - 1, weights[i] * 25 + 1);
}

/* What other CPUs have in flight counts as much, wherever it began and ended. */
static void test_queue_length_sees_other_cpus(void **state)
{
	unsigned int i;

	(void)state;
	begin(&rrpath_policy_queue_length, 3);
	host_nr_cpus = 64;
	for (i = 0; i < 3; i++) {
		in_flight(i, 63, 5 - i);
		in_flight(i, 7, 10 + i);
		per_cpu_ptr(members[i].counters, 9)->completed = 10 + i;
	}
	/* There are no counters of a CPU that there cannot be. */
	host_absent_cpu = 20;
	in_flight(2, 20, 1000);
	/* 63 CPUs of three members are more than one look reads. */
	for (i = 0; i < 64 * 3; i++) {
		jiffies++;
		pick();
	}
	run(50);
	assert_int_equal(chosen[2], 50);
	/* The own ones are known at once. */
	in_flight(2, 0, 2);
	run(50);
	assert_int_equal(chosen[1], 50);
}

/* Too many CPUs and paths for each CPU to know all: what they estimate together. */
static void test_queue_length_shares(void **state)
{
	unsigned int i;

	(void)state;
	begin(&rrpath_policy_queue_length, 64);
	host_nr_cpus = 64;
	in_flight(5, 9, 100);
	/* Each bio looks at one member. */
	run(64);
	assert_int_equal(loads[5], 100);
	for (host_cpu = 0; host_cpu < 64; host_cpu++) {
		run(64);
		assert_int_equal(chosen[5], 0);
	}
	host_cpu = 63;
	members[7].usable = false;
	loads[6] = -1;
	run(64);
	assert_int_equal(chosen[7], 0);
	assert_in_range(chosen[6], 1, 2);
	for (i = 0; i < 64; i++)
		members[i].usable = false;
	assert_null(next());
}

/* It looks a few times in a jiffy, whether there are many bios or few. */
static void test_queue_length_looks_in_time(void **state)
{
	static const unsigned int rates[] = { 1, 20, 300, 3000, 30000 };
	unsigned int i, n, late;
	size_t r;

	(void)state;
	begin(&rrpath_policy_queue_length, 2);
	for (r = 0; r < ARRAY_SIZE(rates); r++) {
		/* Until the pace is found. */
		for (i = 0; i < 4; i++) {
			jiffies++;
			run(rates[r]);
		}
		in_flight(0, 1, 1000);
		for (late = 0; late < 1000 && pick() == 0; late++)
			;
		n = 0;
		while (n < 100) {
			if (pick() == 0)
				late++;
			n++;
		}
		in_flight(0, 1, 0);
		/* Of those in the meantime half went there. */
		assert_in_range(late, 0, 33);
	}
}

/*
 * CPUs whose threads send one bio at a time to paths of unequal speed: bios of a path are
 * served one after the other. Compares what is done with what the paths can do.
 */
#define SIM_MAX_THREADS 8192

struct sim_case {
	unsigned int paths, cpus, threads;
	unsigned int away;		/* a bio is completed so many CPUs further */
	unsigned int service[3];	/* in us: of path 0, 1, 2, 3, ... in turn */
	unsigned int ms;		/* how long it goes on; the second half counts */
};

struct sim_thread {
	unsigned int cpu;
	int member;		/* where its bio is, -1 for none */
	unsigned long end;	/* when that is done */
};

/* A heap: the thread whose bio is done first comes first, of several the first of them. */
static struct sim_thread thread[SIM_MAX_THREADS];
static unsigned int sim_heap[SIM_MAX_THREADS];

static bool sim_before(unsigned int a, unsigned int b)
{
	if (thread[a].end != thread[b].end)
		return thread[a].end < thread[b].end;
	return a < b;
}

/* The first one's bio ends later now: to where it belongs. */
static void sim_sink(unsigned int nr)
{
	unsigned int who = sim_heap[0], at = 0, child;

	while ((child = 2 * at + 1) < nr) {
		if (child + 1 < nr && sim_before(sim_heap[child + 1], sim_heap[child]))
			child++;
		if (!sim_before(sim_heap[child], who))
			break;
		sim_heap[at] = sim_heap[child];
		at = child;
	}
	sim_heap[at] = who;
}

/* What is done of what can be; *looked: counters of other CPUs that were read for a bio. */
static double simulate(const struct sim_case *c, double *looked)
{
	static unsigned long free_at[MAX_MEMBERS];
	const unsigned long until = c->ms * 1000UL, start = jiffies;
	unsigned long bios = 0, done = 0;
	double possible = 0;
	unsigned int i;
	int m;

	memset(free_at, 0, sizeof(free_at));
	host_nr_cpus = c->cpus;
	host_others = 0;
	for (i = 0; i < c->cpus; i++)
		rrpath_cursor_start(&cursor[i], c->paths, i, c->cpus);
	for (i = 0; i < c->threads; i++) {
		thread[i] = (struct sim_thread){ .cpu = i % c->cpus, .member = -1 };
		sim_heap[i] = i;
	}
	for (;;) {
		struct sim_thread *t = &thread[sim_heap[0]];

		if (t->end >= until)
			break;
		jiffies = start + t->end / (1000000 / HZ);
		host_cpu = t->cpu;
		if (t->member >= 0) {
			members[t->member].counters[(host_cpu + c->away) % c->cpus].completed++;
			done += t->end >= until / 2;
		}
		m = pick();
		members[m].counters[host_cpu].op[RRPATH_READ].bios++;
		bios++;
		free_at[m] = (free_at[m] > t->end ? free_at[m] : t->end) + c->service[m % 3];
		t->member = m;
		t->end = free_at[m];
		sim_sink(c->threads);
	}
	for (i = 0; i < c->paths; i++)
		possible += (double)until / 2 / c->service[i % 3];
	*looked = (double)host_others / bios;
	return done / possible;
}

static void test_queue_length_balances(void **state)
{
	static const struct sim_case cases[] = {
		{ 3, 1, 32, 0, { 100, 100, 100 }, 1000 },
		{ 3, 1, 32, 0, { 100, 500, 2000 }, 1000 },
		{ 3, 2, 32, 0, { 100, 500, 2000 }, 1000 },
		{ 3, 8, 32, 0, { 100, 500, 2000 }, 1000 },
		{ 3, 8, 64, 1, { 20, 100, 400 }, 1000 },
		{ 3, 64, 64, 0, { 20, 100, 400 }, 1000 },
		{ 3, 64, 64, 0, { 1000, 5000, 20000 }, 1000 },
		{ 3, 512, 64, 0, { 1000, 5000, 20000 }, 1000 },
		{ 8, 64, 256, 0, { 100, 500, 2000 }, 1000 },
		{ 8, 64, 256, 17, { 100, 500, 2000 }, 1000 },
		{ 16, 128, 512, 0, { 100, 500, 2000 }, 1000 },
		{ 16, 128, 512, 17, { 100, 500, 2000 }, 1000 },
		{ 8, 512, 512, 0, { 100, 500, 2000 }, 1000 },
		{ 64, 64, 1024, 17, { 400, 2000, 8000 }, 1000 },
		{ 64, 512, 1024, 17, { 400, 2000, 8000 }, 1000 },
		{ 1024, 64, 8192, 17, { 1000, 5000, 20000 }, 1000 },
		{ 1024, 512, 8192, 0, { 1000, 5000, 20000 }, 1000 },
		{ 1024, 512, 8192, 17, { 1000, 5000, 20000 }, 1000 },
	};
	double share, looked;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sim_case *c = &cases[i];

		teardown(state);
		setup(state);
		begin(&rrpath_policy_queue_length, c->paths);
		share = simulate(c, &looked);
		print_message("# %u paths, %u CPUs (+%u), %u threads, %u/%u/%u us: ",
			      c->paths, c->cpus, c->away, c->threads, c->service[0],
			      c->service[1], c->service[2]);
		print_message("%.1f %%, %.0f looked at\n", 100 * share, looked);
		assert_true(share > 0.95);
		assert_true(looked < HOST_NR_CPUS);
	}
}

static void test_properties(void **state)
{
	(void)state;
	assert_true(rrpath_policy_failover.ordered);
	assert_false(rrpath_policy_round_robin.ordered);
	assert_false(rrpath_policy_queue_length.ordered);
	assert_true(rrpath_policy_round_robin.in_turn);
	assert_false(rrpath_policy_queue_length.in_turn);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_properties),
		TEST(test_nothing_to_choose),
		TEST(test_any_cursor),
		TEST(test_last_entry),
		TEST(test_failover_order),
		TEST(test_round_robin_even),
		TEST(test_round_robin_in_turn),
		TEST(test_round_robin_weights),
		TEST(test_round_robin_turns_are_consecutive),
		TEST(test_round_robin_skips),
		TEST(test_round_robin_loses_the_one_whose_turn_it_is),
		TEST(test_round_robin_shorter_turn),
		TEST(test_queue_length_least),
		TEST(test_queue_length_weights),
		TEST(test_queue_length_ties_rotate),
		TEST(test_queue_length_fills_by_weight),
		TEST(test_queue_length_sees_other_cpus),
		TEST(test_queue_length_shares),
		TEST(test_queue_length_looks_in_time),
		TEST(test_queue_length_balances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
