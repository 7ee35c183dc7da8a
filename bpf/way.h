/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "packet.h"
#include "verdict.h"

/* way_of is how a packet leaves that may pass. */
static __always_inline enum verdict way_of(const struct packet *packet)
{
	if (packet->to)
		return FORWARD_ENDPOINT;
	return packet->to_node ? FORWARD_NODE : FORWARD_HOST;
}

/* Where the programs are the router, they count the hop: see count_hop(). */
static __always_inline int takes_a_hop(const struct packet *packet)
{
	return packet->from && (packet->to || packet->to_node);
}
