# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# TAP for the static checks: each is a script of its own that sources this, calls
# `check` once per thing it looks at, and ends with `finish`.

set -u -o pipefail
export LC_ALL=C.UTF-8

checks_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$checks_dir/../vm/common.sh"
cd "$project" || exit 1
build=$project/build/check
mkdir -p "$build"

tap_n=0 tap_failed=0
echo "TAP version 13"

# check NAME COMMAND...: passes when COMMAND succeeds and prints nothing.
check() {
	local name=$1 output status
	shift

	output=$("$@" 2>&1)
	status=$?
	tap_n=$((tap_n + 1))
	if [[ $status -eq 0 && -z $output ]]; then
		echo "ok $tap_n - $name"
		return
	fi
	tap_failed=1
	echo "not ok $tap_n - $name"
	[[ -z $output ]] || head -n 100 <<<"$output" | sed 's/^/# /'
	[[ $status -eq 0 ]] || echo "# exit status $status"
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

finish() {
	echo "1..$tap_n"
	exit "$tap_failed"
}

# The project's files whose names match one of the shell patterns, one a line.
files() {
	local f pattern

	{
		git ls-files -co --exclude-standard 2>/dev/null ||
			find . \( -name build -o -name .git \) -prune -o -type f -print |
			sed 's#^\./##'
	} | while IFS= read -r f; do
		[[ -f $f && ! -L $f ]] || continue
		for pattern; do
			# shellcheck disable=SC2254
			case $f in $pattern) echo "$f"; break ;; esac
		done
	done
}

# Shell scripts, by name or by their first line.
shell_files() {
	local f

	files '*' | while IFS= read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*.*) ;;
		*) head -n 1 -- "$f" | grep -Eaq '^#!.*(/| )(ba)?sh( |$)' && echo "$f" ;;
		esac
	done
	return 0
}

# The kernels the module is built for: "<release> <root>" for each series.
series='6.1 6.12'

# Succeeds silently, or prints the whole output of COMMAND.
quietly() {
	local output

	output=$("$@" 2>&1) || { echo "$output"; return 1; }
}
