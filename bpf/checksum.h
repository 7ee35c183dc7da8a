/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* fold makes a 16-bit Internet checksum (RFC 1071) of a 32-bit sum. */
static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* checksum of bytes at data, a multiple of 4 and at most 512, on top of sum. */
#define checksum_of(data, bytes, sum) bpf_csum_diff(0, 0, (__be32 *)(data), bytes, sum)

/* icmp6_pseudo_header is the sum over addresses, length and next header (RFC 8200 8.1). */
#define icmp6_pseudo_header(source, destination, bytes) \
	checksum_of(destination, 16,                    \
		    checksum_of(source, 16, bpf_htonl(bytes) + (__u64)bpf_htonl(IPPROTO_ICMPV6)))
