#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Fetches the source of a kernel of which User-Mode Linux can use more than one CPU (6.19 and
# later), which Debian 12 has not, but Debian's later suites have. They are looked for where
# this machine gets Debian 12 from, with lists of their own: nothing is installed, and apt's
# configuration and lists stay as they are.
#
# usage: uml-source.sh DIRECTORY
#
# Leaves linux-source-*.tar.xz there, and prints it. Exit status 4 if there is none to be had.

set -u -o pipefail
. "$(dirname "$0")/../vm/common.sh"

[[ $# -eq 1 ]] || die "usage: uml-source.sh DIRECTORY"
dir=$1
suites=(trixie-backports sid)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

none() {
	[[ ! -s $tmp/log ]] || tail -n 5 "$tmp/log" >&2
	echo "no kernel source newer than Debian 12's: $*" >&2
	exit 4
}

# aptly COMMAND ARG...: apt-get and apt-cache, that know nothing but this suite
aptly() {
	local command=$1
	shift

	"$command" -q -o "Dir::Etc::SourceList=$tmp/sources.list" -o Dir::Etc::SourceParts=- \
		-o "Dir::State::Lists=$tmp/lists" -o "Dir::Cache=$tmp/cache" \
		-o APT::Sandbox::User=root "$@"
}

# newest_of SUITE: sets $package
newest_of() {
	echo "deb [signed-by=$keyring] $archive $1 main" >"$tmp/sources.list"
	aptly apt-get update >"$tmp/log" 2>&1 || return
	package=$(aptly apt-cache pkgnames linux-source- | grep -E '^linux-source-[0-9.]+$' |
		sort -rV | head -n 1)
	[[ -n $package ]] &&
		printf '%s\n' linux-source-6.19 "$package" | sort -CV
}

mkdir -p "$dir" || exit 125
tmp=$(mktemp -d "$dir/.apt.XXXXXX") || exit 125
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/{lists,cache/archives}/partial
archive=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME)' \
	'Created-By: Packages' 'Component: main' 2>"$tmp/log" |
	awk '$2 == "bookworm" || $3 == "bookworm" { print $1; exit }')
[[ -n $archive ]] || none "apt has no source of Debian 12"

for suite in "${suites[@]}"; do
	newest_of "$suite" || continue
	echo "fetching $package of $suite" >&2
	(cd "$tmp" && aptly apt-get download "$package") >"$tmp/log" 2>&1 || continue
	dpkg-deb --fsys-tarfile "$tmp/$package"_*.deb |
		tar -C "$tmp" -xf - "./usr/src/$package.tar.xz" 2>"$tmp/log" || continue
	mv "$tmp/usr/src/$package.tar.xz" "$dir/" || exit 125
	echo "$dir/$package.tar.xz"
	exit 0
done
none "looked for in ${suites[*]}"
