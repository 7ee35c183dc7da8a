/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "verdict.h"

struct verdict_counter {
	__u64 packets;
	__u64 bytes;
};

/* By enum verdict. What was forwarded is counted by who it was for only: see counters. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VERDICT_COUNT);
	__type(key, __u32);
	__type(value, struct verdict_counter);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} verdicts SEC(".maps");

static __always_inline void count_verdict(enum verdict verdict, __u32 bytes)
{
	__u32 index = verdict;
	struct verdict_counter *counter = bpf_map_lookup_elem(&verdicts, &index);

	if (counter) {
		counter->packets++;
		counter->bytes += bytes;
	}
}
