/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "packet.h"

#define NODES_MAX 65535 /* what a /48 has room for */

/* How another node is reached. */
struct node {
	union address address; /* in the network between the nodes, IPv4 mapped */
	union address own; /* this node's there: the only one that the other takes packets from */
	__u32 ifindex; /* of the overlay's device */
	__u32 mtu; /* bytes of an IP packet that fits into the overlay on the way there */
	__u32 uplink; /* interface that IPv6 leaves by, as it is; 0: the node takes the overlay only */
	__u32 native_mtu; /* bytes of an IPv6 packet that fits on the way there as it is */
};

/* takes_as_is says whether a node is to get packets of a family without anything around them. */
static __always_inline int takes_as_is(const struct node *node, int ipv6)
{
	return ipv6 && node->uplink;
}

/* mtu_towards is what an IP packet to a node may have, in bytes. */
static __always_inline __u32 mtu_towards(const struct node *node, int ipv6)
{
	return takes_as_is(node, ipv6) ? node->native_mtu : node->mtu;
}

/*
 * The other nodes, by number. A hash table, although an array would be faster: an entry is replaced as a whole, so no
 * packet goes to half of an old address and half of a new one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, NODES_MAX);
	__type(key, __u32);
	__type(value, struct node);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} nodes SEC(".maps");

static __always_inline const struct node *node_numbered(__u32 number)
{
	return bpf_map_lookup_elem(&nodes, &number);
}

/* The numbers of the other nodes, by each of their addresses in the network between the nodes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4 * NODES_MAX);
	__type(key, union address);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} node_addresses SEC(".maps");

/* node_behind is the number of the node that has an address; 0: none. */
static __always_inline __u16 node_behind(const union address *address)
{
	__u32 *number = bpf_map_lookup_elem(&node_addresses, address);

	return number ? *number : 0;
}
