// SPDX-License-Identifier: GPL-2.0
/*
 * Inputs that are guided by what the module executes, which the kernel tells of a module that is
 * built for KCOV: an input that goes where none has been is kept, and most are made from those that
 * are kept, a little changed. The others are new ones of the generator (rrt-fuzz-input.c).
 *
 * An input is a sequence of steps, which meets the map always in the same state. In a file it is a
 * line for each step, then an empty one:
 *
 *	live round-robin 2 0 @0 @1 2 failback manual
 *	write paths/@1/weight 7\x0a
 *	bio read 12 3
 *	message fail_path @0
 *
 * @0 is the first device, whatever its number is now; a byte that is not to be printed is \xNN.
 * Where a step has been is told by edges: two places that follow each other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/kcov.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "rrt.h"
#include "rrt-fuzz.h"

#define STEPS		8
#define CORPUS		8192
#define HINTS		64
#define NUMBERS		64
#define CONSTANTS	1024
#define AREA		131072	/* what KCOV has room for, in words */
#define CODE		1048576	/* no module is larger, in bytes */
#define EDGES		262144	/* hash values */
#define BIOS		32
#define BLOCK		4096
#define KEPT		4096	/* no larger input is written to a file */

struct step {
	enum fuzz_kind kind;
	char file[64];
	char *text;
	size_t len;
};

/* A number of the input was compared with another one. */
struct hint {
	uint32_t from, to;
};

struct input {
	unsigned int nr, nr_hints;
	struct step step[STEPS];
	struct hint hint[HINTS];
};

static struct fuzz_input * const in = &fuzz_in;
static struct fuzz_lab * const lab = &fuzz_lab;

static struct {
	int fd;
	int mode;
	uint64_t *area;
	uint64_t base;		/* of the module's code */
	unsigned char pc[CODE], edge[EDGES];
	unsigned long pcs, edges;
	uint32_t number[NUMBERS];	/* in the input whose comparisons are looked at */
	unsigned int nr_numbers;
	uint32_t constant[CONSTANTS];	/* the module compares something with it */
	unsigned char met[CONSTANTS];	/* and has found it equal */
	unsigned int nr_constants;
	struct input *asks;
} kcov = { .fd = -1 };

static struct {
	struct input *input[CORPUS];
	unsigned int nr;
	unsigned long long steps;	/* of all inputs, kept or not */
} corpus;

/* Bios that the map may hold as long as it likes. */
static struct {
	int fd;
	aio_context_t ctx;
	unsigned int pending;
	char *buffer;
} bios = { .fd = -1 };

/* Has the text of the input that is being done: what is left when the kernel dies. */
static int last = -1;

/* ---- what is executed */

void rrt_trace_start(void)
{
	if (kcov.area)
		__atomic_store_n(kcov.area, 0, __ATOMIC_RELAXED);
}

static void take_pcs(uint64_t n)
{
	uint64_t i, at, before = 0;

	for (i = 1; i <= n; i++) {
		uint32_t hash;

		at = kcov.area[i] - kcov.base;
		if (at >= CODE)
			continue;
		if (!kcov.pc[at])
			kcov.pcs++;
		kcov.pc[at] = 1;
		hash = (before * 0x9e3779b97f4a7c15ULL ^ at * 0xc2b2ae3d27d4eb4fULL) >> 46;
		if (!kcov.edge[hash])
			kcov.edges++;
		kcov.edge[hash] = 1;
		before = at + 1;
	}
}

static void hint(uint32_t from, uint32_t to)
{
	struct input *input = kcov.asks;
	unsigned int i;

	for (i = 0; i < input->nr_hints; i++)
		if (input->hint[i].from == from && input->hint[i].to == to)
			return;
	i = input->nr_hints < HINTS ? input->nr_hints++ : fuzz_below(HINTS);
	input->hint[i].from = from;
	input->hint[i].to = to;
}

static void constant(uint32_t number, int met)
{
	unsigned int i;

	for (i = 0; i < kcov.nr_constants && kcov.constant[i] != number; i++)
		;
	if (i == CONSTANTS)
		return;
	if (i == kcov.nr_constants)
		kcov.constant[kcov.nr_constants++] = number;
	kcov.met[i] |= met;
}

