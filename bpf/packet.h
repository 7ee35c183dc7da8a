/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* An IPv6 address, or an IPv4 one mapped into ::ffff:0:0/96: one shape, one comparison, one key. */
union address {
	__u8 bytes[16];
	__be32 words[4];
	__u64 halves[2];
};

/*
 * One key for both directions: the end with the smaller address (then port) comes first, so that a
 * reply finds the entry of its request. ICMP echo has its identifier as the client's port, and 0 as the server's:
 * two that ping each other with one identifier (in containers it is often 1) have two flows.
 */
struct flow_key {
	union address address[2];
	__be16 port[2];
	__u32 protocol; /* IANA number */
};

enum packet_flags {
	PACKET_IPV4 = 1 << 0,
	PACKET_FIRST_FRAGMENT = 1 << 1,
	PACKET_LATER_FRAGMENT = 1 << 2,
	PACKET_ICMP_ERROR = 1 << 3, /* source and destination are those of the flow it is about */
	PACKET_DONT_FRAGMENT = 1 << 4,
	PACKET_REPLY = 1 << 5, /* travels from the flow's provider to its consumer */
};

enum tcp_flags {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
};

/* What parse() found out. Filled by it only; nobody reads the packet's headers again. */
struct packet {
	union address source;
	union address destination;
	__be16 source_port;
	__be16 destination_port;
	__u16 transport_offset; /* bytes from the Ethernet header */
	__u16 transport_length; /* bytes of the transport header */
	__u32 payload_end; /* bytes from the Ethernet header to the end of the IP packet */
	__u8 protocol; /* IANA number */
	__u8 flags; /* enum packet_flags */
	__u8 tcp_flags; /* enum tcp_flags */
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 hop_limit;
	__u16 from; /* endpoint that sent it; 0: outside */
	__u16 to; /* endpoint that gets it; 0: outside. Filled by decide() */
	__u16 from_node; /* other node that sent it */
	__u16 to_node; /* other node that has the destination. Filled by decide() */
	__be16 ethertype;
	__u8 side; /* index of the source in the flow's key */
	__u8 pad[3];
	__u32 carried; /* identity of the source, as from_node says it */
	__u32 source_identity;
	__u32 destination_identity;
	__u32 ruling; /* number, with enum ruling_flags */
	__u32 revision; /* of the policy that judged it */
	__u32 counter; /* slot it counts on */
	__be32 fragment_id; /* of fragments */
};

/*
 * A global function: the verifier walks through it once by itself, for any argument, and not again on each path
 * that calls it. Its pointers may be NULL for all that the verifier knows. With the stages of a packet's way
 * inlined, from_endpoint took 66,254 steps and 60 ms or more to load.
 */
#define VERIFIED_ONCE __attribute__((noinline))

/*
 * Bounds of the linear part. Inline assembly, because clang 19 otherwise shares one load between two places
 * and zero-extends it in the second, after which the verifier (6.18) no longer takes it for a packet pointer:
 * "invalid access to packet".
 */
static __always_inline void *frame_start(const struct __sk_buff *skb)
{
	void *start;

	asm volatile("%0 = *(u32 *)(%1 + %2)"
		     : "=r"(start)
		     : "r"(skb), "i"(offsetof(struct __sk_buff, data)));
	return start;
}

static __always_inline void *frame_end(const struct __sk_buff *skb)
{
	void *end;

	asm volatile("%0 = *(u32 *)(%1 + %2)"
		     : "=r"(end)
		     : "r"(skb), "i"(offsetof(struct __sk_buff, data_end)));
	return end;
}

/* The linear part. */
struct frame {
	void *start;
	void *end;
};

static __always_inline struct frame frame_of(const struct __sk_buff *skb)
{
	return (struct frame){ frame_start(skb), frame_end(skb) };
}

static __always_inline int same_address(const union address *a, const union address *b)
{
	return a->halves[0] == b->halves[0] && a->halves[1] == b->halves[1];
}

static __always_inline int same_mac(const __u8 *mac, const volatile __u8 *wanted)
{
	for (int i = 0; i < ETH_ALEN; i++)
		if (mac[i] != wanted[i])
			return 0;
	return 1;
}

/* ethertype is read in one step: struct ethhdr is packed, and clang would take two. */
static __always_inline __be16 ethertype(const void *frame)
{
	return *(const __be16 *)(frame + offsetof(struct ethhdr, h_proto));
}

/* copy_mac takes two steps for six bytes, where clang would take six. */
static __always_inline void copy_mac(void *to, const void *from)
{
	*(__u32 *)to = *(const __u32 *)from;
	*(__u16 *)(to + 4) = *(const __u16 *)(from + 4);
}

/* swap_macs makes the Ethernet header of the answer to a frame. */
static __always_inline void swap_macs(struct ethhdr *to, const struct ethhdr *from)
{
	__builtin_memcpy(to->h_dest, from->h_source, ETH_ALEN);
	__builtin_memcpy(to->h_source, from->h_dest, ETH_ALEN);
	to->h_proto = from->h_proto;
}

static __always_inline void map_ipv4(union address *mapped, __be32 ipv4)
{
	mapped->halves[0] = 0;
	mapped->words[2] = bpf_htonl(0xffff);
	mapped->words[3] = ipv4;
}

static __always_inline int is_mapped(const union address *address)
{
	return !address->halves[0] && address->words[2] == bpf_htonl(0xffff);
}

/* second_in_key says whether an end comes after another in the key of their flow. */
static __always_inline __u32 second_in_key(const union address *a, __be16 a_port,
					   const union address *b, __be16 b_port)
{
	if (a->halves[0] != b->halves[0])
		return a->halves[0] > b->halves[0];
	if (a->halves[1] != b->halves[1])
		return a->halves[1] > b->halves[1];
	return a_port > b_port;
}

/* flow_key_of builds the canonical key of two ends, and says at which index of it the source is. */
static __always_inline __u32 flow_key_of(struct flow_key *key, __u32 protocol,
					 const union address *source, __be16 source_port,
					 const union address *destination, __be16 destination_port)
{
	__u32 side = second_in_key(source, source_port, destination, destination_port);

	key->protocol = protocol;
	/* One branch: clang would make one of each value, and copies of them for each way to get here. */
	asm volatile("" : "+r"(side));
	if (side) {
		asm volatile("");
		key->address[0] = *destination;
		key->address[1] = *source;
		key->port[0] = destination_port;
		key->port[1] = source_port;
	} else {
		key->address[0] = *source;
		key->address[1] = *destination;
		key->port[0] = source_port;
		key->port[1] = destination_port;
	}
	return side;
}
