#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A copy of the tree elsewhere: builds, installs, uninstalls and cleans up after
# itself; and the selftests are a directory the kernel's own kselftest accepts.
. "$(dirname "$0")/lib.sh"

find_kernel 6.1 || { check "kernel 6.1 is here" false; finish; }
source=$("$checks_dir/kernel-source.sh") || exit 1

# As long as other paths may be: kbuild does not cope with spaces, the rest should.
copy=$build/copy-of-the-tree
dest=$build/dest
rm -rf "$copy" "$dest"
mkdir -p "$copy"
files '*' | tar -cf - -T - | tar -C "$copy" -xf -

tool_warnings() {
	local log

	log=$(make -C "$copy/userspace-tool" 2>&1) || { echo "$log"; return 1; }
	grep -E 'warning' <<<"$log"
	return 0
}

make_copy() {
	quietly make -C "$copy" KVER="$KVER" PREFIX=/usr DESTDIR="$dest" "$@"
}

installed() {
	local f

	for f in "lib/modules/$KVER/updates/dm-rrpath.ko" usr/sbin/rrpath \
		usr/share/man/man8/rrpath.8 usr/share/bash-completion/completions/rrpath \
		usr/lib/udev/rules.d/59-rrpath.rules usr/lib/udev/rules.d/61-rrpath.rules \
		usr/lib/systemd/system/rrpath-unstick.service \
		etc/multipath/conf.d/rrpath.conf; do
		compgen -G "$dest/$f*" >/dev/null || echo "not installed: $f"
	done
}

left() {
	find "$dest" ! -type d
}

# What a build leaves behind is what was not there before.
clean_left() {
	diff <(files '*' | sort) <(cd "$copy" && find . -type f | sed 's#^\./##' | sort)
}

no_headers() {
	local log

	log=$(make -C "$copy" module KVER=1.2.3-none 2>&1) && echo "it did not fail"
	grep -q 'linux-headers-1.2.3-none' <<<"$log" || echo "the package is not named: $log"
}

kselftest() {
	local ksft=$build/ksft/tools/testing/selftests list

	rm -rf "$build/ksft" && mkdir -p "$build/ksft" && cp -a "$source/." "$build/ksft/"
	mkdir "$ksft/dm-rrpath" || return 1
	find "$copy/selftests" -maxdepth 1 -type f -exec cp -t "$ksft/dm-rrpath" {} +
	cp -r "$copy"/selftests/{demo,proofs,bench,torture} "$ksft/dm-rrpath/"
	# As the makefile above it calls it.
	quietly make -C "$ksft/dm-rrpath" OUTPUT="$ksft/dm-rrpath" \
		INSTALL_PATH="$build/ksft/installed" install || return 1
	list=$(make -s -C "$ksft/dm-rrpath" OUTPUT="$ksft/dm-rrpath" COLLECTION=dm-rrpath \
		emit_tests 2>&1)
	[[ $(grep -c '^dm-rrpath:' <<<"$list") -gt 0 ]] || echo "emit_tests lists nothing: $list"
	[[ -n $(find "$build/ksft/installed" -name '*.sh') ]] || echo "no script was installed"
	[[ -x $build/ksft/installed/rrt ]] || echo "rrt was not installed"
}

check "the tool builds without a warning" tool_warnings
check "a kernel without headers is reported" no_headers
check "make" make_copy all
check "make install" make_copy install
check "all is in its place" installed
check "make uninstall" make_copy uninstall
check "nothing is left of it" left
check "make clean" make_copy clean
check "the tree is as it was" clean_left
check "kselftest's lib.mk accepts the selftests" kselftest
finish
