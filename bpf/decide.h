/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "config.h"
#include "conntrack.h"
#include "event.h"
#include "judgement.h"
#include "nodes.h"
#include "outside.h"
#include "packet.h"
#include "way.h"

/*
 * reaches_somebody: endpoints send to each other and to the outside, and the host sends to endpoints. Nothing is taken
 * from the world, or from another node, only to leave again. Hosts of nodes reach each other by their gateway addresses.
 */
static __always_inline int reaches_somebody(const struct packet *packet)
{
	if (packet->to)
		return 1;
	if (packet->to_node)
		return packet->from || packet->source_identity == IDENTITY_HOST;
	if (packet->from_node)
		return is_gateway(&packet->destination);
	return packet->from && packet->destination_identity != IDENTITY_UNKNOWN;
}

/*
 * open_flow finds out who the two ends are, and prepares the first packet's judgement. over: the tables
 * still hold a flow under its key, whose time is over.
 */
static __always_inline enum verdict open_flow(struct __sk_buff *skb, struct packet *packet,
					      const struct flow_key *key, int over)
{
	struct judgement *judgement = scratch();
	__u8 side = packet->side & 1;
	struct standing source, destination;
	enum verdict verdict;
	__u16 source_node;

	/* An endpoint sends from its own addresses only, a node from its prefixes, the outside from none of these. */
	source = standing_at(packet->from, &packet->source, &source_node);
	if (!owns(packet->from, &packet->source) || source_node != packet->from_node)
		return DROP_SOURCE_ADDRESS;
	if (packet->from_node)
		source.identity = packet->carried;
	packet->flags &= ~PACKET_REPLY;
	packet->ruling = packet->revision = 0;
	packet->to = endpoint_of_address(&packet->destination);
	destination = standing_at(packet->to, &packet->destination, &packet->to_node);
	packet->source_identity = source.identity;
	packet->destination_identity = destination.identity;
	if (!reaches_somebody(packet))
		return DROP_DESTINATION_UNKNOWN;
	verdict = opens_flow(packet);
	if (verdict != VERDICT_NEXT)
		return verdict;
	if (!judgement)
		return DROP_INTERNAL;

	if (over) {
		bpf_map_delete_elem(&flows, key);
		bpf_map_delete_elem(&overflow, key);
	}
	judgement->packet = *packet;
	judgement->key = *key;
	judgement->client = side;
	judgement->table = TABLE_NONE;
	judgement->endpoint[side] = packet->from;
	judgement->endpoint[!side] = packet->to;
	judgement->node[side] = packet->from_node;
	judgement->node[!side] = packet->to_node;
	judgement->standing[side] = source;
	judgement->standing[!side] = destination;
	return VERDICT_JUDGE;
}

/* promote moves an established flow to the table of all, and says where it is now: if that is full, it stays. */
static __noinline int promote(struct __sk_buff *skb, const struct packet *packet,
			      const struct flow_key *key, const struct flow *flow)
{
	if (bpf_map_update_elem(&flows, key, flow, BPF_ANY)) {
		count_verdict(NOTICE_CONNTRACK_FULL, skb->len);
		emit(skb, packet, EVENT_NOTICE, NOTICE_CONNTRACK_FULL);
		return TABLE_OVERFLOW;
	}
	bpf_map_delete_elem(&overflow, key);
	return TABLE_FLOWS;
}

/* track_packet says where the flow is then. An error about a flow changes nothing of it. */
static __always_inline int track_packet(struct __sk_buff *skb, const struct packet *packet,
					const struct flow_key *key, struct flow *flow,
					enum flow_table table, __u8 tcp_flags)
{
	int waits = flow->state < FLOW_ESTABLISHED;

	if (packet->flags & PACKET_ICMP_ERROR)
		return table;
	track(flow, packet->protocol, packet->side, tcp_flags);
	if (table == TABLE_OVERFLOW && waits && flow->state == FLOW_ESTABLISHED)
		return promote(skb, packet, key, flow);
	return table;
}

/*
 * judge_again prepares a known flow's judgement by what holds now. The opener stays the opener. VERDICT_NEXT: its
 * addresses have moved to other endpoints or nodes, so the flow is gone, and what they send is new. Who somebody at
 * another node is, the packet says; one that goes there says nothing new.
 */
static __always_inline enum verdict judge_again(struct __sk_buff *skb, const struct packet *packet,
						const struct flow_key *key, struct flow *flow,
						enum flow_table table)
{
	struct judgement *judgement = scratch();

