/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* What a consumer and a provider exchanged under one ruling; index 0 of the arrays is consumer to provider. */
struct counter {
	__u64 packets[2];
	__u64 bytes[2];
	__u64 flows; /* that began; of a denial: first packets */
};

enum counter_layout {
	COUNTER_CHUNKS = 4096,
	COUNTERS_A_CHUNK = 4096,
	COUNTER_TOGETHER = 0, /* slot of all that got none of their own */
};

struct counter_chunk {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS_A_CHUNK);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct counter));
};

/* Slot n is counter n % COUNTERS_A_CHUNK of chunk n / COUNTERS_A_CHUNK. The agent adds chunks as slots run out. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, COUNTER_CHUNKS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__array(values, struct counter_chunk);
} counters SEC(".maps");

static __always_inline struct counter *counter_at(__u32 slot)
{
	__u32 chunk = slot / COUNTERS_A_CHUNK, index = slot % COUNTERS_A_CHUNK;
	void *counters_of_chunk = bpf_map_lookup_elem(&counters, &chunk);

	return counters_of_chunk ? bpf_map_lookup_elem(counters_of_chunk, &index) : NULL;
}

/* count_packet counts a packet that was forwarded, or one that policy denied. */
static __always_inline void count_packet(__u32 slot, int reply, __u32 bytes)
{
	struct counter *counter = counter_at(slot);

	if (!counter)
		return;
	counter->packets[!!reply]++;
	counter->bytes[!!reply] += bytes;
}

/* uncount_flow: a CPU's counter may get less than zero by that. The sum of all does not. */
static __always_inline void uncount_flow(__u32 slot)
{
	struct counter *counter = counter_at(slot);

	if (counter)
		counter->flows--;
}

static __always_inline void count_flow(__u32 slot)
{
	struct counter *counter = counter_at(slot);

	if (counter)
		counter->flows++;
}
