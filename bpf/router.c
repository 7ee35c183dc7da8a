//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The program of the router device: what the host's stack sends to endpoints, its own packets and those that it
 * forwards from outside.
 */
#include "fast.h"
#include "stages.h"
#include "verdict_counter.h"

/* from_host: tcx ingress of the router device's inner side. */
SEC("tc")
int from_host(struct __sk_buff *skb)
{
	struct sender outside = {};
	int action = fast_path(skb, frame_of(skb), outside);

	if (action != TC_ACT_UNSPEC)
		return action;
	call_slow_path(skb, outside);
	count_verdict(DROP_INTERNAL, skb->len);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
