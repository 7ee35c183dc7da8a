/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "identity.h"

/* Label-set identities that this node has heard of: bit n % 64 of word n / 64. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << 14);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} known_identities SEC(".maps");

/* Nobody has identity 0: an endpoint that is gone, or an address of the cluster that comes from outside. */
static __always_inline int is_known(__u32 identity)
{
	__u32 index = identity / 64;
	__u64 *word;

	if (identity < IDENTITY_FIRST_LABEL_SET || identity >= IDENTITY_FIRST_CIDR)
		return identity != IDENTITY_UNKNOWN;
	word = bpf_map_lookup_elem(&known_identities, &index);
	return word && *word >> identity % 64 & 1;
}