/* Records of four: type, both operands, place. Bytes are compared everywhere, with everything. */
static void take_comparisons(uint64_t n)
{
	uint64_t i, *record = kcov.area + 1;
	unsigned int j;

	for (i = 0; i < n; i++, record += 4) {
		uint64_t a = record[1], b = record[2];

		if (!(record[0] & KCOV_CMP_MASK) || a > UINT32_MAX || b > UINT32_MAX ||
		    record[3] - kcov.base >= CODE)
			continue;
		if (record[0] & KCOV_CMP_CONST)
			constant(a, a == b);
		if (a == b)
			continue;
		for (j = 0; j < kcov.nr_numbers; j++) {
			if (kcov.number[j] == a)
				hint(a, b);
			if (kcov.number[j] == b)
				hint(b, a);
		}
	}
}

void rrt_trace_end(void)
{
	uint64_t n;

	if (!kcov.area)
		return;
	n = __atomic_load_n(kcov.area, __ATOMIC_RELAXED);
	if (kcov.mode == KCOV_TRACE_CMP)
		take_comparisons(n < AREA / 4 ? n : AREA / 4 - 1);
	else
		take_pcs(n < AREA ? n : AREA - 1);
}

static int trace(int mode)
{
	ioctl(kcov.fd, KCOV_DISABLE, 0);
	kcov.mode = mode;
	return ioctl(kcov.fd, KCOV_ENABLE, mode) ? errno : 0;
}

static int kcov_open(void)
{
	FILE *file = fopen("/sys/module/dm_rrpath/sections/.text", "re");
	unsigned long long base = 0;

	if (!file)
		return errno;
	if (fscanf(file, "%llx", &base) != 1)
		base = 0;
	fclose(file);
	kcov.fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (kcov.fd < 0 || ioctl(kcov.fd, KCOV_INIT_TRACE, (unsigned long)AREA))
		return errno;
	kcov.area = mmap(NULL, AREA * sizeof(*kcov.area), PROT_READ | PROT_WRITE, MAP_SHARED,
			 kcov.fd, 0);
	if (kcov.area == MAP_FAILED) {
		kcov.area = NULL;
		return errno;
	}
	kcov.base = base;
	return base ? trace(KCOV_TRACE_PC) : EINVAL;
}

/* ---- bios */

