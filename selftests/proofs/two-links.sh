# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Two veth links to a network namespace, the target's machine:
#
#	namespace rrt					here
#	t1 192.168.101.8  ------ link 0 ------  192.168.101.9 l1
#	t2 192.168.102.8  ------ link 1 ------  192.168.102.9 l2
#
# A link is cut at the far end: it goes silent, nothing is refused.

far=(192.168.101.8 192.168.102.8)
near=(192.168.101.9 192.168.102.9)

links_up()
{
	local i
	modprobe veth 2>/dev/null
	ip netns add rrt || return
	ip -n rrt link set lo up
	for i in 0 1; do
		ip link add "l$((i + 1))" type veth peer name "t$((i + 1))" netns rrt &&
			ip addr add "${near[i]}/24" dev "l$((i + 1))" &&
			ip link set "l$((i + 1))" up &&
			ip -n rrt addr add "${far[i]}/24" dev "t$((i + 1))" &&
			ip -n rrt link set "t$((i + 1))" up || return
	done
}

links_down()
{
	ip link del l1
	ip link del l2
	ip netns del rrt
} 2>/dev/null

cut_link() { ip -n rrt link set "t$(($1 + 1))" down; }
mend_link() { ip -n rrt link set "t$(($1 + 1))" up; }
