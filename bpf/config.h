/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>
#include "packet.h"

/*
 * Load-time constants: one value for each endpoint. The verifier sees numbers, and removes the branches that
 * they make dead. An absent address is all zero. Nothing of policy is in them.
 */
struct endpoint_config {
	union address ipv6;
	union address ipv4; /* mapped */
	union address gateway6;
	union address gateway4; /* mapped */
	__u16 endpoint; /* 0: the router device, whose packets come from outside */
	__u8 mac[6]; /* the only source MAC that may send */
	__u8 gateway_mac[6]; /* one for all gateways of a node */
	__u8 has_ipv6;
	__u8 has_ipv4;
};

volatile const struct endpoint_config config;

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

/* owns says whether address is the endpoint's own. */
static __always_inline int owns(const union address *address)
{
	union address ipv6 = load_address(&config.ipv6), ipv4 = load_address(&config.ipv4);

	return (config.has_ipv6 && same_address(address, &ipv6)) ||
	       (config.has_ipv4 && same_address(address, &ipv4));
}

static __always_inline int is_gateway(const union address *address)
{
	union address ipv6 = load_address(&config.gateway6), ipv4 = load_address(&config.gateway4);

	return (config.has_ipv6 && same_address(address, &ipv6)) ||
	       (config.has_ipv4 && same_address(address, &ipv4));
}
