/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "endpoints.h"
#include "packet.h"
#include "place.h"
#include "transport.h"

#define SECOND_NS 1000000000ULL

enum flow_state {
	FLOW_UNANSWERED = 0,
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
	__u32 lifetime_s; /* idle time after which it is as good as gone */
	__u64 validated_ns; /* the same on CLOCK_MONOTONIC, coarse: idle time counts from here */
	__u64 created_ns;
	__u32 revision; /* of the policy that judged it */
	__u32 ruling; /* number, with enum ruling_flags */
	__u32 identity[2];
};

/* Flows that were answered. Full is an event and a counter: flows stay in unanswered then. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 19);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} established SEC(".maps");

/* Flows that nobody has answered yet: a flood of them evicts only its like. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 16);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} unanswered SEC(".maps");

/* Idle lifetimes in seconds, by protocol and state. */
static __always_inline __u32 lifetime_of(__u8 protocol, enum flow_state state)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return state == FLOW_ESTABLISHED ? 6 * 3600 :
		       state == FLOW_HALF_CLOSED ? 300 :
		       state == FLOW_CLOSING	 ? 10 :
						   60;
	case IPPROTO_SCTP:
		return state == FLOW_ESTABLISHED ? 3600 : 60;
	case IPPROTO_UDP:
		return state == FLOW_ESTABLISHED ? 180 : 30;
	}
	return 30; /* ICMP echo */
}

static __always_inline void set_state(struct flow *flow, __u8 protocol, enum flow_state state)
{
	flow->state = state;
	flow->lifetime_s = lifetime_of(protocol, state);
}

static __always_inline int expired(const struct flow *flow, __u64 now)
{
	return now - flow->validated_ns > flow->lifetime_s * SECOND_NS && now > flow->validated_ns;
}

static __always_inline int opens_tcp(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && (packet->tcp_flags & TCP_SYN) &&
	       !(packet->tcp_flags & TCP_ACK);
}

static __always_inline int asks_echo(const struct packet *packet)
{
	return (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) &&
	       !(packet->flags & PACKET_ICMP_ERROR) &&
	       is_echo_request(packet->protocol, packet->icmp_type);
}

/* A packet that may begin a flow: everything else belongs to one, or to nothing. */
static __always_inline enum verdict opens_flow(const struct packet *packet)
{
	if (packet->flags & PACKET_ICMP_ERROR)
		return DROP_ICMP_UNRELATED;
	switch (packet->protocol) {
	case IPPROTO_TCP:
		return opens_tcp(packet) ? VERDICT_NEXT : DROP_NO_CONNECTION;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return asks_echo(packet) ? VERDICT_NEXT : DROP_ICMP_UNRELATED;
	}
	return VERDICT_NEXT;
}

/* close_side notes that a side has said, by FIN or RST, that it will send no more. */
static __always_inline void close_side(struct flow *flow, __u32 side, __u8 tcp_flags)
{
	flow->fins |= tcp_flags & TCP_RST ? 3 : 1 << side;
	set_state(flow, IPPROTO_TCP, flow->fins == 3 ? FLOW_CLOSING : FLOW_HALF_CLOSED);
}

/* track_tcp follows the flow's end. An error about the flow ends nothing. */
static __always_inline void track_tcp(struct flow *flow, const struct packet *packet)
{
	if (packet->protocol == IPPROTO_TCP && (packet->tcp_flags & (TCP_FIN | TCP_RST)) &&
	    !(packet->flags & PACKET_ICMP_ERROR))
		close_side(flow, packet->side, packet->tcp_flags);
}

/* stamped is who is at one end of a flow, if its stamp still holds. */
static __always_inline const struct endpoint_info *stamped(const struct flow_end *end)
{
	__u32 id = end->endpoint;
	const struct endpoint_info *info = bpf_map_lookup_elem(&endpoints, &id);

	return info && info->generation == end->generation ? info : NULL;
}

/* may_send: only who is at a side may go on with a flow. On the fast path this is the source check. */
static __always_inline int may_send(const struct flow *flow, __u32 side, __u32 place)
{
	return end_place(&flow->end[side & 1]) == place;
}

/* same_sender: what another node says of who sends is as it was. */
static __always_inline int same_sender(const struct flow *flow, __u32 side, __u16 from_node,
				       __u32 carried)
{
	return !from_node || flow->identity[side & 1] == carried;
}

/*
 * is_fresh: no cached verdict lives longer than a second, whatever went wrong with its stamps. Jiffies, because they are read by two
 * instructions, where a clock is a call; how many make a second is known when a program is loaded.
 */
static __always_inline int is_fresh(const struct flow *flow, __u32 second)
{
	return (__u32)bpf_jiffies64() - flow->validated_jiffies < second;
}

/* current says whether a cached verdict still holds. */
static __always_inline int current(const struct flow *flow, __u32 second)
{
	return stamped(&flow->end[0]) && stamped(&flow->end[1]) && is_fresh(flow, second);
}
