// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hypha-net/hypha/api"
)

// rulingText says in one line which rules decided, and which ones under audit
// would decide otherwise. Of what only audit is against, that is all there is to say.
func rulingText(r api.Ruling, consumer, provider api.Identity) string {
	verdict, would := verdictText(r, consumer, provider), wouldText(r, consumer, provider)
	switch {
	case would == "":
		return verdict
	case r.Allowed:
		return would
	}
	return verdict + "; " + would
}

// verdictText says which rules in force decided.
func verdictText(r api.Ruling, consumer, provider api.Identity) string {
	return decision("", r.Allowed, r.Egress, r.Ingress, consumer, provider)
}

// wouldText says which rules would decide otherwise; "" if none would.
func wouldText(r api.Ruling, consumer, provider api.Identity) string {
	if !r.Audited {
		return ""
	}
	return decision("would be ", !r.Allowed, r.WouldEgress, r.WouldIngress, consumer, provider)
}

// decision names what made a verdict: of a denial each side that denies, of
// what is allowed each side on which a rule says so.
func decision(would string, allowed bool, egress, ingress api.Opinion, consumer, provider api.Identity) string {
	verb := would + "denied"
	if allowed {
		verb = would + "allowed"
	}
	var parts []string
	for _, side := range []struct {
		name    string
		opinion api.Opinion
		whose   api.Identity
	}{{"egress", egress, consumer}, {"ingress", ingress, provider}} {
		if side.opinion.Denies() == allowed {
			continue
		}
		text := opinionText(side.opinion, side.name, side.whose)
		if len(parts) > 0 {
			text = strings.TrimPrefix(text, ":")
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 && allowed {
		return verb + ": no rule stands against it"
	}
	return verb + strings.Join(parts, ", and")
}

// opinionText follows "denied" or "allowed"; "" if neither a rule nor the lack of one decided.
func opinionText(o api.Opinion, side string, whose api.Identity) string {
	switch o.Cause {
	case api.CauseAllow, api.CauseDeny:
		return ruleText(o) + " (" + side + ", tier " + strconv.Itoa(o.Tier) + ")"
	case api.CauseRequire:
		return ruleText(o) + " (" + side + "): the two differ in a label that it requires"
	case api.CauseClosed:
		return fmt.Sprintf(": no rule allows it (%s of %s)", side, strings.Trim(identityText(whose), "()"))
	case api.CauseElsewhere:
		if side == "ingress" {
			return ": the other node rules on it"
		}
	case api.CauseHost:
		return ": a node always reaches its own endpoints"
	}
	return ""
}

func ruleText(o api.Opinion) string {
	return " by policy " + strconv.Quote(o.Policy) + " rule " + strconv.Quote(o.Rule)
}

// judged reports whether the rules behind the event are known, and say why that became of the packet.
func judged(e api.Event) bool {
	return e.Ruling != nil && (e.Reason == api.ReasonPolicyDenied || e.Type == api.EventVerdict)
}

// consumer is who opened the flow, whose egress rules count.
func consumer(e api.Event) api.Identity {
	if e.Reply {
		return e.Destination.Identity
	}
	return e.Source.Identity
}

// provider is the other end, whose ingress rules count.
func provider(e api.Event) api.Identity {
	if e.Reply {
		return e.Source.Identity
	}
	return e.Destination.Identity
}
