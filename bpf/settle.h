/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "counter_slot.h"
#include "event.h"
#include "flow.h"
#include "judgement.h"
#include "known.h"
#include "way.h"

/* rule makes the ruling of what the table says. */
static __always_inline void rule(struct judgement *judgement)
{
	const struct row *row = &judgement->row;
	struct ruling *ruling = &judgement->ruling;

	ruling->by_default |= judgement->peer == IDENTITY_UNKNOWN;
	ruling->allowed = row->allowed >> (judgement->class % 64) & 1;
	ruling->number = ruling->allowed ? row->allow : row->deny;
}

/* only_watched: the rules under audit deny what those in force do not. */
static __always_inline int only_watched(const struct ruling *ruling)
{
	return ruling->allowed && (ruling->number & RULING_AUDIT);
}

/* weigh is what all rules say, those under audit too. A default says nothing about whom nobody here knows. */
static __always_inline enum verdict weigh(const struct judgement *judgement)
{
	const struct ruling *ruling = &judgement->ruling;

	if (ruling->by_default && !is_known(judgement->peer))
		return DROP_IDENTITY_UNKNOWN;
	return ruling->allowed && !only_watched(ruling) ? VERDICT_NEXT : DROP_POLICY_DENIED;
}

/* report tells of a new flow if somebody listens, and always if only audit let it pass. */
static __always_inline void report(struct __sk_buff *skb, const struct packet *packet,
				   enum verdict said, enum verdict verdict)
{
	if (said != VERDICT_NEXT)
		emit(skb, packet, EVENT_VERDICT, said);
	else if (wants_verdict_events())
		emit(skb, packet, EVENT_VERDICT, verdict);
}

/* carry_out makes the ruling the flow's fate, and the packet's with it. */
static __always_inline enum verdict carry_out(struct __sk_buff *skb, struct judgement *judgement)
{
	struct packet *packet = &judgement->packet;
	struct ruling *ruling = &judgement->ruling;
	enum verdict said, verdict;
	int news;

	rule(judgement);
	said = verdict = weigh(judgement);
	if (only_watched(ruling))
		verdict = VERDICT_NEXT;
	else if (said == DROP_IDENTITY_UNKNOWN)
		ruling->number = 0; /* no rule has said that */
	packet->ruling = ruling->number;
	packet->revision = ruling->revision;
	packet->counter = slot_of(judgement);
	news = remember(judgement, verdict);
	if (news < 0)
		return DROP_INTERNAL;
	if (verdict != VERDICT_NEXT)
		return verdict;
	verdict = way_of(packet);
	if (news)
		report(skb, packet, said, verdict);
	return verdict;
}
