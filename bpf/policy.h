/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "config.h"
#include "event.h"
#include "judge.h"

/*
 * A row: what one peer is allowed. The bit set has config's row_words words; the map's value size is set to
 * that when the endpoint's programs are loaded.
 */
struct policy_row {
	__u32 counter; /* pair counter */
	__u32 pad;
	__u64 allowed[1];
};

/* The identity's rows; one map for all endpoints of the node that have this identity. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct policy_row));
} ingress_rows SEC(".maps"), egress_rows SEC(".maps");

/*
 * Stubs. When an endpoint is tailored, their instructions are replaced by a compare tree over the ports that its
 * policy mentions. They return the port class of a protocol (IANA number) and a port in host order; 0 is the
 * class of all that no rule mentions. __weak keeps clang from drawing conclusions from this body.
 */
__weak __noinline __u32 classify_ingress(__u32 protocol, __u32 port)
{
	asm volatile("" : "+r"(protocol), "+r"(port));
	return 0;
}

__weak __noinline __u32 classify_egress(__u32 protocol, __u32 port)
{
	asm volatile("" : "+r"(protocol), "+r"(port));
	return 0;
}

static __always_inline int allowed_by(const volatile __u64 *words, __u32 row_words, __u32 class)
{
	__u32 word = class >> 6;

	/* The constant bound is what lets the verifier accept a row wider than the C struct. */
	if (word >= row_words || word >= DEFAULT_ROW_WORDS)
		return 0;
	return (words[word] >> (class & 63)) & 1;
}

/* Nobody has identity 0: an endpoint that is gone, or an address of the cluster that comes from outside. */
static __always_inline int is_known(__u32 identity)
{
	if (identity >= IDENTITY_FIRST_LABEL_SET && identity < IDENTITY_FIRST_CIDR)
		return bpf_map_lookup_elem(&identities, &identity) != 0;
	return identity != IDENTITY_UNKNOWN;
}

/* Peers without a row are either known, and the table's default holds, or not heard of yet. */
static __always_inline enum verdict judge_without_row(const volatile struct table_config *table,
						      __u32 peer, __u32 class, __u32 *counter)
{
	*counter = table->default_counter;
	if (!is_known(peer))
		return DROP_IDENTITY_UNKNOWN;
	return allowed_by(table->default_allowed, table->row_words, class) ? VERDICT_NEXT :
									     DROP_POLICY_DENIED;
}

/* apply_table is the verdict: one lookup, whatever the rules are. */
static __always_inline enum verdict apply_table(const volatile struct table_config *table,
						void *rows, __u32 peer, __u32 class, __u32 *counter)
{
	struct policy_row *row = bpf_map_lookup_elem(rows, &peer);

	if (!row)
		return judge_without_row(table, peer, class, counter);
	*counter = row->counter;
	return allowed_by(row->allowed, table->row_words, class) ? VERDICT_NEXT :
								   DROP_POLICY_DENIED;
}

/* The service port is the one that the flow's opener asked for; ICMP has none. */
static __always_inline __u32 service_port(const struct judgement *judgement)
{
	__u8 protocol = judgement->key.protocol;

	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		return 0;
	return bpf_ntohs(judgement->key.port[!(judgement->client & 1)]);
}
