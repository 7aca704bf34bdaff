#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs one command as root under a debug kernel: what selftests/vm/run.sh does, with a kernel that
# kernel.sh builds first if the cache has none. kasan and kcsan run in QEMU. uml and kcov are
# processes of this machine:
#
#	this machine's /  --hostfs, read-only-->  overlay  <--tmpfs, thrown away
#	                                            |
#	           uml-init.sh -> vm/guest.sh (udevd, /dev/shm, debugfs, lo) -> COMMAND

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/common.sh"

usage() {
	cat <<'USAGE'
usage: run.sh [OPTION]... -- COMMAND [ARG...]

  -k  uml, kcov, kasan or kcsan: see kernel.sh (default: uml)
  -L  kmemleak works (uml, kasan)
  -g  the module counts what is executed (uml): /sys/kernel/debug/gcov
  -m  memory of the guest (default: 1536)
  -t  time limit (default: 600); the exit status is then 124
  -o  writable directory of this machine, in the guest at $RRPATH_OUT
  -l  keep the kernel's console log in FILE
  -n  do not build the module first
  -a  WORDS for the kernel's command line
  -c, -d, -i, -s: as selftests/vm/run.sh has them (kasan, kcsan)

COMMAND runs in the project's directory with RRPATH_KO set to the module built for
that kernel and userspace-tool/ on PATH. Exit status: the command's; 124 when time
ran out; 125 when the guest could not be started or died.
USAGE
}

kernel=uml mem=1536 limit=600 outdir='' log='' build=yes append='' leaks=off counts='' rest=()
uml=yes
while getopts k:m:c:t:o:l:d:a:Lgsnih opt; do
	case $opt in
	k) kernel=$OPTARG ;;
	m) mem=$OPTARG ;;
	t) limit=$OPTARG ;;
	o) outdir=$OPTARG ;;
	l) log=$OPTARG ;;
	n) build= ;;
	a) append=$OPTARG ;;
	L) leaks=on ;;
	g) counts=yes ;;
	c | d) rest+=("-$opt" "$OPTARG") ;;
	i | s) rest+=("-$opt") ;;
	h) usage; exit 0 ;;
	*) usage >&2; exit 125 ;;
	esac
done
shift $((OPTIND - 1))
[[ $# -gt 0 ]] || { usage >&2; exit 125; }

tree=$("$here/kernel.sh" "$kernel") || exit 125
# A report switches lockdep off: the log is read after every test, and the rest is no proof then.
# What is mounted may be open for writing, as Debian has it: mount holds a loop device open.
read -ra append <<<"kasan_multi_shot kmemleak=$leaks bdev_allow_write_mounted=1 $append"
# Only what the module does is looked at: so more of it than of a whole kernel.
[[ $kernel != kcsan ]] || append+=(kcsan.skip_watch=400)

if [[ $kernel != uml && $kernel != kcov ]]; then
	[[ -z $counts ]] || die "-g: with -k uml only"
	rest+=(-k "$tree" -m "$mem" -t "$limit" -a "${append[*]}")
	[[ -z $outdir ]] || rest+=(-o "$outdir")
	[[ -z $log ]] || rest+=(-l "$log")
	[[ -n $build ]] || rest+=(-n)
	exec "$here/../vm/run.sh" "${rest[@]}" -- "$@"
fi
[[ ${#rest[@]} -eq 0 ]] || die "${rest[0]}: not with -k $kernel"

KROOT=$tree/root
KVER=$(basename "$KROOT"/usr/lib/modules/*)
args=(KFLAGS=ARCH=um) dir=$project/build/$KVER
[[ $kernel != kcov ]] || args=(KFLAGS="ARCH=um KCOV_INSTRUMENT=y")
if [[ -n $counts ]]; then
	dir=$project/build/coverage
	# A function has its counts once, not once for every place that it is inlined to; and the
	# branches that it has are its own.
	args=(KFLAGS="ARCH=um GCOV_PROFILE=y UBSAN_SANITIZE=n KCFLAGS=-fno-inline"
		COPY=build/coverage)
fi
ko=$dir/dm-rrpath.ko
if [[ -n $build ]]; then
	buildlog=$(build_module "${args[@]}") ||
		die "the module does not build for $KVER:"$'\n'"$buildlog"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/rrpath-uml.XXXXXX") || exit 125
pid=''
cleanup() {
	[[ -z $pid ]] || kill -KILL -- "-$pid" 2>/dev/null
	[[ -z $log ]] || cp "$work/console" "$log" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

# With stdout and stderr going to the same place the guest keeps their order.
merge=
[[ /dev/fd/1 -ef /dev/fd/2 ]] && merge=yes
if [[ -n $outdir ]]; then
	mkdir -p "$outdir" || exit 125
	outdir=$(cd "$outdir" && pwd)
fi
write_job "$work/job" "$@"

# Through pipes: User-Mode Linux makes what it is given non-blocking, for all who share it.
mkfifo "$work/stdout" "$work/stderr"
cat "$work/stdout" &
cats=$!
cat "$work/stderr" >&2 &
cats+=" $!"

# Its processes are processes of this machine: in a group of their own, none outlives this script.
setsid setpriv --pdeathsig TERM timeout --foreground -k 5 "$limit" \
	setpriv --pdeathsig KILL "$tree/linux" umid=rrpath uml_dir="$work" mem="${mem}M" \
	root=none rootfstype=hostfs rootflags=/ ro init="$here/uml-init.sh" \
	con0=null,fd:3 con1=null,fd:4 con2=null,fd:5 con3=null,fd:6 con=null ssl=null \
	"RRPATH_JOB=$work/job" "RRPATH_KERNEL=$KROOT" "RRPATH_EXTRA=$guest_root" \
	quiet panic=-1 panic_on_oops=1 "${append[@]}" </dev/null >"$work/start" 2>&1 \
	3>"$work/console" 4>"$work/stdout" 5>"$work/stderr" 6>"$work/status" &
pid=$!
trap 'exit 125' INT TERM HUP
# When it powers off it aborts, which bash would tell.
wait "$pid" 2>/dev/null
rc=$?
kill -KILL -- "-$pid" 2>/dev/null
guest_over "$rc" its "$work/start" "$work/console"
