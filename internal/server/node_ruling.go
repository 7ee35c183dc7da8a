// SPDX-License-Identifier: Apache-2.0

package server

import (
	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/policy"
)

// rulingOf puts a ruling on the wire.
func rulingOf(r policy.Ruling) api.Ruling {
	return api.Ruling{
		Allowed: r.Allowed, Egress: opinionOf(r.Egress), Ingress: opinionOf(r.Ingress),
		Audited: r.Audited, WouldEgress: opinionOf(r.WouldEgress), WouldIngress: opinionOf(r.WouldIngress),
	}
}

func opinionOf(o policy.Opinion) api.Opinion {
	return api.Opinion{Cause: string(o.Cause), Policy: o.Policy, Rule: o.Rule, Tier: o.Tier}
}
