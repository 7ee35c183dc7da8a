/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Types get into BTF, and so into Go, only if something has them: these pointers are for the enums whose values
 * travel in narrower fields.
 */
#define EXPORT(type, name) const type *const export_##name __attribute__((unused))

EXPORT(enum verdict, verdict);
EXPORT(enum identity, identity);
EXPORT(enum endpoint_flags, endpoint_flags);
EXPORT(enum event_type, event_type);
EXPORT(enum event_flags, event_flags);
EXPORT(struct event, event);
EXPORT(enum flow_state, flow_state);
EXPORT(enum judge, judge);
EXPORT(enum tcp_flags, tcp_flags);
EXPORT(struct policy_row, policy_row);
