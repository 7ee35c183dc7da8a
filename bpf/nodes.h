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
	__u32 mtu; /* bytes of an IP packet that fits in on the way there */
};

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
