/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "packet.h"
#include "protocol.h"
#include "verdict.h"

#define TRANSPORT_OFFSET_MAX 0x7ff /* what six extension headers of any use can reach */

/* The start of each transport header that is known. */
union transport {
	struct tcphdr tcp;
	struct udphdr udp;
	struct icmphdr icmp;
	struct {
		__be16 source;
		__be16 destination;
		__be32 tag;
		__be32 checksum;
	} sctp;
};

/* A SYN that also closes, or no flag at all, opens nothing and answers nothing. */
static __always_inline int impossible_tcp_flags(__u8 flags)
{
	__u8 control = flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK);

	return control == 0 || ((control & TCP_SYN) && (control & (TCP_FIN | TCP_RST))) ||
	       control == TCP_FIN;
}

static __always_inline enum verdict parse_tcp(struct packet *packet, const struct tcphdr *tcp)
{
	packet->source_port = tcp->source;
	packet->destination_port = tcp->dest;
	packet->tcp_flags = ((const __u8 *)tcp)[13] & 0x3f;
	packet->transport_length = tcp->doff * 4;
	if (tcp->doff < 5)
		return DROP_BAD_HEADER;
	if (packet->transport_offset + packet->transport_length > packet->payload_end)
		return DROP_TRUNCATED;
	return impossible_tcp_flags(packet->tcp_flags) ? DROP_TCP_FLAGS : VERDICT_NEXT;
}

static __always_inline enum verdict parse_udp(struct packet *packet, const struct udphdr *udp)
{
	__u16 length = bpf_ntohs(udp->len);

	packet->source_port = udp->source;
	packet->destination_port = udp->dest;
	packet->transport_length = sizeof(*udp);
	if (length < sizeof(*udp))
		return DROP_BAD_HEADER;
	if (!(packet->flags & PACKET_FIRST_FRAGMENT) &&
	    packet->transport_offset + length > packet->payload_end)
		return DROP_TRUNCATED;
	return VERDICT_NEXT;
}

static __always_inline int is_echo_request(__u8 protocol, __u8 type)
{
	return type == (protocol == IPPROTO_ICMP ? ICMP_ECHO : ICMPV6_ECHO_REQUEST);
}

static __always_inline int is_echo_reply(__u8 protocol, __u8 type)
{
	return type == (protocol == IPPROTO_ICMP ? ICMP_ECHOREPLY : ICMPV6_ECHO_REPLY);
}

/* Echo's identifier is the client's port. */
static __always_inline enum verdict parse_icmp(struct packet *packet, const struct icmphdr *icmp)
{
	packet->icmp_type = icmp->type;
	packet->icmp_code = icmp->code;
	packet->transport_length = sizeof(*icmp);
	if (is_echo_request(packet->protocol, icmp->type))
		packet->source_port = icmp->un.echo.id;
	if (is_echo_reply(packet->protocol, icmp->type))
		packet->destination_port = icmp->un.echo.id;
	return VERDICT_NEXT;
}

static __always_inline enum verdict parse_sctp(struct packet *packet, const union transport *header)
{
	packet->source_port = header->sctp.source;
	packet->destination_port = header->sctp.destination;
	packet->transport_length = sizeof(header->sctp);
	return VERDICT_NEXT;
}

static __always_inline __u32 transport_header_bytes(const struct packet *packet)
{
	switch (packet->protocol) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return sizeof(struct udphdr);
	case IPPROTO_SCTP:
		return 12;
	case IPPROTO_ICMP:
		return packet->flags & PACKET_IPV4 ? sizeof(struct icmphdr) : 0;
	case IPPROTO_ICMPV6:
		return packet->flags & PACKET_IPV4 ? 0 : sizeof(struct icmphdr);
	}
	return 0;
}

static __always_inline enum verdict parse_known(struct packet *packet,
						const union transport *header)
{
	switch (packet->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(packet, &header->tcp);
	case IPPROTO_UDP:
		return parse_udp(packet, &header->udp);
	case IPPROTO_SCTP:
		return parse_sctp(packet, header);
	default:
		return parse_icmp(packet, &header->icmp);
	}
}

/* parse_transport reads the transport header at packet's offset: in place where it is linear. */
static __always_inline enum verdict parse_transport(struct __sk_buff *skb, struct packet *packet)
{
	__u32 bytes = transport_header_bytes(packet), offset = packet->transport_offset;
	void *data = frame_start(skb), *end = frame_end(skb);
	union transport copy = {};

	if (!bytes)
		return DROP_UNKNOWN_PROTOCOL;
	if (offset > TRANSPORT_OFFSET_MAX)
		return DROP_EXTENSION_HEADERS;
	if (offset + bytes > packet->payload_end)
		return DROP_TRUNCATED;
	if (data + offset + sizeof(copy) <= end)
		return parse_known(packet, data + offset);
	if (bpf_skb_load_bytes(skb, offset, &copy, 8) ||
	    (bytes > 8 &&
	     bpf_skb_load_bytes(skb, offset + 8, (void *)&copy + 8, bytes - 8 == 4 ? 4 : 12)))
		return DROP_TRUNCATED;
	return parse_known(packet, &copy);
}
