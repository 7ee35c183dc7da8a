/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "judgement.h"
#include "protocol.h"
#include "row.h"

/* Its size is that of the identity's tables, set before the judge is loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct row_key);
	__type(value, struct row);
} rows SEC(".maps");

/*
 * Stubs. When a judge is tailored, their instructions are replaced. __weak keeps clang from drawing conclusions
 * from these bodies.
 *
 * The classifiers become compare trees over the ports that the policy mentions. They return the port class of a
 * protocol (IANA number) and a port in host order, or an ICMP type; 0 is the class of all that no rule mentions.
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

/* table_revision is the policy's that both tables were made from. */
__weak __noinline __u32 table_revision(void)
{
	__u32 revision = 0;

	asm volatile("" : "+r"(revision));
	return revision;
}

/* table_paged says which tables are, in enum table_pages. */
__weak __noinline __u32 table_paged(void)
{
	__u32 pages = 0;

	asm volatile("" : "+r"(pages));
	return pages;
}

/* service_port is the one that the flow's opener asked for. An ICMP flow has a type: only echo requests open one. */
static __always_inline __u32 service_port(const struct judgement *judgement)
{
	switch (judgement->key.protocol) {
	case IPPROTO_ICMP:
		return ICMP_ECHO;
	case IPPROTO_ICMPV6:
		return ICMPV6_ECHO_REQUEST;
	}
	return bpf_ntohs(judgement->key.port[provider_of(judgement)]);
}

/* row_of is a peer's row for a page: one lookup, or two for a table of many classes. */
static __always_inline const struct row *row_of(__u32 peer, __u32 page, int paged)
{
	struct row_key key = { .peer = peer, .page = page };
	const struct row *row = bpf_map_lookup_elem(&rows, &key);

	if (row || !paged)
		return row;
	key.page = ROW_ANY_PAGE | (page & ROW_LEAVING);
	return bpf_map_lookup_elem(&rows, &key);
}

/* exception_of is the ruling that a kind has on one class, which is marked if the table is that for what leaves. */
static __always_inline const struct row *exception_of(__u32 kind, __u32 class)
{
	struct row_key key = { .peer = ROW_EXCEPTION | kind, .page = class };

	return kind ? bpf_map_lookup_elem(&rows, &key) : NULL;
}

/* number_of is a row's ruling on a class: its own exception, that of its base, or what it says in general. */
static __always_inline __u32 number_of(const struct row *row, __u32 class, int allowed)
{
	const struct row *exception = exception_of(row->kind, class);

	if (!exception)
		exception = exception_of(row->base, class);
	if (exception)
		return exception->allow;
	return allowed ? row->allow : row->deny;
}

/* rule asks the table. That is one lookup, whatever the rules are, for all but very many classes. */
static __always_inline void rule(struct judgement *judgement)
{
	__u32 protocol = judgement->key.protocol, port = service_port(judgement);
	__u32 leaving = judgement->leaving ? ROW_LEAVING : 0, peer = peer_of(judgement);
	__u32 class = leaving ? classify_egress(protocol, port) : classify_ingress(protocol, port);
	int paged = table_paged() & (leaving ? EGRESS_PAGED : INGRESS_PAGED);
	__u32 page = class / 64 | leaving;
	struct ruling *ruling = &judgement->ruling;
	const struct row *row = peer ? row_of(peer, page, paged) : NULL;

	ruling->by_default = !row;
	if (!row)
		row = row_of(IDENTITY_UNKNOWN, page, paged);
	ruling->allowed = row && (row->allowed >> (class % 64) & 1);
	ruling->number = row ? number_of(row, class | leaving, ruling->allowed) : 0;
	ruling->revision = table_revision();
}
