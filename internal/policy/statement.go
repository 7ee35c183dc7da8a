// SPDX-License-Identifier: Apache-2.0

package policy

import "fmt"

// statement is a rule whose expressions are read.
type statement struct {
	policy, name    string
	tier            int
	audit           bool
	selects         term
	require         []string
	ingress, egress []passage // nil: the rule has no such side; empty: it has, and names nobody
	source          Rule
}

// passage is an Ingress or an Egress whose expressions are read.
type passage struct {
	peers []term
	ports []portItem // nil: every protocol and port
	deny  bool
}

// entry is an Ingress or an Egress as written: what they have in common.
type entry struct {
	key    string // of the peers: from, to
	peers  []string
	except []string
	ports  []string
	action Action
}

func (in Ingress) entry() entry { return entry{"from", in.From, in.Except, in.Ports, in.Action} }
func (out Egress) entry() entry { return entry{"to", out.To, out.Except, out.Ports, out.Action} }

// statements reads the policy's rules; they are sound, each for itself. Those that were read before are taken
// from old. Errors are placed below the policy.
func (p Policy) statements(old map[string]*statement) ([]*statement, error) {
	if err := checkPolicy(p); err != nil {
		return nil, err
	}
	seen := names{}
	all := make([]*statement, 0, len(p.Rules))
	for i, r := range p.Rules {
		name := p.RuleName(i)
		if err := seen.add(name); err != nil {
			return nil, at(err, fmt.Sprintf("rule %d: name", i+1), "rules", i, "name")
		}
		s := old[name]
		if s == nil || s.tier != p.ruleTier(i) || s.audit != p.Audit || !s.source.equal(r) {
			s = &statement{policy: p.Name, name: name, tier: p.ruleTier(i), audit: p.Audit, require: r.Require, source: r}
			if err := s.read(r); err != nil {
				return nil, at(err, fmt.Sprintf("rule %q", name), "rules", i)
			}
		}
		all = append(all, s)
	}
	return all, nil
}

func (s *statement) read(r Rule) (err error) {
	if err = checkRule(r); err != nil {
		return err
	}
	if s.selects, err = parseSelect(r.Select); err != nil {
		return at(err, fmt.Sprintf("select: %.80q", r.Select), "select")
	}
	if s.ingress, err = readPassages(ingress, r.Ingress); err != nil {
		return err
	}
	s.egress, err = readPassages(egress, r.Egress)
	return err
}

// readPassages reads one side of a rule.
func readPassages[E interface{ entry() entry }](side string, entries []E) ([]passage, error) {
	if entries == nil {
		return nil, nil
	}
	passages := make([]passage, 0, len(entries))
	for i, e := range entries {
		p, err := e.entry().read(side)
		if err != nil {
			return nil, at(err, fmt.Sprintf("%s %d", side, i+1), side, i)
		}
		passages = append(passages, p)
	}
	return passages, nil
}

func (e entry) read(side string) (p passage, err error) {
	if err = checkEntry(e); err != nil {
		return p, err
	}
	p.deny = e.action == Deny
	if p.ports, err = parsePorts(e.ports); err != nil {
		return p, at(err, "ports", "ports")
	}
	if p.peers, err = e.readPeers(); err != nil {
		return p, err
	}
	return p, checkDenied(side, p)
}

// readPeers reads the entry's peers, its exceptions cut out of its CIDRs.
func (e entry) readPeers() ([]term, error) {
	except, err := parseExcept(e.except)
	if err != nil {
		return nil, at(err, "except", "except")
	}
	peers := make([]term, 0, len(e.peers))
	for i, item := range e.peers {
		t, err := parsePeer(item)
		if err != nil {
			return nil, at(err, fmt.Sprintf("%s: %.80q", e.key, item), e.key, i)
		}
		peers = append(peers, t)
	}
	if err := checkExcept(peers, except); err != nil {
		return nil, at(err, "except", "except")
	}
	for i, t := range peers {
		if t.prefix.IsValid() {
			peers[i] = t.without(except)
		}
	}
	return peers, nil
}