static int bios_open(void)
{
	char name[128], *base;

	/* .../block/dm-N/rrpath */
	snprintf(name, sizeof(name), "%s", lab->dir);
	*strrchr(name, '/') = '\0';
	base = strrchr(name, '/') + 1;
	memmove(name + strlen("/dev/"), base, strlen(base) + 1);
	memcpy(name, "/dev/", strlen("/dev/"));
	bios.fd = open(name, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (bios.fd < 0 || syscall(SYS_io_setup, BIOS, &bios.ctx))
		return errno;
	lab->bios = 1;
	return posix_memalign((void **)&bios.buffer, BLOCK, BLOCK);
}

/* Those that have ended; waits for so many at least, and for a minute at most. */
static int bios_reap(unsigned int want)
{
	struct io_event event[BIOS];
	struct timespec minute = { .tv_sec = want ? 60 : 0 };
	long got;

	if (!bios.pending)
		return 0;
	do {
		got = syscall(SYS_io_getevents, bios.ctx, (long)want, (long)BIOS, event, &minute);
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		bios.pending -= got;
	return got < (long)want ? ETIMEDOUT : 0;
}

int rrt_kcov_bio(const char *text)
{
	const char *word = strchr(text, ' ');
	unsigned int blocks = lab->sectors / (BLOCK / 512), n = 1, i;
	unsigned long at = 0;
	int err = 0;

	if (word)
		at = strtoul(word, (char **)&word, 10);
	if (word)
		n = strtoul(word, NULL, 10) % 8 + 1;
	if (bios.fd < 0 || bios.pending + n > BIOS)
		return EAGAIN;
	rrt_trace_start();
	for (i = 0; i < n; i++) {
		struct iocb cb = {
			.aio_lio_opcode = *text == 'w' ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
			.aio_fildes = bios.fd,
			.aio_buf = (unsigned long)bios.buffer,
			.aio_nbytes = BLOCK,
			.aio_offset = (uint64_t)((at + i) % blocks) * BLOCK,
		}, *list = &cb;

		if (syscall(SYS_io_submit, bios.ctx, 1L, &list) == 1)
			bios.pending++;
		else
			err = errno;
	}
	rrt_trace_end();
	return err;
}

/* ---- an input as text */

static void set_text(struct step *step, const char *text, size_t len)
{
	free(step->text);
	step->text = malloc(len + 1);
	if (!step->text)
		exit(ENOMEM);
	memcpy(step->text, text, len);
	step->text[len] = '\0';
	step->len = len;
}

static void copy(struct step *to, const struct step *from)
{
	set_text(to, from->text, from->len);
	to->kind = from->kind;
	strcpy(to->file, from->file);
}

static void clear(struct input *input)
{
	while (input->nr)
		free(input->step[--input->nr].text);
	memset(input, 0, sizeof(*input));
}

/* Numbers of devices become @N; gives the length. `to` has room for what `from` has. */
static size_t collapse(char *to, const char *from, size_t len)
{
	size_t n = 0, i = 0;
	unsigned int d;

	while (i < len) {
		for (d = 0; d < lab->nr_devices; d++) {
			size_t size = strlen(lab->device[d]);

			if (size <= len - i && !memcmp(from + i, lab->device[d], size) &&
			    (i + size == len || from[i + size] < '0' || from[i + size] > '9'))
				break;
		}
		if (d < lab->nr_devices) {
			to[n++] = '@';
			to[n++] = '0' + d;
			i += strlen(lab->device[d]);
		} else {
			to[n++] = from[i++];
		}
	}
	return n;
}

/* And back, as far as there is room. */
static size_t expand(char *to, size_t room, const char *from, size_t len)
{
	size_t n = 0, i;

	for (i = 0; i < len && n + 20 < room; i++) {
		unsigned int d = from[i] == '@' && i + 1 < len ? from[i + 1] - '0' : FUZZ_DEVICES;

		if (d < lab->nr_devices) {
			n += sprintf(to + n, "%s", lab->device[d]);
			i++;
		} else {
			to[n++] = from[i];
		}
	}
	to[n] = '\0';
	return n;
}

/* What the generator, or what spoils, has left in fuzz_in. */
static void from_in(struct step *step, enum fuzz_kind kind)
{
	static char text[FUZZ_ROOM];
	size_t len;

	step->kind = kind;
	len = collapse(text, in->file, strlen(in->file));
	if (len >= sizeof(step->file))
		len = sizeof(step->file) - 1;
	memcpy(step->file, text, len);
	step->file[len] = '\0';
	set_text(step, text, collapse(text, in->text, in->len));
}

static void to_in(const struct step *step)
{
	expand(in->file, sizeof(in->file), step->file, strlen(step->file));
	in->len = expand(in->text, sizeof(in->text), step->text, step->len);
	in->spoilt = 1;
}

static int has_file(enum fuzz_kind kind)
{
	return kind == FUZZ_WRITE || kind == FUZZ_READ;
}

static void print(FILE *out, const struct input *input)
{
	unsigned int i;
	size_t j;

	for (i = 0; i < input->nr; i++) {
		const struct step *step = &input->step[i];

		fprintf(out, "%s%s%s%s", fuzz_kinds[step->kind], has_file(step->kind) ? " " : "",
			has_file(step->kind) ? step->file : "", step->len ? " " : "");
		for (j = 0; j < step->len; j++) {
			unsigned char c = step->text[j];

			/* Blanks at the ends would be lost, or not seen. */
			int plain = c > ' ' && c <= '~' && c != '\\';

			if (c == ' ' && j && j + 1 < step->len)
				plain = 1;
			fprintf(out, plain ? "%c" : "\\x%02x", c);
		}
		fprintf(out, "\n");
	}
	fprintf(out, "\n");
}

static int parse_step(struct input *input, char *line)
{
	struct step *step = &input->step[input->nr];
	char *word = rrt_word(&line), *to = line, *from;
	unsigned int i, byte;

	for (i = 0; i < FUZZ_KINDS && strcmp(fuzz_kinds[i], word); i++)
		;
	if (i == FUZZ_KINDS || input->nr == STEPS)
		return EINVAL;
	step->kind = i;
	if (has_file(i)) {
		snprintf(step->file, sizeof(step->file), "%s", rrt_word(&line));
		to = line;
	}
	for (from = line; *from; to++) {
		if (sscanf(from, "\\x%2x", &byte) == 1) {
			*to = byte;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	input->nr++;
	set_text(step, line, to - line);
	return 0;
}

/* ---- an input is done */

/* For whoever finds the kernel dead: it is not to stay in its memory. */
static void note(const struct input *input)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (last < 0)
		return;
	out = open_memstream(&text, &len);
	if (!out)
		exit(ENOMEM);
	print(out, input);
	fclose(out);
	if (pwrite(last, text, len, 0) == (ssize_t)len && !ftruncate(last, len))
		sync_file_range(last, 0, 0, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
	free(text);
}

static void make_step(struct step *step)
{
	static const char * const files[] = {
		"policy", "queued", "paths/@%u/state", "paths/@%u/priority", "paths/@%u/weight",
		"paths/@%u/in_flight", "paths/@%u/fail_count", "paths/@%u/stalls",
		"paths/@%u/hold_down_ms", "paths/@%u/reason", "paths/@%u/stat",
	};
	static const enum fuzz_kind others[] = {
		FUZZ_SUSPEND, FUZZ_RESUME, FUZZ_READ, FUZZ_STATUS, FUZZ_BIO, FUZZ_BIO, FUZZ_FAULT,
	};
	unsigned int i, d = fuzz_below(lab->nr_devices);
	char file[64] = "", text[64] = "";

	if (fuzz_below(16) < 10) {
		*in->file = '\0';
		i = fuzz_make();
		return from_in(step, i == FUZZ_TABLE && fuzz_one_in(2) ? FUZZ_LIVE : i);
	}
	step->kind = others[fuzz_below(ARRAY_SIZE(others))];
	i = fuzz_below(ARRAY_SIZE(files) + FUZZ_OPTIONS);
	if (step->kind == FUZZ_READ && i < FUZZ_OPTIONS)
		snprintf(file, sizeof(file), "%s%s%s", fuzz_one_in(4) ? FUZZ_PARAMETERS : "",
			 fuzz_one_in(4) ? "/" : "", fuzz_options[i].name);
	else if (step->kind == FUZZ_READ)
		snprintf(file, sizeof(file), files[i - FUZZ_OPTIONS], d);
	else if (step->kind == FUZZ_BIO)
		snprintf(text, sizeof(text), "%s %u %u", fuzz_one_in(2) ? "read" : "write",
			 fuzz_below(64), fuzz_below(8));
	else if (step->kind == FUZZ_FAULT)
		snprintf(text, sizeof(text), "@%u %s", d, fuzz_one_in(3) ? "good" : "bad");
	strcpy(step->file, file);
	set_text(step, text, strlen(text));
	to_in(step);
}

static const char *do_step(struct step *step, int *changed, int *err)
{
	const char *wrong;

	/* What is held, or fails, goes on meanwhile. */
	fuzz_watch(fuzz_one_in(lab->every) && !bios.pending && !lab->faults);
	if (bios.pending || lab->faults)
		in->spoilt = 1;
	*err = 0;
	wrong = fuzz_step(step->kind, err);
	corpus.steps++;
	bios_reap(0);
	if (!wrong && step->kind == FUZZ_LIVE && !*err)
		wrong = fuzz_wait_files();
	if (!wrong && rrt_hurt())
		wrong = "the kernel is hurt";
	if (!*err && step->kind != FUZZ_TABLE && step->kind != FUZZ_READ &&
	    step->kind != FUZZ_STATUS)
		*changed = 1;
	return wrong;
}

/* Do an input, or make one of so many steps and do it: NULL, or what has gone wrong, to `out`. */
static const char *play(struct input *input, unsigned int make, FILE *out)
{
	const char *wrong = NULL;
	int changed = 0, err = 0;
	unsigned int i;

	if (!make)
		note(input);
	for (i = 0; i < (make ? make : input->nr) && !wrong; i++) {
		if (make) {
			/* When the steps before it are done: it may be meant to be good. */
			make_step(&input->step[input->nr++]);
			note(input);
		} else {
			to_in(&input->step[i]);
		}
		wrong = do_step(&input->step[i], &changed, &err);
		if (wrong)
			fuzz_tell(out, input->step[i].kind, err, wrong);
	}
	if (wrong)
		return wrong;
	if (changed) {
		wrong = fuzz_restore();
		if (!wrong)
			wrong = fuzz_wait_files();
		if (!wrong && bios_reap(bios.pending))
			wrong = "a bio does not end";
		if (wrong)
			fprintf(out, "%s", wrong);
	}
	return wrong;
}

/* ---- those that are kept */

static size_t size_of(const struct input *input)
{
	size_t size = 0;
	unsigned int i;

	for (i = 0; i < input->nr; i++)
		size += 10 + input->step[i].len;
	return size;
}

static int is_number(const char *word)
{
	return *word && !word[strspn(word, "0123456789")];
}

static void find_numbers(const struct input *input)
{
	unsigned int i, j;

	kcov.nr_numbers = 0;
	for (i = 0; i < input->nr; i++) {
		fuzz_cut(input->step[i].text);
		for (j = 0; j < in->nr && kcov.nr_numbers < NUMBERS; j++) {
			unsigned long long number = strtoull(in->word[j], NULL, 10);

			/* Small ones are compared everywhere. */
			if (is_number(in->word[j]) && number >= 16 && number <= UINT32_MAX)
				kcov.number[kcov.nr_numbers++] = number;
		}
	}
}

static struct input *keep(const struct input *from)
{
	struct input *input = calloc(1, sizeof(*input));
	unsigned int i;

	if (!input)
		exit(ENOMEM);
	for (i = 0; i < from->nr; i++)
		copy(&input->step[i], &from->step[i]);
	input->nr = from->nr;
	if (corpus.nr == CORPUS) {
		clear(corpus.input[0]);
		free(corpus.input[0]);
		memmove(corpus.input, corpus.input + 1, sizeof(corpus.input) - sizeof(input));
		corpus.nr--;
	}
	return corpus.input[corpus.nr++] = input;
}

/* Again, for what its numbers are compared with. */
static const char *ask(struct input *input, FILE *out)
{
	const char *wrong;
	unsigned long long steps = corpus.steps;

	find_numbers(input);
	if (trace(KCOV_TRACE_CMP)) {
		fprintf(out, "the kernel does not tell comparisons");
		return "KCOV";
	}
	kcov.asks = input;
	wrong = play(input, 0, out);
	corpus.steps = steps;
	if (!wrong && trace(KCOV_TRACE_PC))
		wrong = "KCOV";
	return wrong;
}

/* ---- changes */

static void spoil_step(struct step *step)
{
	unsigned int n = 1 + fuzz_below(3);

	to_in(step);
	fuzz_cut(step->text);
	while (n--)
		fuzz_spoil();
	fuzz_join();
	if (step->kind == FUZZ_WRITE && fuzz_one_in(2))
		in->text[in->len++] = '\n';
	from_in(step, step->kind);
}

/* The word of the step that is cut up; the next number, too, is tried now and then. */
static void replace(struct step *step, unsigned int word, uint32_t number)
{
	to_in(step);
	if (fuzz_one_in(4))
		number += fuzz_below(3) - 1;
	free(in->word[word]);
	if (asprintf(&in->word[word], "%u", number) < 0)
		exit(ENOMEM);
	in->spoilt = 0;
	fuzz_join();
	from_in(step, step->kind);
}

/* A constant, one that nothing has been equal to rather than another. */
static uint32_t unmet(void)
{
	unsigned int i, tries;

	for (tries = 0; tries < 16; tries++) {
		i = fuzz_below(kcov.nr_constants);
		if (!kcov.met[i])
			break;
	}
	return kcov.constant[i];
}

/* A number becomes one that it was compared with, or that anything was. */
static void use_hint(struct input *input)
{
	const struct hint *hint = NULL;
	unsigned int i, j, k, first = fuzz_below(input->nr), word;
	char from[16] = "";

	if (input->nr_hints && fuzz_one_in(2)) {
		hint = &input->hint[fuzz_below(input->nr_hints)];
		snprintf(from, sizeof(from), "%u", hint->from);
	} else if (!kcov.nr_constants) {
		return;
	}
	for (i = 0; i < input->nr; i++) {
		struct step *step = &input->step[(first + i) % input->nr];

		fuzz_cut(step->text);
		word = in->nr ? fuzz_below(in->nr) : 0;
		for (j = 0; j < in->nr; j++) {
			k = (word + j) % in->nr;
			if (hint ? !strcmp(in->word[k], from) : is_number(in->word[k]))
				break;
		}
		if (j < in->nr)
			return replace(step, k, hint ? hint->to :
				       unmet());
	}
}

static void insert(struct input *input, unsigned int at, const struct step *from)
{
	if (input->nr == STEPS)
		return;
	memmove(&input->step[at + 1], &input->step[at],
		(input->nr - at) * sizeof(input->step[0]));
	memset(&input->step[at], 0, sizeof(input->step[0]));
	copy(&input->step[at], from);
	input->nr++;
}

static void cut_off(struct input *input, unsigned int at)
{
	free(input->step[at].text);
	input->nr--;
	memmove(&input->step[at], &input->step[at + 1],
		(input->nr - at) * sizeof(input->step[0]));
	memset(&input->step[input->nr], 0, sizeof(input->step[0]));
}

/* The first words of one line, and the last ones of another. */
static void cross(struct step *step, const struct step *with)
{
	char *text;
	size_t a = fuzz_below(step->len + 1), b = fuzz_below(with->len + 1);

	while (a < step->len && step->text[a] != ' ')
		a++;
	while (b < with->len && with->text[b] != ' ')
		b++;
	text = malloc(a + with->len - b + 1);
	if (!text)
		exit(ENOMEM);
	memcpy(text, step->text, a);
	memcpy(text + a, with->text + b, with->len - b);
	if (a + with->len - b < FUZZ_ROOM / 2)
		set_text(step, text, a + with->len - b);
	free(text);
}

static void change(struct input *input, const struct input *other)
{
	struct step made = { .kind = 0 }, *step = &input->step[fuzz_below(input->nr)];
	unsigned int at = fuzz_below(input->nr), from;

	switch (fuzz_below(14)) {
	case 0:
	case 1:
		make_step(&made);
		insert(input, fuzz_below(input->nr + 1), &made);
		free(made.text);
		break;
	case 2:
		if (input->nr > 1)
			cut_off(input, at);
		break;
	case 3:
		copy(&made, step);
		insert(input, at, &made);
		free(made.text);
		break;
	case 4:
		made = *step;
		*step = input->step[at];
		input->step[at] = made;
		break;
	case 5:
		from = fuzz_below(other->nr);
		while (input->nr > at + 1)
			cut_off(input, input->nr - 1);
		for (; from < other->nr; from++)
			insert(input, input->nr, &other->step[from]);
		break;
	case 6:
		cross(step, &other->step[fuzz_below(other->nr)]);
		break;
	case 7:
		if (step->kind == FUZZ_TABLE)
			step->kind = FUZZ_LIVE;
		else
			make_step(step);
		break;
	case 8:
	case 9:
	case 10:
	case 11:
		use_hint(input);
		break;
	default:
		spoil_step(step);
	}
}

/* The latest have been tried least. */
static const struct input *choose(void)
{
	unsigned int recent = fuzz_one_in(2) ? 4 : 32;

	if (recent > corpus.nr)
		recent = corpus.nr;
	if (fuzz_below(3))
		return corpus.input[corpus.nr - 1 - fuzz_below(recent)];
	return corpus.input[fuzz_below(corpus.nr)];
}

static void derive(struct input *input)
{
	const struct input *from = choose();
	unsigned int i, n = 1 + fuzz_below(4);

	for (i = 0; i < from->nr; i++)
		copy(&input->step[i], &from->step[i]);
	input->nr = from->nr;
	input->nr_hints = from->nr_hints;
	memcpy(input->hint, from->hint, sizeof(input->hint));
	while (n--)
		change(input, choose());
}

/* ---- the operation */

static void say(FILE *out)
{
	fprintf(out, "%llu steps, %lu PCs, %lu edges, %u in the corpus", corpus.steps, kcov.pcs,
		kcov.edges, corpus.nr);
}

/* LAST, and what fuzz_setup() takes: LAST is the file that always has the input that is done. */
static int kcov_start(char *args, FILE *out)
{
	static char kept[1024];
	int err;

	(void)out;
	snprintf(kept, sizeof(kept), "%s", args);
	args = kept;
	last = open(rrt_word(&args), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (last < 0)
		return errno;
	err = fuzz_setup(args);
	if (!err)
		err = bios_open();
	return err ? err : kcov_open();
}

/* SEED COUNT EVERY: one of EVERY inputs is a new one of the generator; 1: all, nothing guides. */
static int kcov_run(char *args, FILE *out)
{
	static struct input input;
	unsigned long long i, count;
	unsigned int every;
	const char *wrong = NULL;

	fuzz_seed = rrt_number(&args);
	count = rrt_number(&args);
	every = rrt_number(&args);
	for (i = 0; i < count && every && !wrong; i++) {
		unsigned long edges = kcov.edges;
		unsigned int make = 0;

		clear(&input);
		if (!corpus.nr || fuzz_one_in(every))
			make = 1 + fuzz_below(STEPS);
		else
			derive(&input);
		wrong = play(&input, make, out);
		if (!wrong && kcov.edges > edges)
			wrong = ask(keep(&input), out);
	}
	if (wrong)
		return EPROTO;
	say(out);
	return 0;
}

/* FILE: its inputs, one after the other; what goes nowhere new is dropped. */
static int kcov_load(char *args, FILE *out)
{
	static struct input input;
	FILE *file = fopen(rrt_word(&args), "re");
	const char *wrong = NULL;
	size_t size = 0;
	char *line = NULL;
	int err = 0, more;

	if (!file)
		return errno;
	clear(&input);
	do {
		unsigned long edges = kcov.edges;

		more = getline(&line, &size, file) > 0;
		if (more && *line == '#')
			continue;
		if (more && *line != '\n') {
			line[strcspn(line, "\n")] = '\0';
			err = parse_step(&input, line);
			if (err)
				fprintf(out, "no step: '%s'", line);
			continue;
		}
		if (input.nr)
			wrong = play(&input, 0, out);
		if (!wrong && kcov.edges > edges)
			wrong = ask(keep(&input), out);
		clear(&input);
	} while (more && !err && !wrong);
	free(line);
	fclose(file);
	if (wrong)
		return EPROTO;
	if (!err)
		say(out);
	return err;
}

static int smaller(const void *a, const void *b)
{
	size_t x = size_of(*(struct input * const *)a), y = size_of(*(struct input * const *)b);

	return x < y ? -1 : x > y;
}

/* FILE: the small ones first, and of the others those that go further than all before them. */
static int kcov_save(char *args, FILE *out)
{
	FILE *file = fopen(rrt_word(&args), "we");
	const char *wrong = NULL;
	unsigned int i, nr = 0;

	if (!file)
		return errno;
	qsort(corpus.input, corpus.nr, sizeof(corpus.input[0]), smaller);
	memset(kcov.pc, 0, sizeof(kcov.pc));
	memset(kcov.edge, 0, sizeof(kcov.edge));
	kcov.pcs = 0;
	kcov.edges = 0;
	for (i = 0; i < corpus.nr && !wrong; i++) {
		unsigned long edges = kcov.edges;

		wrong = play(corpus.input[i], 0, out);
		if (wrong || kcov.edges == edges || size_of(corpus.input[i]) > KEPT)
			continue;
		nr++;
		print(file, corpus.input[i]);
	}
	if (fclose(file))
		return EIO;
	if (wrong)
		return EPROTO;
	fprintf(out, "%u inputs, %lu PCs, %lu edges", nr, kcov.pcs, kcov.edges);
	return 0;
}

/* FILE: where in .text it has been, in hexadecimal. */
static int kcov_places(char *args, FILE *out)
{
	FILE *file = fopen(rrt_word(&args), "we");
	unsigned int i;

	(void)out;
	if (!file)
		return errno;
	for (i = 0; i < CODE; i++)
		if (kcov.pc[i])
			fprintf(file, "%x\n", i);
	return fclose(file) ? EIO : 0;
}

/* The map can be removed then. */
static int kcov_stop(char *args, FILE *out)
{
	(void)args;
	(void)out;
	if (bios.pending) {
		fuzz_restore();
		bios_reap(bios.pending);
	}
	if (bios.fd >= 0)
		close(bios.fd);
	if (kcov.fd >= 0)
		close(kcov.fd);
	if (last >= 0)
		close(last);
	bios.fd = -1;
	kcov.fd = -1;
	last = -1;
	kcov.area = NULL;
	return 0;
}

static int do_kcov(char *args, FILE *out)
{
	static const struct rrt_op ops[] = {
		{ "start", kcov_start, "" },
		{ "load", kcov_load, "" },
		{ "run", kcov_run, "" },
		{ "save", kcov_save, "" },
		{ "places", kcov_places, "" },
		{ "stop", kcov_stop, "" },
		{ }
	};
	const char *name = rrt_word(&args);
	const struct rrt_op *op;

	for (op = ops; op->name; op++)
		if (!strcmp(op->name, name))
			return op->fn(args, out);
	return EINVAL;
}

const struct rrt_op rrt_kcov_ops[] = {
	{ "kcov", do_kcov, "start | load | run | save | places | stop: inputs guided by KCOV" },
	{ }
};
