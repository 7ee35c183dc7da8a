// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"github.com/hypha-net/hypha/internal/policy"
)

// Read is a policy of a file, and the NetworkPolicy that it was translated from; nil if it was written as it is.
type Read struct {
	policy.Policy
	Source json.RawMessage
}

// ReadFile reads a file of policies: Hypha's own, and NetworkPolicies, also in lists. cluster are the prefixes of the cluster's own
// addresses. It returns all of them, or an error of one line that starts with name and line.
func ReadFile(name string, data []byte, cluster ...netip.Prefix) ([]Read, []policy.Warning, error) {
	documents, err := policy.Documents(name, data)
	if err != nil {
		return nil, nil, err
	}
	f := file{name: name, cluster: cluster}
	var own []policy.Document
	for _, document := range documents {
		switch {
		case document.Kind == kind: // of whatever API: Translate says which it has to be
			err = f.translate(document, document.JSON, "")
		case IsList(document.APIVersion, document.Kind):
			err = f.translateItems(document)
		default:
			own = append(own, document)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if len(own) == 0 {
		return f.read, f.warnings, nil
	}
	policies, warnings, err := policy.ParseDocuments(name, own, cluster...)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range policies {
		f.read = append(f.read, Read{Policy: p})
	}
	return f.read, append(f.warnings, warnings...), nil
}

// file is what has been read so far.
type file struct {
	name     string
	cluster  []netip.Prefix
	read     []Read
	warnings []policy.Warning
}

func (f *file) translateItems(document policy.Document) error {
	items, err := Items(document.JSON)
	if err != nil {
		return f.locate(document, "", err)
	}
	for i, item := range items {
		if err := f.translate(document, item, fmt.Sprintf("items[%d].", i)); err != nil {
			return err
		}
	}
	return nil
}

// translate adds what one NetworkPolicy becomes. prefix is where in the document it is.
func (f *file) translate(document policy.Document, written json.RawMessage, prefix string) error {
	translated, warnings, err := Translate(written, f.cluster...)
	if err != nil {
		return f.locate(document, prefix, err)
	}
	for _, w := range warnings {
		f.warnings = append(f.warnings, policy.Warning{File: f.name, Line: document.LineOf(prefix + w.Field), Text: w.String()})
	}
	f.read = append(f.read, Read{translated, written})
	return nil
}

// locate puts the line before an error.
func (f *file) locate(document policy.Document, prefix string, err error) error {
	line := document.Line
	if broken := (*Error)(nil); errors.As(err, &broken) {
		line = document.LineOf(prefix + broken.Field)
	}
	return fmt.Errorf("%s:%d: %w", f.name, line, err)
}
