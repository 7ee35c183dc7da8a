// SPDX-License-Identifier: Apache-2.0

package policy

import "errors"

// A path leads from the list of policies to a place in one of them: indexes from 0 and keys, such as
// 0, "rules", 2, "ingress", 0, "ports", 1. ParseDocuments finds the place's line by it.
type path []any

// keyStep is the last step to a key itself, not to its value.
type keyStep string

// placed is an error whose place is known.
type placed struct {
	label string // what people call the place; "" if the error names it
	steps path   // from the place of the error that wraps this one
	err   error
}

func (p *placed) Error() string {
	if p.label == "" {
		return p.err.Error()
	}
	return p.label + ": " + p.err.Error()
}

func (p *placed) Unwrap() error { return p.err }

// at says where err is: the steps from the place of whoever wraps it next. nil stays nil.
func at(err error, label string, steps ...any) error {
	if err == nil {
		return nil
	}
	return &placed{label, steps, err}
}

// pathOf returns the steps to the place of err, as far as it knows.
func pathOf(err error) path {
	var steps path
	for ; err != nil; err = errors.Unwrap(err) {
		if p, ok := err.(*placed); ok {
			steps = append(steps, p.steps...)
		}
	}
	return steps
}
