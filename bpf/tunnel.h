/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "identity.h"
#include "nodes.h"
#include "packet.h"

#define OUTER_HOP_LIMIT 64

/*
 * encapsulate says to which node the overlay's device shall send a packet, and as whose. Not 0: it failed.
 * IPv4 goes without UDP checksum, as RFC 7348 has it; IPv6 with (RFC 8200 8.1).
 */
static __always_inline int encapsulate(struct __sk_buff *skb, const struct node *node,
				       __u32 identity)
{
	struct bpf_tunnel_key key = {
		.tunnel_id = carried_as(identity),
		.tunnel_ttl = OUTER_HOP_LIMIT,
	};
	__u64 flags = BPF_F_TUNINFO_IPV6;

	if (is_mapped(&node->address)) {
		key.remote_ipv4 = bpf_ntohl(node->address.words[3]);
		key.local_ipv4 = bpf_ntohl(node->own.words[3]);
		flags = BPF_F_ZERO_CSUM_TX;
	} else {
		__builtin_memcpy(key.remote_ipv6, &node->address, sizeof(key.remote_ipv6));
		__builtin_memcpy(key.local_ipv6, &node->own, sizeof(key.local_ipv6));
	}
	return bpf_skb_set_tunnel_key(skb, &key, sizeof(key), flags);
}

/* What a packet of the overlay was wrapped in. */
struct wrapping {
	union address from; /* IPv4 mapped */
	union address to;
	__u32 vni;
};

/* unwrap fills wrapping. Not 0: the packet did not come by the overlay. */
static __always_inline int unwrap(struct __sk_buff *skb, struct wrapping *wrapping)
{
	struct bpf_tunnel_key key = {};

	if (!bpf_skb_get_tunnel_key(skb, &key, sizeof(key), BPF_F_TUNINFO_IPV6)) {
		__builtin_memcpy(&wrapping->from, key.remote_ipv6, sizeof(wrapping->from));
		__builtin_memcpy(&wrapping->to, key.local_ipv6, sizeof(wrapping->to));
	} else if (!bpf_skb_get_tunnel_key(skb, &key, sizeof(key), 0)) {
		map_ipv4(&wrapping->from, bpf_htonl(key.remote_ipv4));
		map_ipv4(&wrapping->to, bpf_htonl(key.local_ipv4));
	} else {
		return -1;
	}
	wrapping->vni = key.tunnel_id;
	return 0;
}
