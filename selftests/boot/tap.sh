# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# TAP for the boot under systemd: what the guest says, and what this machine sees of its end.

tests=0 failures=0

ok() { tests=$((tests + 1)); printf 'ok %d - %s\n' "$tests" "$1"; }

# fail DESCRIPTION [DETAIL]
fail() {
	tests=$((tests + 1)) failures=$((failures + 1))
	printf 'not ok %d - %s\n' "$tests" "$1"
	[[ -z ${2-} ]] || head -n 40 <<<"$2" | sed 's/^/# /'
}

note() { printf '# %s\n' "$*"; }

# is DESCRIPTION GOT WANT
is() {
	if [[ $2 == "$3" ]]; then ok "$1"; else fail "$1" "got '$2', want '$3'"; fi
}

# check DESCRIPTION COMMAND...
check() {
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$what"; else fail "$what" "'$*' failed: $output"; fi
}

# wait_for DESCRIPTION CONDITION: evaluated until it is true. Emulated on a busy machine, a guest's
# clock has been seen to run four times too fast.
wait_for() {
	local end=$((SECONDS + 400))
	until eval "$2"; do
		((SECONDS < end)) || { fail "$1" "not within 400 s: $2"; return 1; }
		sleep 0.2
	done
	ok "$1"
}
