/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>

/* Identities with a meaning of their own; label sets begin at 256, node-local CIDRs at 2^24. */
enum identity {
	IDENTITY_UNKNOWN = 0,
	IDENTITY_HOST = 1,
	IDENTITY_WORLD = 2,
	IDENTITY_FIRST_LABEL_SET = 256,
	IDENTITY_FIRST_CIDR = 1 << 24,
};

/* Who an endpoint is, and which generation of its policy said so. */
struct standing {
	__u32 generation;
	__u32 identity;
};
