//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The program that removes flows whose time is over. It is not attached: the agent runs it from time to time. */
#include "conntrack.h"
#include "waiting.h"

/* What one run of it goes by, and gives back. */
struct sweep {
	__u64 now; /* CLOCK_MONOTONIC, a little behind: so is the coarse clock of those who see packets */
	__u64 removed;
	__u64 left; /* in the table of all */
	__u64 overflow; /* left there */
};

/*
 * bury removes a flow that is over, and says whether it was; if that fails, another CPU was first, or the next sweep finds it. Between
 * look and removal are nanoseconds, in which a packet could bring it to life again: its next one finds none then.
 */
static __always_inline int bury(void *table, const struct flow_key *key, const struct flow *flow,
				struct sweep *sweep)
{
	struct flow_key copy = *key;

	if (!expired(flow, sweep->now))
		return 0;
	if (!bpf_map_delete_elem(table, &copy))
		sweep->removed++;
	return 1;
}

static long sweep_flow(void *table, const struct flow_key *key, const struct flow *flow,
		       struct sweep *sweep)
{
	__u32 opener = flow->end[flow->client & 1].endpoint;
	struct waiting *waits;

	if (bury(table, key, flow, sweep))
		return 0;
	sweep->left++;
	waits = flow->waits ? bpf_map_lookup_elem(&waiting_flows, &opener) : NULL;
	if (waits)
		waits->seen++;
	return 0;
}

/* These would replace each other anyway; but what is counted should be alive. */
static long sweep_overflow(void *table, const struct flow_key *key, const struct flow *flow,
			   struct sweep *sweep)
{
	sweep->overflow += !bury(table, key, flow, sweep);
	return 0;
}

static long recount(void *table, const __u32 *opener, struct waiting *waits, void *nothing)
{
	waits->flows = waits->seen;
	waits->seen = 0;
	return 0;
}

/* sweep_flows walks both tables once. */
SEC("syscall")
int sweep_flows(struct sweep *given)
{
	struct sweep sweep = { .now = bpf_ktime_get_ns() - SECOND_NS };
	volatile struct overflow_use *use = use_of_overflow();
	__u64 entered = use ? use->entered : 0;

	bpf_for_each_map_elem(&flows, sweep_flow, &sweep, 0);
	bpf_for_each_map_elem(&waiting_flows, recount, NULL, 0);
	bpf_for_each_map_elem(&overflow, sweep_overflow, &sweep, 0);
	if (use) {
		/* Read back: the verifier would follow each number of flows that it knows. */
		use->left = sweep.overflow;
		if (!use->left)
			use->gone = entered;
	}
	*given = sweep;
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
