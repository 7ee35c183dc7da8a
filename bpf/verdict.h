/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What became of a packet. One enum for every outcome and every drop reason: it indexes the per-CPU
 * counters, travels in events, and bpf2go and stringer carry its names into Go. A new reason is added
 * before VERDICT_COUNT; the order is part of the pinned maps' layout, so nothing is ever inserted.
 */
enum verdict {
	VERDICT_NEXT = 0, /* not decided yet; never leaves a program */
	VERDICT_JUDGE, /* an endpoint's judge has to decide; never leaves a program */

	/* Passed. */
	FORWARD_ENDPOINT, /* into a local endpoint */
	FORWARD_HOST, /* into the host's stack */
	ANSWERED, /* by the program itself: ARP, neighbour discovery, echo to the gateway */
	IGNORED, /* the link's own housekeeping (DAD, MLD, router solicitation), nobody needs it */

	/* Dropped: malformed. */
	DROP_TRUNCATED, /* shorter than its headers say */
	DROP_BAD_HEADER, /* a length, version or offset that can not be */
	DROP_EXTENSION_HEADERS, /* IPv6 chain too long, nested fragments, routing header */
	DROP_UNKNOWN_ETHERTYPE, /* neither IPv4, IPv6 nor ARP, or VLAN tagged */
	DROP_UNKNOWN_PROTOCOL, /* neither TCP, UDP, SCTP, ICMP nor ICMPv6 */
	DROP_ICMP_TYPE, /* neither echo nor an error about a flow */
	DROP_TCP_FLAGS, /* a combination that opens or answers nothing */

	/* Dropped: sender. */
	DROP_SOURCE_MAC, /* not the endpoint's own */
	DROP_SOURCE_ADDRESS, /* not the endpoint's own, or a local one from outside */
	DROP_NEIGHBOUR_SPOOFED, /* ARP or neighbour discovery that speaks for others */
	DROP_DESTINATION_MAC, /* not the gateway's */

	/* Dropped: destination. */
	DROP_MULTICAST, /* multicast and broadcast are not carried */
	DROP_DESTINATION_UNKNOWN, /* an address of the cluster that nobody has, or one that is never routed */
	DROP_ENDPOINT_NOT_READY, /* has no program yet, or no longer */

	/* Dropped: decided. */
	DROP_POLICY_DENIED,
	DROP_IDENTITY_UNKNOWN, /* this node has not heard of the peer's identity yet */
	DROP_NO_CONNECTION, /* TCP in mid-stream that belongs to no flow */
	DROP_ICMP_UNRELATED, /* error about a flow that is not there, or echo reply nobody asked for */
	DROP_FRAGMENT_UNKNOWN, /* its first fragment was not seen */
	DROP_HOP_LIMIT, /* used up; time exceeded was sent */
	DROP_TOO_BIG, /* for the destination's link; packet too big was sent */

	/* Trouble. */
	DROP_INTERNAL, /* a helper refused: memory, or a program error */
	NOTICE_CONNTRACK_FULL, /* the flow stays in overflow; the packet passed */

	/* Between nodes. */
	FORWARD_NODE, /* passed: to an endpoint of another node */
	DROP_NODE_UNKNOWN, /* sent by an address that no node has, or to a node that is gone */
	DROP_NO_ROUTE, /* to a node that the host has no route to */

	VERDICT_COUNT,
};

#define VERDICT_FIRST_DROP DROP_TRUNCATED /* and all after it, but notices and FORWARD_NODE */
