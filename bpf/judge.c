//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The program of one identity's tables. The template is compiled once; internal/datapath splices what differs into
 * the stubs, puts the identity's rows in place, and loads it when the policy changes. Each instruction of it costs
 * the verifier time then, for each table: what is the same for all tables is done before it, and after it.
 */
#include <linux/pkt_cls.h>

#include "table.h"
#include "verdict_counter.h"

/* judge asks the tables about flows whose provider has the identity, or that leave the cluster from it. */
SEC("tc")
int judge(struct __sk_buff *skb)
{
	struct judgement *judgement = scratch();

	if (judgement && consult(judgement))
		bpf_tail_call(skb, &stages, STAGE_SETTLE);
	count_verdict(DROP_INTERNAL, skb->len);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
