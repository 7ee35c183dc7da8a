// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"net/netip"
)

// MaxInput bounds what Documents reads at a time, in bytes.
const MaxInput = 4 << 20

var (
	// ErrInputTooLarge is returned for input of more than MaxInput bytes.
	ErrInputTooLarge = errors.New("input is too large")
	// ErrEmpty is returned for input without a single policy.
	ErrEmpty = errors.New("no policy in it")
	// ErrYAML is returned for input that is no YAML, or not put together as a policy is.
	ErrYAML = errors.New("broken YAML")
)

// Warning is about what is sound and yet hardly meant.
type Warning struct {
	File string
	Line int    // of the file, from 1
	Text string // one line: where in the document, and what
}

func (w Warning) String() string { return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Text) }

// ParseDocuments reads documents of kind Policy from the file called name, all or nothing. It refuses what Compile does, what
// can never match, and CIDRs inside of the cluster's own prefixes, whose endpoints only labels name. An error is
// one line: name, line, and where in the document.
func ParseDocuments(name string, documents []Document, cluster ...netip.Prefix) ([]Policy, []Warning, error) {
	if len(documents) == 0 {
		return nil, nil, fmt.Errorf("%s: %w", name, ErrEmpty)
	}
	policies, doubts, err := readDocuments(documents, cluster)
	if err != nil {
		line, _ := locate(documents, err)
		return nil, nil, fmt.Errorf("%s:%d: %w", name, line, err)
	}
	var warnings []Warning
	for _, doubt := range doubts {
		line, text := locate(documents, doubt)
		warnings = append(warnings, Warning{name, line, text})
	}
	return policies, warnings, nil
}

// readDocuments returns sound policies, and what is doubtful about them.
func readDocuments(documents []Document, cluster []netip.Prefix) (policies []Policy, doubts []error, err error) {
	if policies, err = decodeDocuments(documents); err != nil {
		return nil, nil, err
	}
	rules, err := Compile(0, policies, Always)
	if err != nil {
		return nil, nil, err
	}
	all := rules.spots()
	if err := checkPrefixes(all, cluster); err != nil {
		return nil, nil, err
	}
	doubts, err = lint(all)
	return policies, doubts, err
}

func decodeDocuments(documents []Document) ([]Policy, error) {
	policies := make([]Policy, 0, len(documents))
	for i, d := range documents {
		p, err := d.policy()
		if err != nil {
			return nil, at(err, "", i)
		}
		policies = append(policies, p)
	}
	return policies, nil
}

// locate returns the line of an error whose path starts with the document's index.
func locate(documents []Document, err error) (line int, text string) {
	steps := pathOf(err)
	if len(steps) == 0 {
		return documents[0].Line, err.Error()
	}
	return documents[steps[0].(int)].line(steps[1:]), err.Error()
}
