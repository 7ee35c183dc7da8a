// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"net/http"
)

// What is wrong with a request. An error of an Agent that wraps none of them is
// the agent's own failure.
var (
	ErrInvalid     = errors.New("invalid")           // as it stands, it can never work
	ErrNotFound    = errors.New("not found")         // what it is about is not there
	ErrConflict    = errors.New("conflict")          // it is at odds with what is there
	ErrUnavailable = errors.New("unavailable")       // it can not be done just now
	errTooLarge    = errors.New("body is too large") //
)

// Fault marks err as one of the kinds above, and leaves its text alone.
func Fault(kind, err error) error { return fault{kind, err} }

type fault struct{ kind, err error }

func (f fault) Error() string   { return f.err.Error() }
func (f fault) Unwrap() []error { return []error{f.kind, f.err} }

// statusOf is the HTTP status that tells a client about err.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, ErrConflict):
		return http.StatusConflict
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
