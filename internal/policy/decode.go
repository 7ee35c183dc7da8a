// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"fmt"
)

// Policies are decoded key by key and not by reflection, so that whatever is wrong has a place:
// the policy, the rule, the entry, the key.

// policy decodes a document of kind Policy. Errors are placed below the document.
func (d *Document) policy() (p Policy, err error) {
	if d.Kind != "" && d.Kind != PolicyKind {
		return p, at(errKind(d.Kind), fmt.Sprintf("document %d", d.number), "kind")
	}
	o, err := openObject(d.JSON)
	if err == nil {
		err = o.policy(&p)
	}
	label := fmt.Sprintf("policy %.80q", p.Name)
	if p.Name == "" {
		label = fmt.Sprintf("document %d", d.number)
	}
	return p, at(err, label)
}

func (o object) policy(p *Policy) (err error) {
	if p.Name, err = o.word("name"); err != nil {
		return err
	}
	if err = o.only("kind", "name", "tier", "audit", "rules"); err != nil {
		return err
	}
	if err = o.needs("kind", "name", "rules"); err != nil {
		return err
	}
	if p.Kind, err = o.text("kind"); err != nil {
		return err
	}
	if p.Tier, err = o.number("tier"); err != nil {
		return err
	}
	if p.Audit, err = o.truth("audit"); err != nil {
		return err
	}
	p.Rules, err = decodeList(o, "rules", decodeRule)
	return err
}

func decodeRule(number int, raw json.RawMessage) (Rule, error) {
	r := Rule{}
	o, err := openObject(raw)
	if err == nil {
		err = o.rule(&r)
	}
	if err != nil {
		return Rule{}, at(err, fmt.Sprintf("rule %.80q", ruleName(r, number)))
	}
	return r, nil
}

func (o object) rule(r *Rule) (err error) {
	if r.Name, err = o.word("name"); err != nil {
		return err
	}
	if err = o.only("name", "tier", "select", "ingress", "egress", "require"); err != nil {
		return err
	}
	if err = o.needs("select"); err != nil {
		return fmt.Errorf(`%w: say whom the rule is about; "" is everybody`, err)
	}
	if r.Select, err = o.text("select"); err != nil {
		return err
	}
	if r.Tier, err = o.number("tier"); err != nil {
		return err
	}
	if r.Ingress, err = decodeList(o, ingress, decodeIngress); err != nil {
		return err
	}
	if r.Egress, err = decodeList(o, egress, decodeEgress); err != nil {
		return err
	}
	r.Require, err = o.texts("require")
	return err
}

func decodeIngress(number int, raw json.RawMessage) (Ingress, error) {
	e, err := decodeEntry(raw, "from")
	if err != nil {
		return Ingress{}, at(err, fmt.Sprintf("ingress %d", number))
	}
	return Ingress{From: e.peers, Except: e.except, Ports: e.ports, Action: e.action}, nil
}

func decodeEgress(number int, raw json.RawMessage) (Egress, error) {
	e, err := decodeEntry(raw, "to")
	if err != nil {
		return Egress{}, at(err, fmt.Sprintf("egress %d", number))
	}
	return Egress{To: e.peers, Except: e.except, Ports: e.ports, Action: e.action}, nil
}

func decodeEntry(raw json.RawMessage, peers string) (e entry, err error) {
	o, err := openObject(raw)
	if err != nil {
		return e, err
	}
	if err = o.only(peers, "except", "ports", "action"); err != nil {
		return e, err
	}
	if e.peers, err = o.texts(peers); err != nil {
		return e, err
	}
	if e.except, err = o.texts("except"); err != nil {
		return e, err
	}
	if e.ports, err = o.texts("ports"); err != nil {
		return e, err
	}
	action, err := o.word("action")
	e.action = Action(action)
	return e, err
}
