//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The program that ends the fast path to other nodes, for all of this node's endpoints and the host. */
#include <linux/pkt_cls.h>

#include "counter.h"
#include "handover.h"
#include "to_node.h"
#include "verdict_counter.h"

/* to_node comes after an attach point's program. What the node is not to be sent to by, the slow path says. */
SEC("tc")
int to_node(struct __sk_buff *skb)
{
	struct handover handover = handed_over(skb);
	const struct node *node = node_numbered(handover.node);
	__u32 bytes = skb->len;

	if (node && !too_big(skb, handover.headers, mtu_towards(node, is_ipv6(skb)))) {
		int action = deliver_to_node(skb, handover.from, handover.identity, node);

		if (action >= 0) {
			count_packet(handover.counter, handover.reply, bytes);
			return action;
		}
	}
	call_slow_path(skb, (struct sender){ .place = handover.from });
	count_verdict(DROP_INTERNAL, bytes);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
