/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <bpf/bpf_endian.h>
#include "judgement.h"
#include "protocol.h"
#include "row.h"

/* service_port is the one that the flow's opener asked for. An ICMP flow has a type: only echo requests open one. */
static __always_inline __u32 service_port(const struct judgement *judgement)
{
	switch (judgement->key.protocol) {
	case IPPROTO_ICMP:
		return ICMP_ECHO;
	case IPPROTO_ICMPV6:
		return ICMPV6_ECHO_REQUEST;
	}
	return bpf_ntohs(judgement->key.port[provider_of(judgement)]);
}

/*
 * service_of is what port classes are of, in one number: the IANA number of the protocol, and a port in host order or
 * an ICMP type in the lower 16 bits, with the mark of the table that is asked.
 */
static __always_inline __u32 service_of(const struct judgement *judgement)
{
	return (judgement->leaving ? SERVICE_LEAVING : 0) | (__u32)judgement->key.protocol << 16 |
	       service_port(judgement);
}
