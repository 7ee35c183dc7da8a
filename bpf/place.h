/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>

/*
 * Where somebody is, in one number: at a local endpoint by its ID, or at another node, whose number is the upper half.
 * 0: outside, behind the router device.
 */
static __always_inline __u32 place_of(__u16 endpoint, __u16 node)
{
	return endpoint | (__u32)node << 16;
}

static __always_inline __u16 endpoint_at(__u32 place)
{
	return place;
}

static __always_inline __u16 node_at(__u32 place)
{
	return place >> 16;
}
