// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"

	"github.com/hypha-net/hypha/api"
)

func (r *round) explain(p probe) (api.Explanation, error) {
	return ask[api.Explanation](r.commandLine, "policy", "explain", "--from", p.from.name, "--to", p.to.name, "--port", p.portText())
}

// fate is the verdict's word; events and explain have different ones for a denial.
func fate(r api.Ruling, denied string) string {
	switch {
	case !r.Allowed:
		return denied
	case r.Audited:
		return "audit"
	}
	return "allow"
}

// explanationProblem says how explain, the kernel's part of it included, differs from the reference; "" if it does not.
func explanationProblem(mode string, want api.Ruling, x api.Explanation) string {
	switch k := x.Kernel; {
	case x.Ruling != want || x.Verdict != fate(want, "deny"):
		return fmt.Sprintf("explain: %s, ruling %s\n", x.Verdict, rulingText(&x.Ruling))
	case k == nil:
		return "explain: the kernel was not asked\n"
	case k.Unknown || k.Difference != "" || k.Ruling == nil || *k.Ruling != want || (k.Verdict == "allow") != want.Allowed:
		return fmt.Sprintf("explain: the kernel says %+v, ruling %s\n", *k, rulingText(k.Ruling))
	}
	return halvesProblem(mode, want, x.Halves)
}

// halvesProblem: in mode audit, which enforces nothing, each side's line is what mode always would have.
func halvesProblem(mode string, want api.Ruling, halves []api.Half) string {
	sides := []api.Opinion{want.Egress, want.Ingress}
	if mode == audit && want.Audited {
		sides = []api.Opinion{want.WouldEgress, want.WouldIngress}
	}
	if len(halves) != len(sides) {
		return fmt.Sprintf("explain: %d halves\n", len(halves))
	}
	for i, o := range sides {
		half := halves[i]
		if (half.Verdict == "deny") != o.Denies() || half.Policy != o.Policy || half.Rule != o.Rule || half.Tier != o.Tier {
			return fmt.Sprintf("explain: half %+v\n", half)
		}
	}
	return ""
}

func rulingText(r *api.Ruling) string {
	if r == nil {
		return "none"
	}
	text := fmt.Sprintf("allowed %v: egress %+v, ingress %+v", r.Allowed, r.Egress, r.Ingress)
	if r.Audited {
		text += fmt.Sprintf("; audited: egress %+v, ingress %+v", r.WouldEgress, r.WouldIngress)
	}
	return text
}

// question is for ends that nothing can be sent from here: only explain is asked.
func (r *round) question(q probe) string {
	want := verdict(r.rules, r.mode, q.flow())
	x, err := r.explain(q)
	if err != nil {
		return err.Error()
	}
	if problem := explanationProblem(r.mode, want, x); problem != "" {
		return fmt.Sprintf("the reference: %s\n%s", rulingText(&want), problem)
	}
	return ""
}

func outcome(r api.Ruling) string {
	text := fate(r, "deny")
	if r.Audited && !r.Allowed {
		text += ", would allow"
	}
	return text
}
