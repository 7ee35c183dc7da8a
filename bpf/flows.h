/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "packet.h"

#define SECOND_NS 1000000000ULL

enum flow_state {
	FLOW_UNANSWERED = 0,
	FLOW_ANSWERED, /* TCP: who opened it has not confirmed the answer yet */
	FLOW_ESTABLISHED,
	FLOW_HALF_CLOSED, /* one side sent FIN */
	FLOW_CLOSING, /* both did, or one sent RST */
};

struct flow_end {
	__u32 generation; /* stamp: of the endpoint when the verdict was made */
	__u16 endpoint; /* who may send on this side; 0: outside */
	__u16 node; /* other node that may */
};

/* end_place reads both in one step. */
static __always_inline __u32 end_place(const struct flow_end *end)
{
	__u32 place;

	__builtin_memcpy(&place, &end->endpoint, sizeof(place));
	return place;
}

/*
 * Arrays have an element for each side, in the order of the flow's key. What every packet needs comes first, in
 * half a cache line: with a hash map's element in 192 bytes of its own, that is in one.
 */
struct flow {
	struct flow_end end[2];
	__u8 client; /* index of the side that opened it */
	__u8 state; /* enum flow_state */
	__u8 denied; /* judged again, and no longer allowed: enum verdict says why; 0: it is */
	__u8 fins; /* bit a side */
	__u32 counter; /* slot */
	__u32 validated_jiffies; /* when the verdict was made */
	__u16 lifetime_s; /* idle time after which it is as good as gone */
	__u8 waits; /* it has a share of its opener's: see waiting.h */
	__u8 pad;
	__u64 validated_ns; /* the same on CLOCK_MONOTONIC, coarse: idle time counts from here */
	__u64 created_ns;
	__u32 revision; /* of the policy that judged it */
	__u32 ruling; /* number, with enum ruling_flags */
	__u32 identity[2];
};

/* All flows, but those in overflow. Full is an event and a counter: flows stay in overflow then. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 19);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} flows SEC(".maps");

/* Flows beyond what an opener may have waiting, until they are established: a flood of them evicts only its like. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 16);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} overflow SEC(".maps");
