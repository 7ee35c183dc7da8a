//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The programs of one endpoint. The template is compiled once; internal/datapath sets the constants, splices
 * the port classifiers in, and loads it for each endpoint.
 */
#include "attach.h"
#include "flow.h"
#include "policy.h"
#include "exports.h"

volatile const struct table_config ingress_table;
volatile const struct table_config egress_table;

/* from_endpoint: tcx ingress of the host side of the endpoint's veth. */
SEC("tc")
int from_endpoint(struct __sk_buff *skb)
{
	struct packet packet = {};
	enum verdict verdict = receive_from_endpoint(skb, &packet);

	if (verdict == VERDICT_NEXT)
		verdict = decide(skb, &packet);
	if (verdict == VERDICT_JUDGE)
		verdict = call_judge(skb);
	return finish(skb, &packet, verdict);
}

/* settle turns the table's word into the flow's fate, and the first packet's with it. */
static __always_inline enum verdict settle(struct __sk_buff *skb, struct judgement *judgement,
					   enum verdict verdict, __u32 counter, int audit)
{
	struct packet *packet = &judgement->packet;
	enum verdict said = verdict;

	judgement->changed = judgement->table == TABLE_NONE;
	packet->revision = config.revision;
	packet->counter = counter;
	if (verdict != VERDICT_NEXT && audit) {
		packet->flags |= PACKET_AUDIT;
		verdict = VERDICT_NEXT;
	}
	if (judgement->table != TABLE_NONE)
		renew_flow(judgement, counter, verdict);
	else if (verdict == VERDICT_NEXT)
		verdict = begin_flow(judgement, counter);
	if (verdict != VERDICT_NEXT)
		return verdict;
	verdict = packet->to ? FORWARD_ENDPOINT : FORWARD_HOST;
	/* What audit would have denied is told once a flow and policy, whether anybody asked or not. */
	if (judgement->changed && (packet->flags & PACKET_AUDIT))
		emit(skb, packet, EVENT_VERDICT, said);
	else if (judgement->changed && wants_verdict_events())
		emit(skb, packet, EVENT_VERDICT, verdict);
	return verdict;
}

/* deliver judges flows whose provider this endpoint is. Called through the judges array. */
SEC("tc")
int deliver(struct __sk_buff *skb)
{
	struct judgement *judgement = scratch();
	enum verdict verdict;
	__u32 counter, class;

	if (!judgement)
		return TC_ACT_SHOT;
	class = classify_ingress(judgement->key.protocol, service_port(judgement));
	verdict = apply_table(&ingress_table, &ingress_rows,
			      judgement->standing[judgement->client & 1].identity, class, &counter);
	verdict = settle(skb, judgement, verdict, counter, config.audit_ingress);
	return finish(skb, &judgement->packet, verdict);
}

/* leave judges flows that this endpoint opened to somebody outside of the cluster. */
SEC("tc")
int leave(struct __sk_buff *skb)
{
	struct judgement *judgement = scratch();
	enum verdict verdict;
	__u32 counter, class;

	if (!judgement)
		return TC_ACT_SHOT;
	class = classify_egress(judgement->key.protocol, service_port(judgement));
	verdict = apply_table(&egress_table, &egress_rows,
			      judgement->standing[!(judgement->client & 1)].identity, class,
			      &counter);
	judgement->packet.flags |= PACKET_EGRESS;
	verdict = settle(skb, judgement, verdict, counter, config.audit_egress);
	return finish(skb, &judgement->packet, verdict);
}

char _license[] SEC("license") = "Dual BSD/GPL";
