#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Table lines whose words are wrong: each is refused, the kernel log names the word, no path stays
# open and the module is not held.

. "${0%/*}/lib.sh"

make_paths 2
a=${P[0]} b=${P[1]}
dm create rrt -
note_base
printf -v long '%4000s' ''
long=${long// /w}

# bad WORD LINE
bad() { refused "$1" load rrt 0 "$SECTORS" rrpath "$2"; }

bad rrpath ""
bad nosuch "nosuch 2 0 $a $b"
bad Failover "Failover 2 0 $a $b"
bad "$long" "$long 2 0 $a $b"
bad rrpath "failover"
bad rrpath "failover 2"
bad rrpath "failover 2 0"
bad rrpath "failover 2 0 $a"
bad rrpath "failover 2 1 $a 1 $b"
bad rrpath "failover 2 2 $a 1 1 $b 1"
bad 0 "failover 0 0"
bad 0 "failover 0 0 $a $b"
bad 1025 "failover 1025 0 $a $b"
bad rrpath "failover 1024 0 $a $b"
bad 3 "failover 2 3 $a 1 1 1 $b 1 1 1"
bad "$b" "failover 1 0 $a $b"
bad "$b" "failover 2 1 $a $b"
bad 65536 "failover 2 1 $a 65536 $b 1"
bad 257 "failover 2 2 $a 1 257 $b 1 1"
bad 0 "failover 2 2 $a 1 0 $b 1 1"
bad 2 "failover 2 0 $a $b 2 queue_if_no_path"
bad 0 "failover 2 0 $a $b 0 queue_if_no_path"
bad 4294967295 "failover 2 0 $a $b 4294967295 queue_if_no_path"
bad 4294967296 "failover 2 0 $a $b 4294967296"
bad queue_if_no_path "failover 2 0 $a $b queue_if_no_path"
bad nosuch "failover 2 0 $a $b 1 nosuch"
bad "$long" "failover 2 0 $a $b 1 $long"
bad queue_if_no_path "failover 2 0 $a $b 2 queue_if_no_path queue_if_no_path"
bad rr_min_io "failover 2 0 $a $b 4 rr_min_io 1 rr_min_io 2"
bad failback "failover 2 0 $a $b 1 failback"
bad later "failover 2 0 $a $b 2 failback later"
bad rr_min_io "failover 2 0 $a $b 2 queue_if_no_path rr_min_io"
bad 0 "failover 2 0 $a $b 2 rr_min_io 0"
bad extra "failover 2 0 $a $b 2 queue_if_no_path extra"

check "the same map then takes a good line" dm swap rrt 0 "$SECTORS" rrpath failover 2 0 "$a" "$b"
done_testing
