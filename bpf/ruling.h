/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>

/* Rulings are numbered by the node's agent, 0 is none. What a number stands for never changes. The last one is nobody's: */
enum ruling_flags {
	RULING_ELSEWHERE = (1U << 31) - 1, /* another node rules on the flow */
	RULING_AUDIT =
		1U << 31, /* with the rules under audit in force, it would be the other one */
};

/* What a table says about a flow. */
struct ruling {
	__u32 number; /* with enum ruling_flags */
	__u32 revision; /* of the policy that the table was made from */
	__u8 allowed;
	__u8 by_default; /* the peer has no row: who is not known here has none either */
	__u8 pad[2];
};
