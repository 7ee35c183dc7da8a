/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>

/*
 * The rows of one identity's two tables are in one map, each under the peer that it is about and a page, which
 * is 64 port classes of one table. Page and peer have room for marks above all that they count.
 */
struct row_key {
	__u32 peer; /* identity; IDENTITY_UNKNOWN: whoever has no row. Or enum row_peer */
	__u32 page; /* class / 64, or enum row_page */
};

/* Mark of the table for what leaves the cluster: on what it is asked about, on its classes, on their pages. */
enum leaving_mark {
	SERVICE_LEAVING = 1 << 24,
	CLASS_LEAVING = 1 << 30,
	PAGE_LEAVING = CLASS_LEAVING / 64,
};

enum row_page {
	PAGE_ANY = PAGE_LEAVING - 1, /* all pages that the peer has no row of */
};

enum row_peer {
	ROW_EXCEPTION =
		1 << 30, /* mark on a row's kind: page is a class then, and allow its ruling */
};

/* What not every table needs. A judge's constant: without it, what looks for it is no code at all. */
enum table_flags {
	TABLE_PAGED = 1 << 0, /* more than 64 classes: rows may be under PAGE_ANY */
	TABLE_EXCEPTIONS = 1 << 1, /* rows may be under ROW_EXCEPTION */
};

/* What one peer may: the rulings on all of its allowed and on all of its denied classes. */
struct row {
	__u64 allowed; /* bit class % 64 */
	__u32 allow; /* ruling's number, with enum ruling_flags */
	__u32 deny;
	__u32 kind; /* not 0: some classes have a ruling of their own, see ROW_EXCEPTION */
	__u32 base; /* not 0: another kind, whose exceptions are its own too where it has none */
};
