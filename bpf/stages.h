/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum stage {
	STAGE_SETTLE = 0, /* carries a judge's ruling out */
	STAGE_SLOW_PATH, /* takes what an attach point's program does not decide by itself */
};

/* Programs of which a node has one, and to which the others tail call. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} stages SEC(".maps");

/*
 * call_slow_path gives a packet to the slow path, and tells it which endpoint sent it; 0: the outside. It comes
 * back only if there is no such program. Only an entry program may call it, see call_judge().
 */
static __always_inline void call_slow_path(struct __sk_buff *skb, __u32 sender)
{
	skb->cb[0] = sender;
	bpf_tail_call(skb, &stages, STAGE_SLOW_PATH);
}

/* sender_of is who sent a packet that the slow path was given. */
static __always_inline __u16 sender_of(const struct __sk_buff *skb)
{
	return skb->cb[0];
}
