/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "packet.h"
#include "verdict.h"

#define EXTENSIONS_MAX 6 /* RFC 8504 lets a node refuse longer chains */

struct extensions {
	__be32 fragment_id;
	__u16 fragment_offset; /* in units of 8 bytes */
	__u8 fragmented;
	__u8 more_fragments;
};

/* The first four bytes of every extension header. */
struct extension {
	__u8 next;
	__u8 length; /* in units of 8 bytes, without the first 8 */
	union {
		struct {
			__u8 routing_type;
			__u8 segments_left;
		};
		__be16 fragment; /* offset in the upper 13 bits, more fragments in the last */
	};
	__be32 fragment_id;
};

static __always_inline int is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS;
}

/*
 * skip_extensions moves packet to its transport header. A routing header that still wants to go
 * elsewhere would let a packet visit other addresses than the one that is judged; it is refused.
 */
static __noinline int skip_extensions(struct __sk_buff *skb, struct packet *packet,
				      struct extensions *found)
{
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		struct extension header;
		__u16 length = 8;

		if (!is_extension(packet->protocol))
			return VERDICT_NEXT;
		if (packet->transport_offset + sizeof(header) > packet->payload_end ||
		    bpf_skb_load_bytes(skb, packet->transport_offset, &header, sizeof(header)))
			return DROP_TRUNCATED;
		if (packet->protocol == IPPROTO_ROUTING && header.segments_left)
			return DROP_EXTENSION_HEADERS;
		if (packet->protocol == IPPROTO_FRAGMENT) {
			if (found->fragmented)
				return DROP_EXTENSION_HEADERS;
			found->fragmented = 1;
			found->fragment_id = header.fragment_id;
			found->fragment_offset = bpf_ntohs(header.fragment) >> 3;
			found->more_fragments = bpf_ntohs(header.fragment) & 1;
		} else {
			length += header.length * 8;
		}
		packet->protocol = header.next;
		packet->transport_offset += length;
		/* What follows a later fragment's header is payload, whatever it looks like. */
		if (found->fragment_offset)
			return is_extension(packet->protocol) ? DROP_EXTENSION_HEADERS :
								VERDICT_NEXT;
	}
	return is_extension(packet->protocol) ? DROP_EXTENSION_HEADERS : VERDICT_NEXT;
}
