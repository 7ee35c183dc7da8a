/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "budget.h"
#include "endpoints.h"
#include "packet.h"
#include "ruling.h"
#include "verdict_counter.h"

enum event_type {
	EVENT_DROP = 1,
	EVENT_VERDICT, /* first packet of a flow, or a flow whose verdict changed */
	EVENT_TRACE, /* a packet of an endpoint that is traced */
	EVENT_NOTICE, /* trouble of the datapath itself */
};

enum event_flags {
	EVENT_IPV4 = 1 << 0,
	EVENT_AUDIT = 1 << 1, /* the rules under audit rule the other way */
	EVENT_REPLY = 1 << 2, /* of the flow's provider to its consumer */
	EVENT_FRAGMENT = 1 << 3,
	EVENT_ICMP_ERROR = 1 << 4,
	EVENT_EGRESS = 1 << 5, /* judged by the source's table for what leaves the cluster */
};

struct event {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	union address source;
	union address destination;
	__be16 source_port;
	__be16 destination_port;
	__u32 source_identity;
	__u32 destination_identity;
	__u32 revision; /* policy that judged it; 0: none did */
	__u32 ruling; /* number, without flags; 0: of no rule */
	__u32 length; /* bytes from the Ethernet header */
	__u32 interface; /* where it came in */
	__u32 suppressed; /* events of its budget that were not sent since the last one that was */
	__u16 source_endpoint;
	__u16 destination_endpoint;
	__u8 type; /* enum event_type */
	__u8 verdict; /* enum verdict */
	__u8 protocol;
	__u8 flags; /* enum event_flags */
	__u8 tcp_flags;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 hop_limit;
	__u16 source_node; /* number of another node that the end is at; 0: none */
	__u16 destination_node;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} events SEC(".maps");

/* What the agent asks of all programs while they run. */
struct runtime_settings {
	__u8 verdict_events; /* somebody reads the first packets of flows */
	__u8 pad[7];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct runtime_settings);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} settings SEC(".maps");

/* Events that found no room in the ring buffer. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} lost_events SEC(".maps");

/* may_report rations what a sender can cause at will. Traces were asked for, every one. */
static __always_inline int may_report(__u32 sender, enum event_type type, __u32 *suppressed)
{
	if (type == EVENT_TRACE)
		return 1;
	return take_budget(sender, type == EVENT_DROP ? BUDGET_DROP_EVENTS : BUDGET_FLOW_EVENTS,
			   suppressed);
}

/* is_leaving: the packet's flow was judged, and its provider is no local endpoint. */
static __always_inline int is_leaving(const struct packet *packet)
{
	return packet->revision && !(packet->flags & PACKET_REPLY ? packet->from : packet->to);
}

static __always_inline __u8 event_flags_of(const struct packet *packet)
{
	__u8 flags = 0;

	if (packet->flags & PACKET_IPV4)
		flags |= EVENT_IPV4;
	if (packet->ruling & RULING_AUDIT)
		flags |= EVENT_AUDIT;
	if (packet->flags & PACKET_REPLY)
		flags |= EVENT_REPLY;
	if (packet->flags & (PACKET_FIRST_FRAGMENT | PACKET_LATER_FRAGMENT))
		flags |= EVENT_FRAGMENT;
	if (packet->flags & PACKET_ICMP_ERROR)
		flags |= EVENT_ICMP_ERROR;
	if (is_leaving(packet))
		flags |= EVENT_EGRESS;
	return flags;
}

VERIFIED_ONCE int emit(struct __sk_buff *skb, const struct packet *packet, enum event_type type,
		       enum verdict verdict)
{
	__u32 suppressed = 0, zero = 0;
	struct event *event;

	if (!packet)
		return 0;
	if (!may_report(packet->from, type, &suppressed))
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__u64 *lost = bpf_map_lookup_elem(&lost_events, &zero);

		if (lost)
			*lost += 1;
		return 0;
	}
	event->time_ns = bpf_ktime_get_ns();
	event->source = packet->source;
	event->destination = packet->destination;
	event->source_port = packet->source_port;
	event->destination_port = packet->destination_port;
	/* Dropped before anybody asked who sent it. */
	event->source_identity = packet->source_identity || !packet->from ?
					 packet->source_identity :
					 standing_of(packet->from).identity;
	event->destination_identity = packet->destination_identity;
	event->revision = packet->revision;
	event->ruling = packet->ruling & ~RULING_AUDIT;
	event->length = skb->len;
	event->interface = skb->ingress_ifindex;
	event->suppressed = suppressed;
	event->source_endpoint = packet->from;
	event->destination_endpoint = packet->to;
	event->type = type;
	event->verdict = verdict;
	event->protocol = packet->protocol;
	event->flags = event_flags_of(packet);
	event->tcp_flags = packet->tcp_flags;
	event->icmp_type = packet->icmp_type;
	event->icmp_code = packet->icmp_code;
	event->hop_limit = packet->hop_limit;
	event->source_node = packet->from_node;
	event->destination_node = packet->to_node;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

static __always_inline int wants_verdict_events(void)
{
	__u32 zero = 0;
	struct runtime_settings *now = bpf_map_lookup_elem(&settings, &zero);

	return now && now->verdict_events;
}
