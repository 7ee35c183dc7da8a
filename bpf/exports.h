/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "conntrack.h"
#include "counter_slot.h"
#include "event.h"
#include "fragment.h"
#include "judges.h"
#include "known.h"
#include "node_config.h"
#include "nodes.h"
#include "outside.h"
#include "row.h"
#include "tailored.h"
#include "verdict_counter.h"
#include "waiting.h"

/*
 * Types get into BTF, and so into Go, only if something has them: these pointers are for what no map of the node
 * has, and for the enums whose values travel in narrower fields.
 */
#define EXPORT(type, name) const type *const export_##name __attribute__((unused))

EXPORT(enum verdict, verdict);
EXPORT(enum identity, identity);
EXPORT(enum endpoint_flags, endpoint_flags);
EXPORT(enum event_type, event_type);
EXPORT(enum event_flags, event_flags);
EXPORT(struct event, event);
EXPORT(enum flow_state, flow_state);
EXPORT(enum waiting_limit, waiting_limit);
EXPORT(enum tcp_flags, tcp_flags);
EXPORT(enum ruling_flags, ruling_flags);
EXPORT(enum stage, stage);
EXPORT(enum constant, constant);
EXPORT(struct node_config, node_config);
EXPORT(struct counter, counter);
EXPORT(enum counter_layout, counter_layout);
EXPORT(struct row_key, row_key);
EXPORT(struct row, row);
EXPORT(enum row_page, row_page);
EXPORT(enum row_peer, row_peer);
EXPORT(enum leaving_mark, leaving_mark);
EXPORT(enum table_flags, table_flags);
