#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds a debug kernel, or finds it in the cache, and prints its directory.
#
# usage: kernel.sh uml|kcov|kasan|kcsan
#
#	uml	User-Mode Linux: KASAN, kmemleak, lockdep, UBSAN; runs at the machine's own speed
#	kcov	the same, and KCOV tells comparisons, too
#	kasan	the same for x86-64, and two CPUs
#	kcsan	x86-64 with KCSAN, lockdep and UBSAN

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)

variables=()
case ${1-} in
uml) arch=um parts=(kasan uml) ;;
kcov) arch=um parts=(kasan uml kcov) ;;
kasan) arch=x86 parts=(kasan x86) ;;
# One side of a race is our code: KCSAN looks there only, and the kernel is the faster for it.
kcsan) arch=x86 parts=(kcsan x86) variables=(KCSAN_SANITIZE=n) ;;
*) echo "usage: kernel.sh uml|kcov|kasan|kcsan" >&2; exit 125 ;;
esac
parts=("${parts[@]/#/$here/}")
exec "$here/../vm/build-kernel.sh" -p "$here/uml-stacktrace.patch" \
	"rrpath-$1" "$arch" "${variables[@]}" \
	"$here/base.config" "$here/checks.config" "${parts[@]/%/.config}"
