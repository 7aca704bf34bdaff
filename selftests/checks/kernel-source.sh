#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Prints the directory with the parts of the kernel's source that the checks use:
# checkpatch, kernel-doc and the kselftest harness, out of Debian's package
# linux-source-6.12, unpacked once into the cache.

set -u -o pipefail
. "$(dirname "$0")/../vm/common.sh"

tarball=/usr/src/linux-source-6.12.tar.xz
dir=$cache/linux-source-6.12
if [[ ! -e $dir/.complete || $tarball -nt $dir/.complete ]]; then
	[[ -r $tarball ]] || die "no $tarball: install the package linux-source-6.12"
	mkdir -p "$cache"
	tmp=$(mktemp -d "$cache/.source.XXXXXX") || exit 1
	trap 'rm -rf "$tmp"' EXIT
	tar -C "$tmp" -xf "$tarball" --strip-components=1 --wildcards \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/kernel-doc' \
		'*/scripts/const_structs.checkpatch' \
		'linux-source-*/tools/testing/selftests/kselftest*' \
		'linux-source-*/tools/testing/selftests/lib.mk' \
		'linux-source-*/tools/testing/selftests/*.sh' \
		'linux-source-*/scripts/subarch.include' ||
		die "$tarball cannot be unpacked"
	touch "$tmp/.complete"
	rm -rf "$dir"
	mv "$tmp" "$dir" || exit 1
fi
echo "$dir"