	if (!judgement)
		return DROP_INTERNAL;
	for (int i = 0; i < 2; i++) {
		__u32 id = endpoint_of_address(&key->address[i]);
		struct standing standing;
		__u16 node;

		standing = standing_at(id, &key->address[i], &node);
		if (place_of(id, node) != end_place(&flow->end[i]))
			return VERDICT_NEXT;
		if (node)
			standing.identity = packet->from_node ? packet->carried : flow->identity[i];
		judgement->endpoint[i] = id;
		judgement->node[i] = node;
		judgement->standing[i] = standing;
	}
	judgement->packet = *packet;
	judgement->key = *key;
	judgement->client = flow->client;
	judgement->table = track_packet(skb, packet, key, flow, table, packet->tcp_flags & TCP_SYN);
	judgement->packet.source_identity = judgement->standing[packet->side & 1].identity;
	judgement->packet.destination_identity = judgement->standing[!(packet->side & 1)].identity;
	return VERDICT_JUDGE;
}

/*
 * follow lets a packet of a known flow pass as its cached verdict says. VERDICT_NEXT: that holds no longer, or
 * no longer for sure.
 */
static __always_inline enum verdict follow(struct __sk_buff *skb, struct packet *packet,
					   const struct flow_key *key, struct flow *flow,
					   enum flow_table table)
{
	__u8 side = packet->side & 1;

	packet->to = flow->end[!side].endpoint;
	packet->to_node = flow->end[!side].node;
	packet->source_identity = flow->identity[side];
	packet->destination_identity = flow->identity[!side];
	packet->ruling = flow->ruling;
	packet->revision = flow->revision;
	packet->counter = flow->counter;
	if (side != flow->client) {
		if (opens_tcp(packet))
			return DROP_TCP_FLAGS;
		if (asks_echo(packet)) /* identifier 0: both sides' ports are 0 then */
			return DROP_ICMP_UNRELATED;
		packet->flags |= PACKET_REPLY;
	}
	if (!current(flow, config.second) ||
	    !same_sender(flow, side, packet->from_node, packet->carried))
		return VERDICT_NEXT;
	if (flow->denied) /* who is not known may be so at any moment: that verdict is not kept */
		return flow->denied == DROP_IDENTITY_UNKNOWN ? VERDICT_NEXT : flow->denied;
	track_packet(skb, packet, key, flow, table, packet->tcp_flags);
	return way_of(packet);
}

/* A closed or idle flow gives its 5-tuple to whoever opens it anew. */
static __always_inline int reusable(const struct flow *flow, const struct packet *packet, __u64 now)
{
	return expired(flow, now) || (flow->state == FLOW_CLOSING && opens_tcp(packet));
}

/*
 * is_on_the_way: an error about a packet that went to another node as it was may be any router's in between. What it quotes
 * says which flow it is about.
 */
static __always_inline int is_on_the_way(const struct packet *packet, const struct flow *flow)
{
	__u32 number = flow->end[packet->side & 1].node;
	const struct node *node;

	if (!(packet->flags & PACKET_ICMP_ERROR) || packet->from || packet->from_node)
		return 0;
	node = node_numbered(number);
	return node && takes_as_is(node, !(packet->flags & PACKET_IPV4));
}

/* may_speak: who is at the packet's side of a flow, or on the way from there. */
static __always_inline int may_speak(const struct packet *packet, const struct flow *flow)
{
	return may_send(flow, packet->side, place_of(packet->from, packet->from_node)) ||
	       is_on_the_way(packet, flow);
}

/*
 * decide finds the packet's flow and what was decided about it, and writes nothing but the flow's state.
 * VERDICT_JUDGE: no cached verdict holds; the scratch has what the judge needs.
 */
VERIFIED_ONCE int decide(struct __sk_buff *skb, struct packet *packet)
{
	enum flow_table table = TABLE_FLOWS;
	__u64 now = bpf_ktime_get_coarse_ns();
	struct flow_key key;
	enum verdict verdict;
	struct flow *flow;

	if (!packet)
		return DROP_INTERNAL;
	packet->side = flow_key_of(&key, packet->protocol, &packet->source, packet->source_port,
				   &packet->destination, packet->destination_port);
	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow) {
		flow = find_overflow(&key);
		table = TABLE_OVERFLOW;
	}
	if (flow && may_speak(packet, flow) && !reusable(flow, packet, now)) {
		verdict = follow(skb, packet, &key, flow, table);
		if (verdict == VERDICT_NEXT)
			verdict = judge_again(skb, packet, &key, flow, table);
		if (verdict != VERDICT_NEXT)
			return verdict;
	}
	return open_flow(skb, packet, &key, flow != NULL);
}
