//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The program of one endpoint. The template is compiled once; internal/datapath sets the constants and loads it for
 * each endpoint. This object also declares all maps of a node.
 */
#include "attach.h"
#include "exports.h"

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

char _license[] SEC("license") = "Dual BSD/GPL";
