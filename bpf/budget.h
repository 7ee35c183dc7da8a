/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "endpoints.h"

/* What may still be done for packets of one endpoint in this interval: a noisy one does not silence others. */
enum budget_kind {
	BUDGET_DROP_EVENTS = 0,
	BUDGET_ICMP_ERRORS = 1,
	BUDGET_FLOW_EVENTS = 2, /* verdicts and notices */
	BUDGET_KINDS,
};

/* Kept without a lock: CPUs that race for the last grants may give a few more. None of refused is lost. */
struct budget {
	__u64 interval_start_ns;
	__u32 spent;
	__u32 refused; /* since the last grant */
};

#define BUDGET_INTERVAL_NS 100000000ULL /* 100 ms */
#define BUDGET_PER_INTERVAL 100
#define BUDGET_FLOWS_PER_INTERVAL \
	3000 /* an event a connection, and the ring holds three times as many */

/* Index BUDGET_KINDS * ID + enum budget_kind. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BUDGET_KINDS *ENDPOINTS_MAX);
	__type(key, __u32);
	__type(value, struct budget);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} budgets SEC(".maps");

/*
 * take_budget says whether the endpoint is granted one more; refused gets how many were not since the last
 * grant.
 */
static __always_inline int take_budget(__u32 endpoint, enum budget_kind kind, __u32 *refused)
{
	__u32 index = BUDGET_KINDS * endpoint + kind;
	__u32 limit = kind == BUDGET_FLOW_EVENTS ? BUDGET_FLOWS_PER_INTERVAL : BUDGET_PER_INTERVAL;
	struct budget *budget = bpf_map_lookup_elem(&budgets, &index);
	__u64 now = bpf_ktime_get_coarse_ns();

	if (!budget)
		return 0;
	if (now - budget->interval_start_ns >= BUDGET_INTERVAL_NS) {
		budget->interval_start_ns = now;
		budget->spent = 0;
	}
	if (budget->spent >= limit) {
		__sync_fetch_and_add(&budget->refused, 1);
		return 0;
	}
	budget->spent++;
	*refused = budget->refused ? __sync_lock_test_and_set(&budget->refused, 0) : 0;
	return 1;
}
