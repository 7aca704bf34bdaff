#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whether a debug kernel finds what it is there for: see planted.c and planted.sh.
#
# usage: check.sh uml|kasan|kcsan

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../vm/common.sh"

kernel=${1-}
case $kernel in
uml | kasan) own=(leak) last=(use-after-free out-of-bounds) ;;
kcsan) own=(race) last=() ;;
*) die "usage: check.sh uml|kasan|kcsan" ;;
esac
# After one report on locks lockdep gives up, and after one of KASAN, too.
bugs=(sleep-in-atomic rcu shift free-active "${own[@]}" inversion "${last[@]}")

tree=$("$here/../kernel.sh" "$kernel") || exit 1
dir=$project/build/planted-$kernel
arch=x86
[[ $kernel != uml ]] || arch=um
mkdir -p "$dir"
ln -sf "$project"/dm-rrpath/*.[ch] "$here"/{planted.c,Kbuild} "$dir/"
ln -sf "$project/dm-rrpath/Kbuild" "$dir/Kbuild.module"
log=$(make -s -C "$tree" ARCH="$arch" M="$dir" modules 2>&1) || { echo "$log"; exit 1; }
"$here/../run.sh" -k "$kernel" -L -n -t 1200 -- env RRPATH_KO="$dir/dm-rrpath.ko" \
	selftests/debug/planted/planted.sh "${bugs[@]}"
