/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "ip.h"
#include "packet.h"
#include "transport.h"

/*
 * A plain packet is TCP or UDP right behind an IP header without options, extension headers or fragments. It has the bytes
 * that its headers say, those of the headers are linear, and it has hops left. Whatever is not like that is for parse(),
 * which knows all packets, and says what is wrong with one.
 */
struct plain {
	struct flow_key key;
	__u32 headers; /* bytes, from the Ethernet header's first to the payload's */
	__u32 side; /* index of the source in the key */
	__u8 closes; /* TCP_FIN and TCP_RST */
};

static __always_inline int read_plain_tcp(struct plain *plain, const struct tcphdr *tcp,
					  __u32 offset, __u32 packet_end)
{
	__u8 flags = ((const __u8 *)tcp)[13];

	plain->closes = flags & (TCP_FIN | TCP_RST);
	plain->headers = offset + tcp->doff * 4;
	/* What opens a flow, or answers that, has no established one. */
	return !(flags & TCP_SYN) && !impossible_tcp_flags(flags) && tcp->doff >= 5 &&
	       plain->headers <= packet_end;
}

static __always_inline int read_plain_udp(struct plain *plain, const struct udphdr *udp,
					  __u32 offset, __u32 packet_end)
{
	__u16 length = bpf_ntohs(udp->len);

	plain->closes = 0;
	plain->headers = offset + sizeof(*udp);
	return length >= sizeof(*udp) && offset + length <= packet_end;
}

/* read_plain_transport reads what is behind an IP header, and makes the key of it all. */
static __always_inline int read_plain_transport(struct plain *plain, struct frame frame,
						__u32 offset, __u32 packet_end, __u8 protocol,
						const union address *source,
						const union address *destination)
{
	const union transport *header = frame.start + offset;

	if (protocol == IPPROTO_TCP) {
		if ((void *)(&header->tcp + 1) > frame.end ||
		    !read_plain_tcp(plain, &header->tcp, offset, packet_end))
			return 0;
	} else if (protocol == IPPROTO_UDP) {
		if ((void *)(&header->udp + 1) > frame.end ||
		    !read_plain_udp(plain, &header->udp, offset, packet_end))
			return 0;
	} else {
		return 0;
	}
	plain->side = flow_key_of(&plain->key, protocol, source, header->udp.source, destination,
				  header->udp.dest);
	return 1;
}

static __always_inline int read_plain_ipv4(struct plain *plain, struct frame frame, __u32 length)
{
	const struct iphdr *ip = frame.start + sizeof(struct ethhdr);
	union address source, destination;
	__u32 packet_end;

	if ((void *)(ip + 1) > frame.end || *(const __u8 *)ip != IPV4_WITHOUT_OPTIONS ||
	    (ip->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET | IPV4_MORE_FRAGMENTS)) || ip->ttl <= 1)
		return 0;
	packet_end = sizeof(struct ethhdr) + bpf_ntohs(ip->tot_len);
	map_ipv4(&source, ip->saddr);
	map_ipv4(&destination, ip->daddr);
	return packet_end <= length &&
	       read_plain_transport(plain, frame, sizeof(struct ethhdr) + sizeof(*ip), packet_end,
				    ip->protocol, &source, &destination);
}

static __always_inline int read_plain_ipv6(struct plain *plain, struct frame frame, __u32 length)
{
	const struct ipv6hdr *ip = frame.start + sizeof(struct ethhdr);
	const __u32 offset = sizeof(struct ethhdr) + sizeof(*ip);
	__u32 packet_end;

	if ((void *)(ip + 1) > frame.end || ip->version != 6 || ip->hop_limit <= 1)
		return 0;
	packet_end = offset + bpf_ntohs(ip->payload_len);
	/* An address that begins with zeros is nobody's, or stands for IPv4 in keys. */
	return packet_end <= length && ((const union address *)&ip->saddr)->halves[0] &&
	       read_plain_transport(plain, frame, offset, packet_end, ip->nexthdr,
				    (const union address *)&ip->saddr,
				    (const union address *)&ip->daddr);
}

/* read_plain says whether a packet is a plain one, and fills plain in if it is. */
static __always_inline int read_plain(const struct __sk_buff *skb, struct frame frame,
				      struct plain *plain)
{
	if (frame.start + sizeof(struct ethhdr) > frame.end || skb->vlan_present)
		return 0;
	if (ethertype(frame.start) == bpf_htons(ETH_P_IP))
		return read_plain_ipv4(plain, frame, skb->len);
	if (ethertype(frame.start) == bpf_htons(ETH_P_IPV6))
		return read_plain_ipv6(plain, frame, skb->len);
	return 0;
}
