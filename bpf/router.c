//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The program of the router device: what the host's stack sends to endpoints, its own packets and those that it
 * forwards from outside.
 */
#include "attach.h"

/* from_host: tcx ingress of the router device's inner side. */
SEC("tc")
int from_host(struct __sk_buff *skb)
{
	struct packet packet = {};
	enum verdict verdict = receive_from_host(skb, &packet);

	if (verdict == VERDICT_NEXT)
		verdict = decide(skb, &packet);
	if (verdict == VERDICT_JUDGE)
		verdict = call_judge(skb);
	return finish(skb, &packet, verdict);
}

char _license[] SEC("license") = "Dual BSD/GPL";
