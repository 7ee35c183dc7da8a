/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>
#include "packet.h"

/* Load-time constants of the programs of which a node has one. An absent address is all zero. */
struct node_config {
	union address gateway6;
	union address gateway4; /* mapped */
	__u32 second; /* in jiffies */
	__u8 gateway_mac[6]; /* one for all gateways of a node */
	__u8 has_ipv6;
	__u8 has_ipv4;
};
