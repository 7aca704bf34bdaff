#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds a kernel out of Debian's source, once, in the cache, and prints its directory:
#
#	linux				User-Mode Linux itself (ARCH um)
#	root/boot/vmlinuz-RELEASE	what QEMU boots (ARCH x86)
#	root/usr/lib/modules/RELEASE	its modules; build there is the tree for others
#
# usage: build-kernel.sh [-s TARBALL] [-p PATCH]... NAME ARCH [VARIABLE=VALUE]... CONFIG...
#
# TARBALL: else that of the package linux-source-6.12. VARIABLE: for every make of the kernel
# itself. CONFIG: fragments on top of allnoconfig; each line has to take effect. A change of one of
# them, of a patch or of the package makes another kernel, so several checkouts share the cache.
# Those of the same name that nobody used for two weeks are removed.

set -u -o pipefail
. "$(dirname "$0")/common.sh"

usage="build-kernel.sh [-s TARBALL] [-p PATCH]... NAME ARCH [VARIABLE=VALUE]... CONFIG..."
tarball='' patches=() variables=()
while getopts s:p: opt; do
	case $opt in
	s) tarball=$OPTARG ;;
	p) patches+=("$OPTARG") ;;
	*) die "usage: $usage" ;;
	esac
done
shift $((OPTIND - 1))
[[ $# -ge 3 ]] || die "usage: $usage"
name=$1 arch=$2
shift 2
while [[ ${1-} == *=* && ! -e $1 ]]; do
	variables+=("$1")
	shift
done
if [[ -z $tarball ]]; then
	tarball=/usr/src/linux-source-6.12.tar.xz
	version=$(dpkg-query -W -f '${Version}' linux-source-6.12) ||
		die "the package linux-source-6.12 is not installed"
else
	version=$(sha256sum <"$tarball") || exit 125
fi
[[ -r $tarball ]] || die "no $tarball"

hash_of() { sha256sum | head -c 10; }
source_key=$({ echo "$version"; cat /dev/null "${patches[@]}"; } | hash_of)
# The modules have to come from the kernel's compiler.
key=$({ echo "$source_key $arch ${variables[*]}"; gcc -dumpfullversion; cat "$@"; } | hash_of)
source=$cache/kernels/source-$source_key
tree=$cache/kernels/$name-$key
log=$cache/kernels/$name-$key.log

mkdir -p "$cache/kernels" || exit 125
# Waits for others who build the same, as long as that takes.
exec 9>"$cache/kernels/$name-$key.lock"
flock 9
if [[ -e $tree/.complete ]]; then
	touch "$tree/.complete"
	echo "$tree"
	exit 0
fi

# What a kernel of these architectures never looks at is not unpacked.
unpack() {
	local new patch

	exec 8>"$cache/kernels/source.lock"
	flock 8
	[[ ! -e $source/.complete ]] || return 0
	echo "unpacking $tarball" >&2
	rm -rf "$source"
	mkdir -p "$source" || return 1
	tar -C "$source" -xf "$tarball" --strip-components=1 --exclude='*/drivers/gpu/*.[ch]' \
		--exclude='*/Documentation/*/*' --exclude='*/tools/testing/*' || return 1
	for patch in "${patches[@]}"; do
		patch -s -d "$source" -p1 <"$patch" || return 1
	done
	touch "$source/.complete"
}

configure() {
	local line

	cat "$@" >"$tree/all.config"
	make -C "$source" O="$tree" ARCH="$arch" KCONFIG_ALLCONFIG="$tree/all.config" \
		allnoconfig || return 1
	while IFS= read -r line; do
		case $line in
		CONFIG_*) grep -qxF "$line" "$tree/.config" ;;
		'# CONFIG_'*' is not set') ! grep -q "^${line:2:-11}=" "$tree/.config" ;;
		esac || { echo "not possible here: $line"; return 1; }
	done <"$tree/all.config"
}

build() {
	local root=$tree/root release image=linux
	local make=(make -C "$tree" ARCH="$arch" LOCALVERSION="-$name-$key" "${variables[@]}")

	[[ $arch == um ]] || image=bzImage
	"${make[@]}" -j"$(nproc)" "$image" modules || return 1
	release=$("${make[@]}" -s kernelrelease) || return 1
	"${make[@]}" INSTALL_MOD_PATH="$root/usr" DEPMOD=/sbin/depmod modules_install || return 1
	ln -sfn "$tree" "$root/usr/lib/modules/$release/build"
	[[ $arch == um ]] || install -D -m 644 "$tree/arch/x86/boot/bzImage" \
		"$root/boot/vmlinuz-$release"
}

unpack || die "$tarball cannot be unpacked"
echo "building the kernel $name, which takes five minutes and more" >&2
rm -rf "$tree"
mkdir -p "$tree" || exit 125
{ configure "$@" && build; } >"$log" 2>&1 ||
	{ tail -n 20 "$log" >&2; die "the kernel $name does not build: $log"; }
touch "$tree/.complete"

find "$cache/kernels" -mindepth 2 -maxdepth 2 -path "*/$name-*/.complete" -mtime +14 |
	while IFS= read -r old; do
		rm -rf "${old%/.complete}" "${old%/.complete}".{log,lock}
	done
echo "$tree"
