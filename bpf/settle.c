//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The program that carries rulings out: one for the whole node, as nothing of it differs between identities. */
#include "finish.h"
#include "settle.h"

/* settle comes after each judge. Of its configuration it uses the gateway's addresses only. */
SEC("tc")
int settle(struct __sk_buff *skb)
{
	struct judgement *judgement = scratch();

	if (!judgement)
		return TC_ACT_SHOT;
	return finish(skb, &judgement->packet, carry_out(skb, judgement));
}

char _license[] SEC("license") = "Dual BSD/GPL";
