//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The program of one endpoint. The template is compiled once; its constants are put in, and it is loaded, for each
 * endpoint: it is kept as small as can be. This object also declares all maps of a node.
 */
#include "exports.h"
#include "fast.h"
#include "stages.h"
#include "tailored.h"
#include "verdict_counter.h"

/* is_routed says whether a frame went from the endpoint's own MAC address to the gateway's. */
static __always_inline int is_routed(struct frame frame)
{
	if (frame.start + sizeof(struct ethhdr) > frame.end)
		return 0;
	return *(__u64 *)frame.start == TAILORED(CONSTANT_LINK_START) &&
	       *(__u32 *)(frame.start + 8) == TAILORED(CONSTANT_LINK_END);
}

/* from_endpoint: tcx ingress of the host side of the endpoint's veth. */
SEC("tc")
int from_endpoint(struct __sk_buff *skb)
{
	struct sender self = { .place = TAILORED(CONSTANT_ENDPOINT) };
	struct frame frame = frame_of(skb);
	int action = is_routed(frame) ? fast_path(skb, frame, self) : TC_ACT_UNSPEC;

	if (action != TC_ACT_UNSPEC)
		return action;
	call_slow_path(skb, self);
	count_verdict(DROP_INTERNAL, skb->len);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
