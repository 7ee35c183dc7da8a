/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "forward.h"
#include "identity.h"
#include "label.h"
#include "nodes.h"

#define AF_INET6 10 /* of the C library, which has no headers for BPF */

/*
 * find_way asks the host's main table for interface and next hop. Rules are left out: ours say that all nodes' endpoints are
 * behind the router device.
 */
static __always_inline int find_way(struct __sk_buff *skb, const struct node *node,
				    struct bpf_fib_lookup *way)
{
	struct frame frame = frame_of(skb);
	const struct ipv6hdr *ip = frame.start + sizeof(struct ethhdr);

	if ((void *)(ip + 1) > frame.end)
		return -1;
	way->family = AF_INET6;
	way->ifindex = node->uplink;
	__builtin_memcpy(way->ipv6_src, &ip->saddr, sizeof(way->ipv6_src));
	__builtin_memcpy(way->ipv6_dst, &ip->daddr, sizeof(way->ipv6_dst));
	if (bpf_fib_lookup(skb, way, sizeof(*way),
			   BPF_FIB_LOOKUP_DIRECT | BPF_FIB_LOOKUP_SKIP_NEIGH))
		return -ENETUNREACH;
	return 0;
}

/*
 * send_as_is sends a packet of an endpoint, or of the host (0), with its identity as flow label. Negative: it could not be
 * made ready; -ENETUNREACH: there is no route, and nothing has changed.
 */
static __always_inline int send_as_is(struct __sk_buff *skb, __u32 from, __u32 identity,
				      const struct node *node)
{
	struct bpf_fib_lookup way = {};
	struct bpf_redir_neigh next = { .nh_family = AF_INET6 };
	int failed = find_way(skb, node, &way);

	if (failed)
		return failed;
	if ((from && count_hop(frame_of(skb))) || set_label(frame_of(skb), carried_as(identity)))
		return -1;
	__builtin_memcpy(next.ipv6_nh, way.ipv6_dst, sizeof(next.ipv6_nh));
	return bpf_redirect_neigh(way.ifindex, &next, sizeof(next), 0);
}
