// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hypha-net/hypha/internal/policy"
)

// rules returns one rule for each item of the lists ingress and egress that count, so that what decided can
// be found in the original. A list that counts and is empty is a rule that lets nothing pass.
func (t *translation) rules(spec policySpec) ([]policy.Rule, error) {
	path := field.NewPath("spec")
	selected, err := t.subject(&spec.PodSelector, path.Child("podSelector"))
	if err != nil {
		return nil, err
	}
	types, err := t.policyTypes(spec, path)
	if err != nil {
		return nil, err
	}
	var rules []policy.Rule
	if slices.Contains(types, typeIngress) {
		if rules, err = t.ingress(rules, selected, spec.Ingress, path.Child("ingress")); err != nil {
			return nil, err
		}
	}
	if slices.Contains(types, typeEgress) {
		return t.egress(rules, selected, spec.Egress, path.Child("egress"))
	}
	return rules, nil
}

// policyTypes returns the directions that the policy is about. If it does not say so: ingress, and egress if
// it has rules for it.
func (t *translation) policyTypes(spec policySpec, path *field.Path) ([]policyType, error) {
	const in, out = typeIngress, typeEgress
	types := path.Child("policyTypes")
	for i, given := range spec.PolicyTypes {
		if given != in && given != out {
			return nil, field.NotSupported(types.Index(i), given, []policyType{in, out})
		}
	}
	switch {
	case len(spec.PolicyTypes) > 2:
		return nil, field.TooMany(types, len(spec.PolicyTypes), 2)
	case len(spec.PolicyTypes) == 0 && len(spec.Egress) == 0:
		return []policyType{in}, nil
	case len(spec.PolicyTypes) == 0:
		return []policyType{in, out}, nil
	case len(spec.Ingress) > 0 && !slices.Contains(spec.PolicyTypes, in):
		t.warn(path.Child("ingress"), "is not used: policyTypes has no Ingress")
	case len(spec.Egress) > 0 && !slices.Contains(spec.PolicyTypes, out):
		t.warn(path.Child("egress"), "is not used: policyTypes has no Egress")
	}
	return spec.PolicyTypes, nil
}

func (t *translation) ingress(
	rules []policy.Rule, selected string, items []ingressRule, path *field.Path,
) ([]policy.Rule, error) {
	for i, item := range items {
		entries, err := t.entries(item.From, item.Ports, path.Index(i), "from")
		if err != nil {
			return nil, err
		}
		r := policy.Rule{Name: fmt.Sprintf("ingress-%d", i), Select: selected, Ingress: []policy.Ingress{}}
		for _, e := range entries {
			r.Ingress = append(r.Ingress, policy.Ingress{From: e.peers, Except: e.except, Ports: e.ports})
		}
		rules = append(rules, r)
	}
	if len(items) == 0 {
		rules = append(rules, policy.Rule{Name: "ingress", Select: selected, Ingress: []policy.Ingress{}})
	}
	return rules, nil
}

func (t *translation) egress(
	rules []policy.Rule, selected string, items []egressRule, path *field.Path,
) ([]policy.Rule, error) {
	for i, item := range items {
		entries, err := t.entries(item.To, item.Ports, path.Index(i), "to")
		if err != nil {
			return nil, err
		}
		r := policy.Rule{Name: fmt.Sprintf("egress-%d", i), Select: selected, Egress: []policy.Egress{}}
		for _, e := range entries {
			r.Egress = append(r.Egress, policy.Egress{To: e.peers, Except: e.except, Ports: e.ports})
		}
		rules = append(rules, r)
	}
	if len(items) == 0 {
		rules = append(rules, policy.Rule{Name: "egress", Select: selected, Egress: []policy.Egress{}})
	}
	return rules, nil
}
