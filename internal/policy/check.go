// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
)

var (
	// ErrRule is returned for a policy or rule that is put together wrongly.
	ErrRule = errors.New("broken rule")
	// ErrName is returned for a name that is missing, given twice, or not well formed.
	ErrName = errors.New("broken name")
)

// nameForm is what policies and rules can be called, up to maxName: fit for a command line and a store's key. The length is not
// in the form: a counted repetition is compiled as often as it counts.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// maxName is in bytes.
const maxName = 253

// CheckName returns ErrName if no policy can be called that.
func CheckName(name string) error { return names{}.add(name) }

// names are the names seen so far.
type names map[string]bool

// add checks a name and notes it. ErrName if it is not well formed, or there already.
func (n names) add(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: there is none", ErrName)
	case len(name) > maxName || !nameForm.MatchString(name):
		return fmt.Errorf("%w %.40q: use letters, digits, _ . - after a letter or a digit, at most %d of them", ErrName, name, maxName)
	case n[name]:
		return fmt.Errorf("%w %q: it is given twice", ErrName, name)
	}
	n[name] = true
	return nil
}

// checkPolicy checks what a policy says about itself.
func checkPolicy(p Policy) error {
	switch {
	case p.Kind != PolicyKind:
		return at(errKind(p.Kind), "", "kind")
	case len(p.Rules) == 0:
		return at(fmt.Errorf("%w: there are none", ErrRule), "rules", "rules")
	}
	return checkTier(p.Tier)
}

func errKind(kind string) error {
	return fmt.Errorf("%w: kind is %.40q: it must be %s", ErrRule, kind, PolicyKind)
}

func checkTier(tier *int) error {
	if tier != nil && (*tier < 0 || *tier > MaxTier) {
		return at(fmt.Errorf("%w: %d is not among 0-%d", ErrRule, *tier, MaxTier), "tier", "tier")
	}
	return nil
}

func checkRule(r Rule) error {
	if r.Ingress == nil && r.Egress == nil && len(r.Require) == 0 {
		return fmt.Errorf("%w: it says nothing: give it ingress, egress or require", ErrRule)
	}
	if err := checkTier(r.Tier); err != nil {
		return err
	}
	for i, key := range r.Require {
		switch {
		case len(validation.IsQualifiedName(key)) > 0:
			return at(fmt.Errorf("%w: %.80q is no label key", ErrRule, key), "require", "require", i)
		case slices.Contains(r.Require[:i], key):
			return at(fmt.Errorf("%w: %.80q is given twice", ErrRule, key), "require", "require", i)
		}
	}
	return nil
}

func checkEntry(e entry) error {
	switch {
	case e.action != "" && e.action != Allow && e.action != Deny:
		return at(fmt.Errorf("%w: %.40q: use allow or deny", ErrRule, e.action), "action", "action")
	case len(e.peers) == 0:
		return at(fmt.Errorf("%w: it names nobody: write any for everybody", ErrRule), e.key, e.key)
	}
	return nil
}

// checkDenied refuses to deny a node what it reaches anyway.
func checkDenied(side string, p passage) error {
	isHost := func(t term) bool { return t.word == wordHost }
	if i := slices.IndexFunc(p.peers, isHost); i >= 0 && p.deny && side == ingress {
		return at(fmt.Errorf("%w: host can not be denied: a node always reaches its own endpoints", ErrRule), "from", "from", i)
	}
	return nil
}

// checkExcept refuses a prefix that is not a part of one of the CIDRs, and a CIDR of which nothing is left.
func checkExcept(peers []term, except []netip.Prefix) error {
	for i, e := range except {
		var inside bool
		for _, t := range peers {
			switch {
			case !t.prefix.IsValid():
			case covers(e, t.prefix):
				return at(fmt.Errorf("%w: %s leaves nothing of cidr:%s", ErrCIDR, e, t.prefix), "", i)
			case covers(t.prefix, e):
				inside = true
			}
		}
		if !inside {
			return at(fmt.Errorf("%w: %s is not inside a cidr: peer of the same entry", ErrCIDR, e), "", i)
		}
	}
	return nil
}
