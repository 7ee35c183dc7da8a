/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>
#include "node_config.h"
#include "packet.h"

/* The verifier sees numbers, and removes the branches that they make dead. Nothing of policy is in them. */
volatile const struct node_config config;

/*
 * Constants are read by these: a read that is not volatile, such as memcpy's, gets the value that clang knows,
 * the zeros of compile time.
 */
static __always_inline union address load_address(const volatile union address *constant)
{
	union address address;

	address.halves[0] = constant->halves[0];
	address.halves[1] = constant->halves[1];
	return address;
}

static __always_inline void load_mac(__u8 *mac, const volatile __u8 *constant)
{
	for (int i = 0; i < ETH_ALEN; i++)
		mac[i] = constant[i];
}

static __always_inline int is_gateway(const union address *address)
{
	union address ipv6 = load_address(&config.gateway6), ipv4 = load_address(&config.gateway4);

	return (config.has_ipv6 && same_address(address, &ipv6)) ||
	       (config.has_ipv4 && same_address(address, &ipv4));
}
