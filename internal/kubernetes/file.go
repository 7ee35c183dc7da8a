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
	f := file{name: name, cluster: cluster, names: map[string]place{}}
	var own []policy.Document
	for i := range documents {
		document := &documents[i] // which parses its lines once
		switch {
		case document.Kind == kind: // of whatever API: Translate says which it has to be
			err = f.translate(document, document.JSON, "")
		case isList(document.APIVersion, document.Kind):
			err = f.translateItems(document)
		case document.Kind != "" && document.Kind != policy.PolicyKind:
			err = fmt.Errorf("%s:%d: %w: kind is %.40q: it must be %s, or a %s or a list of them", name, document.LineOf("kind"),
				policy.ErrRule, document.Kind, policy.PolicyKind, kind)
		default:
			own = append(own, *document)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	switch {
	case len(own) > 0:
		err = f.readOwn(own)
	case len(f.read) == 0: // empty lists
		err = fmt.Errorf("%s: %w", name, policy.ErrEmpty)
	}
	if err != nil {
		return nil, nil, err
	}
	return f.read, f.warnings, nil
}

// file is what has been read so far.
type file struct {
	name     string
	cluster  []netip.Prefix
	read     []Read
	names    map[string]place // policy → where it says so
	warnings []policy.Warning
}

// place is a field of a document. Its line is asked for only if something is wrong: that takes reading the document again.
type place struct {
	document *policy.Document
	field    string
}

func (p place) line() int { return p.document.LineOf(p.field) }

// add refuses a name that is there already.
func (f *file) add(read Read, name place) error {
	if first, twice := f.names[read.Name]; twice {
		return fmt.Errorf("%s:%d: %w %q: it is given twice, first in line %d", f.name, name.line(), policy.ErrName, read.Name, first.line())
	}
	f.names[read.Name] = name
	f.read = append(f.read, read)
	return nil
}

// readOwn adds Hypha's own policies.
func (f *file) readOwn(documents []policy.Document) error {
	policies, warnings, err := policy.ParseDocuments(f.name, documents, f.cluster...)
	if err != nil {
		return err
	}
	f.warnings = append(f.warnings, warnings...)
	for i, p := range policies {
		if err := f.add(Read{Policy: p}, place{&documents[i], "name"}); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) translateItems(document *policy.Document) error {
	list, err := items(document.JSON)
	if err != nil {
		return f.locate(document, "", err)
	}
	for i, item := range list {
		if err := f.translate(document, item, fmt.Sprintf("items[%d].", i)); err != nil {
			return err
		}
	}
	return nil
}

// translate adds what one NetworkPolicy becomes. prefix is where in the document it is.
func (f *file) translate(document *policy.Document, written json.RawMessage, prefix string) error {
	translated, warnings, err := Translate(written, f.cluster...)
	if err != nil {
		return f.locate(document, prefix, err)
	}
	for _, w := range warnings {
		f.warnings = append(f.warnings, policy.Warning{File: f.name, Line: document.LineOf(prefix + w.Field), Text: w.String()})
	}
	return f.add(Read{translated, written}, place{document, prefix + "metadata.name"})
}

// locate puts the line before an error.
func (f *file) locate(document *policy.Document, prefix string, err error) error {
	line := document.Line
	if broken := (*Error)(nil); errors.As(err, &broken) {
		line = document.LineOf(prefix + broken.Field)
	}
	return fmt.Errorf("%s:%d: %w", f.name, line, err)
}
