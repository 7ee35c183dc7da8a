/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>

/*
 * Constants of an attach point's program. Each is the operand of an instruction, a mark in the template that
 * Constants.Tailor replaces: there is no map to make and to read them from.
 */
enum constant {
	CONSTANT_ENDPOINT = 0, /* its ID */
	CONSTANT_LINK_START, /* of its frames the first 8 bytes: the gateway's MAC address, and of its own the first 2 */
	CONSTANT_LINK_END, /* the next 4: the rest of its own */
	CONSTANT_SECOND, /* in jiffies */
	CONSTANT_PREFIX6, /* of this node's addresses the first 8 bytes */
	CONSTANTS,
	CONSTANT_MARK =
		0x7a110000, /* upper half of each mark, which ends in the constant's number */
};

#define TAILORED(constant)                                                                    \
	({                                                                                    \
		__u64 value;                                                                  \
		asm("%0 = %1 ll" : "=r"(value) : "i"((__u64)CONSTANT_MARK << 32 | constant)); \
		value;                                                                        \
	})
