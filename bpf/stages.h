/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "packet.h"
#include "place.h"

enum stage {
	STAGE_SETTLE = 0, /* carries a judge's ruling out */
	STAGE_SLOW_PATH, /* takes what an attach point's program does not decide by itself */
	STAGE_TO_NODE, /* takes what the fast path lets pass to other nodes */
};

/* Programs of which a node has one, and to which the others tail call. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} stages SEC(".maps");

/* Who sent a packet, as its attach point has it. */
struct sender {
	__u32 place;
	__u32 carried; /* identity, as another node says it */
};

/*
 * call_slow_path gives a packet to the slow path, and tells it who sent it. It comes back only if there is no such
 * program. Only an entry program may call it, see call_judge().
 */
static __always_inline void call_slow_path(struct __sk_buff *skb, struct sender sender)
{
	skb->cb[0] = sender.place;
	if (node_at(sender.place))
		skb->cb[1] = sender.carried;
	bpf_tail_call(skb, &stages, STAGE_SLOW_PATH);
}

/* given_packet is the one that the slow path was given. */
static __always_inline struct packet given_packet(const struct __sk_buff *skb)
{
	struct packet packet = {
		.from = endpoint_at(skb->cb[0]),
		.from_node = node_at(skb->cb[0]),
	};

	if (packet.from_node)
		packet.carried = packet.source_identity = skb->cb[1];
	return packet;
}
