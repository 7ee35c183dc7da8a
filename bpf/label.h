/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"

#define FLOW_LABEL 0xfffff /* in the first word of an IPv6 header, after version and class */

/* first_word is where an IPv6 header has its flow label. */
static __always_inline __be32 *first_word(struct frame frame)
{
	return frame.start + sizeof(struct ethhdr);
}

/* set_label replaces the flow label: no checksum has it. Not 0: there is no linear header. */
static __always_inline int set_label(struct frame frame, __u32 label)
{
	__be32 *word = first_word(frame);

	if ((void *)(word + 1) > frame.end)
		return -1;
	*word = (*word & bpf_htonl(~FLOW_LABEL)) | bpf_htonl(label);
	return 0;
}

/* take_label returns the flow label, and leaves 0 there. The sum that a network card has made is made right. */
static __always_inline __u32 take_label(struct __sk_buff *skb, struct frame frame)
{
	__be32 *word = first_word(frame), label;

	if ((void *)(word + 1) > frame.end)
		return 0;
	label = *word & bpf_htonl(FLOW_LABEL);
	*word &= bpf_htonl(~FLOW_LABEL);
	bpf_csum_update(skb, ~label); /* one's complement: less the label */
	return bpf_ntohl(label);
}
