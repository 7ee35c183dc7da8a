// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	// ErrRule is returned for a policy or rule that is put together wrongly.
	ErrRule = errors.New("broken rule")
	// ErrName is returned for a name that is missing, given twice, or not well formed.
	ErrName = errors.New("broken name")
)

// nameForm is what policies and rules can be called: fit for a command line and a store's key.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$`)

// names are the names seen so far.
type names map[string]bool

// add checks a name and notes it. ErrName if it is not well formed, or there already.
func (n names) add(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: there is none", ErrName)
	case !nameForm.MatchString(name):
		return fmt.Errorf("%w %.40q: use letters, digits, _ . - and at most 253 of them", ErrName, name)
	case n[name]:
		return fmt.Errorf("%w %q: it is given twice", ErrName, name)
	}
	n[name] = true
	return nil
}

func checkRule(r Rule) error {
	if r.Ingress == nil && r.Egress == nil && len(r.Require) == 0 {
		return fmt.Errorf("%w: it says nothing: give it ingress, egress or require", ErrRule)
	}
	for i, key := range r.Require {
		if key == "" || strings.ContainsAny(key, "=, ") {
			return fmt.Errorf("require: %w: %.80q is no label key", ErrRule, key)
		}
		if slices.Contains(r.Require[:i], key) {
			return fmt.Errorf("require: %w: %.80q is given twice", ErrRule, key)
		}
	}
	return nil
}

func checkEntry(side string, e entry) error {
	switch {
	case e.action != "" && e.action != Allow && e.action != Deny:
		return fmt.Errorf("action: %w: %.40q: use allow or deny", ErrRule, e.action)
	case len(e.peers) == 0:
		return fmt.Errorf("%s: %w: it names nobody: write any for everybody", e.key, ErrRule)
	case side == ingress && e.action == Deny && slices.Contains(e.peers, string(wordHost)):
		return fmt.Errorf("from: %w: host can not be denied: a node always reaches its own endpoints", ErrRule)
	}
	return nil
}
