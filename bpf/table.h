/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "judgement.h"
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
 * Stubs. When a judge is tailored, their instructions are replaced; a call of one that returns a constant becomes
 * that constant. __weak keeps clang from drawing conclusions from these bodies.
 *
 * classify becomes a compare tree over the ports that the policy mentions. It returns the port class of a service, see
 * service_of(), with the service's mark; 0, or only the mark, is the class of all that no rule mentions.
 */
__weak __noinline __u32 classify(__u32 service)
{
	asm volatile("" : "+r"(service));
	return 0;
}

/* table_revision is the policy's that both tables were made from. */
__weak __noinline __u32 table_revision(void)
{
	__u32 revision = 0;

	asm volatile("" : "+r"(revision));
	return revision;
}

/* table_flags says what both tables together have, in enum table_flags. */
__weak __noinline __u32 table_flags(void)
{
	__u32 flags = 0;

	asm volatile("" : "+r"(flags));
	return flags;
}

/* row_of is a peer's row for a page: one lookup, or two for a table of many classes. */
static __always_inline const struct row *row_of(__u32 peer, __u32 page, __u32 flags)
{
	struct row_key key = { .peer = peer, .page = page };
	const struct row *row = bpf_map_lookup_elem(&rows, &key);

	if (!(flags & TABLE_PAGED) || row)
		return row;
	key.page = PAGE_ANY | (page & PAGE_LEAVING);
	return bpf_map_lookup_elem(&rows, &key);
}

/* exception_of is the ruling that a kind has on one class. */
static __always_inline const struct row *exception_of(__u32 kind, __u32 class)
{
	struct row_key key = { .peer = ROW_EXCEPTION | kind, .page = class };

	return kind ? bpf_map_lookup_elem(&rows, &key) : NULL;
}

/* except gives the row's rulings way to that on the class: the exception of the row's kind, or of its base. */
static __always_inline void except(struct row *row, __u32 class)
{
	const struct row *exception = exception_of(row->kind, class);

	if (!exception)
		exception = exception_of(row->base, class);
	if (exception)
		row->allow = row->deny = exception->allow;
}

/*
 * consult finds what the table says. That is one lookup, whatever the rules are, for all but very many classes.
 * There is a row for whoever has none, so it fails only if the table is broken.
 */
static __always_inline int consult(struct judgement *judgement)
{
	__u32 class = classify(judgement->service), flags = table_flags();
	const struct row *row = row_of(judgement->peer, class / 64, flags);

	judgement->ruling.by_default = !row;
	if (!row)
		row = row_of(IDENTITY_UNKNOWN, class / 64, flags);
	if (!row)
		return 0;
	judgement->class = class;
	judgement->row = *row;
	if (flags & TABLE_EXCEPTIONS)
		except(&judgement->row, class);
	judgement->ruling.revision = table_revision();
	return 1;
}
