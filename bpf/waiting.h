/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>
#include "endpoints.h"
#include "flows.h"

/*
 * A flow waits until it is established. So many of one opener's do so in the table of all, where they are found by one lookup, and
 * stay. Those beyond that wait in overflow, where they replace each other: who floods takes nobody else's room.
 */
enum waiting_limit { WAITING_MAX = 4096 };

/* CPUs that race leave flows a few off, and nobody counts what ends unanswered: each sweep counts anew. */
struct waiting {
	__s32 flows;
	__u32 seen; /* by the sweep that is under way */
};

/* Index is the opener's endpoint; 0: outside, all of it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ENDPOINTS_MAX);
	__type(key, __u32);
	__type(value, struct waiting);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} waiting_flows SEC(".maps");

static __always_inline int may_wait(__u32 opener)
{
	const struct waiting *all = bpf_map_lookup_elem(&waiting_flows, &opener);

	return all && all->flows < WAITING_MAX;
}

static __always_inline void wait_for(__u32 opener, int more)
{
	struct waiting *all = bpf_map_lookup_elem(&waiting_flows, &opener);

	if (all)
		all->flows += more;
}

static __always_inline void wait_no_longer(struct flow *flow)
{
	flow->waits = 0;
	wait_for(flow->end[flow->client & 1].endpoint, -1);
}

/* Nobody looks into overflow while no flow is there: as many as have ever entered it are gone. */
struct overflow_use {
	__u64 entered;
	__u64 gone;
	__u64 left; /* flows, when it was swept last */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct overflow_use);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} overflow_usage SEC(".maps");

static __always_inline struct overflow_use *use_of_overflow(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&overflow_usage, &zero);
}

static __always_inline struct flow *find_overflow(const struct flow_key *key)
{
	volatile const struct overflow_use *use = use_of_overflow();

	return use && use->entered != use->gone ? bpf_map_lookup_elem(&overflow, key) : NULL;
}

/* enter_overflow counts behind the flow, so that a sweep that does not see the one does not see the other. */
static __always_inline long enter_overflow(const struct flow_key *key, const struct flow *flow)
{
	long failed = bpf_map_update_elem(&overflow, key, flow, BPF_NOEXIST);
	struct overflow_use *use = use_of_overflow();

	if (!failed && use)
		__sync_fetch_and_add(&use->entered, 1);
	return failed;
}

/* enter puts a new flow into one of the tables. -EEXIST: another CPU was first. */
static __always_inline long enter(const struct flow_key *key, struct flow *flow, __u32 opener)
{
	long failed;

	if (may_wait(opener)) {
		flow->waits = 1;
		failed = bpf_map_update_elem(&flows, key, flow, BPF_NOEXIST);
		if (!failed)
			wait_for(opener, 1);
		if (!failed || failed == -EEXIST)
			return failed;
		flow->waits = 0;
	}
	return enter_overflow(key, flow);
}
