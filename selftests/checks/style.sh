#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# checkpatch --strict, kernel-doc, shellcheck, codespell, mandoc, SPDX.
. "$(dirname "$0")/lib.sh"

source=$("$checks_dir/kernel-source.sh") || exit 1

mapfile -t kernel < <(files 'dm-rrpath/*' 'selftests/bench/module/*' \
	'selftests/*/planted/*.c' Kbuild)
mapfile -t user < <(files '*.c' '*.h' Makefile '*/Makefile' '*.mk' |
	grep -Ev '^(dm-rrpath|selftests/(bench/module|(debug|fuzz)/planted))/')
mapfile -t scripts < <(shell_files)
mapfile -t man < <(files '*.[1-9]')
# The fuzzers' inputs are anything but text.
mapfile -t all < <(files '*' | grep -Ev '^COPYING$|/corpus/')

# What only code inside the kernel can follow: its types, its attribute macros, its names,
# negative errno, its string functions. (A makefile may be named in its own recipes.)
user_space=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,PREFER_FALLTHROUGH
user_space+=,USE_NEGATIVE_ERRNO,ENOSYS,VOLATILE,STRCPY,EMBEDDED_FILENAME,CAMELCASE
# What is no mistake in a script: its own name in its usage, `mount -t proc proc`, a
# licence line in a file it writes.
script=EMBEDDED_FILENAME,REPEATED_WORD,SPDX_LICENSE_TAG

# Prints what checkpatch finds, and nothing when it finds nothing.
checkpatch() {
	local ignore=$1
	shift

	# Elsewhere, for it leaves a cache of names in the current directory.
	mkdir -p "$build/include"
	(cd "$build" && "$source/scripts/checkpatch.pl" --no-tree --root=. --strict --terse \
		--show-types --no-summary --max-line-length=100 --ignore="$ignore" \
		-f "${@/#/$project/}") 2>&1 |
		sed "/^\$/d; s#^$project/##"
	return 0
}

spdx() {
	local f line

	for f in "${all[@]}"; do
		# The kernel's form for these has no comments.
		[[ $f != Documentation/ABI/* ]] || continue
		{ read -r line; [[ $line != '#!'* ]] || read -r line; } <"$f"
		[[ $line =~ SPDX-License-Identifier:\ GPL-2\.0(\ \*/|\ --\>)?$ ]] ||
			echo "$f: $line"
	done
}

kernel_doc() {
	# -none prints nothing but what is wrong.
	"$source/scripts/kernel-doc" -none -Wall -Werror dm-rrpath/*.[ch]
}

# checkpatch does not know them.
rules() {
	awk 'length > 100 { print FILENAME ":" FNR ": longer than 100 columns" }' "$@"
}

manual() {
	mandoc -Tlint -W warning "$1"
}

check "checkpatch, modules (${#kernel[@]} files)" checkpatch NONE "${kernel[@]}"
check "checkpatch, user space (${#user[@]} files)" \
	checkpatch "$user_space" "${user[@]}"
check "checkpatch, scripts (${#scripts[@]} files)" checkpatch "$script" "${scripts[@]}"
check "kernel-doc" kernel_doc
check "shellcheck, ${#scripts[@]} scripts" shellcheck -x "${scripts[@]}"
words=activ,inflight,nd,daa
check "codespell" codespell --ignore-words-list="$words" --check-filenames -q 3 "${all[@]}"
check "SPDX identifiers" spdx
mapfile -t udev < <(files '*.rules')
check "rules, ${#udev[@]} files" rules "${udev[@]}"
if [[ ${#man[@]} -eq 0 ]]; then
	check "there is a man page" false
fi
for page in "${man[@]}"; do
	check "mandoc, $page" manual "$page"
done
finish
