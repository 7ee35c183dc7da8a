/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>

/* Identities with a meaning of their own; label sets begin at 256, node-local CIDRs at 2^24. */
enum identity {
	IDENTITY_UNKNOWN = 0,
	IDENTITY_HOST = 1,
	IDENTITY_WORLD = 2,
	IDENTITY_REMOTE_NODE = 3, /* the host of another node */
	IDENTITY_INIT = 4,
	IDENTITY_FIRST_LABEL_SET = 256,
	IDENTITY_LABEL_SETS_END = 1 << 20,
	IDENTITY_FIRST_CIDR = 1 << 24,
};

/*
 * Identities that mean the same on all nodes, and so the only ones that a packet may bring along. A host is a remote
 * node to all others.
 */
static __always_inline int is_carried(__u32 identity)
{
	return identity == IDENTITY_REMOTE_NODE || identity == IDENTITY_INIT ||
	       (identity >= IDENTITY_FIRST_LABEL_SET && identity < IDENTITY_LABEL_SETS_END);
}

static __always_inline __u32 carried_as(__u32 identity)
{
	return identity == IDENTITY_HOST ? IDENTITY_REMOTE_NODE : identity;
}

/* Who an endpoint is, and which generation of its policy said so. */
struct standing {
	__u32 generation;
	__u32 identity;
};
