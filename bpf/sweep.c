//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The program that removes flows whose time is over. It is not attached: the agent runs it from time to time. */
#include "conntrack.h"

/* What one run of it is given, and gives back. */
struct sweep {
	__u64 now; /* CLOCK_MONOTONIC, a little behind: so is the coarse clock of those who see packets */
	__u64 removed;
};

/*
 * bury removes a flow that is over; if that fails, another CPU was first, or the next sweep finds it. Between look and removal are
 * nanoseconds, in which a packet could bring it to life again: its next one finds none then.
 */
static long bury(void *table, const struct flow_key *key, const struct flow *flow,
		 struct sweep *sweep)
{
	struct flow_key copy = *key;

	if (expired(flow, sweep->now) && !bpf_map_delete_elem(table, &copy))
		sweep->removed++;
	return 0;
}

/* sweep_flows walks both tables once. The unanswered would replace each other anyway; but what is counted should be alive. */
SEC("syscall")
int sweep_flows(struct sweep *given)
{
	struct sweep sweep = { .now = bpf_ktime_get_ns() - SECOND_NS };

	bpf_for_each_map_elem(&established, bury, &sweep, 0);
	bpf_for_each_map_elem(&unanswered, bury, &sweep, 0);
	*given = sweep;
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
