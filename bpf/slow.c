//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The program of all packets that are not plain ones of a known flow: one for the whole node, as nothing of it
 * differs between endpoints. What an endpoint has of its own is in maps.
 */
#include "decide.h"
#include "finish.h"
#include "judges.h"
#include "receive.h"

/* slow_path comes after each attach point's program, which says who sent the packet. */
SEC("tc")
int slow_path(struct __sk_buff *skb)
{
	struct packet packet = given_packet(skb);
	enum verdict verdict = receive(skb, &packet);

	if (verdict == VERDICT_NEXT)
		verdict = decide(skb, &packet);
	if (verdict == VERDICT_JUDGE)
		verdict = call_judge(skb);
	return finish(skb, &packet, verdict);
}

char _license[] SEC("license") = "Dual BSD/GPL";
