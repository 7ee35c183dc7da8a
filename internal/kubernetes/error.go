// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	strict "sigs.k8s.io/json"
)

// ErrNetworkPolicy is returned for a document that Kubernetes would refuse, or whose meaning the policy
// language can not express.
var ErrNetworkPolicy = errors.New("broken NetworkPolicy")

// Error says what is wrong with a document. It is an ErrNetworkPolicy.
type Error struct {
	Name   string // NAMESPACE/NAME; "" as long as that is not known to be sound
	Field  string // as Kubernetes names it: spec.ingress[0].from[1]; "" is the whole document
	Reason string // one line, with the field in it
}

func (e *Error) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("%v: %s", ErrNetworkPolicy, e.Reason)
	}
	return fmt.Sprintf("%v %s: %s", ErrNetworkPolicy, e.Name, e.Reason)
}

// Unwrap returns ErrNetworkPolicy.
func (e *Error) Unwrap() error { return ErrNetworkPolicy }

// broken says what is wrong with the document of that name; of what it quotes not more than fits in a line.
func broken(name string, err error) error {
	return &Error{Name: name, Field: fieldOf(err), Reason: fmt.Sprintf("%.1000s", plain(err))}
}

// fieldOf returns the field that one of Kubernetes' errors is about. If its value is of the wrong kind, the path has no
// indices of lists.
func fieldOf(err error) string {
	var invalid *field.Error
	var unknown strict.FieldError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &invalid):
		return invalid.Field
	case errors.As(err, &unknown):
		return unknown.FieldPath()
	case errors.As(err, &wrong):
		return wrong.Field
	}
	return ""
}

// plain says without the names of Go types what is wrong about a value of the wrong kind.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	mismatch := fmt.Errorf("want %s, got %s", describe(wrong.Type.Kind()), wrong.Value)
	if wrong.Field == "" {
		return mismatch
	}
	return fmt.Errorf("%s: %w", wrong.Field, mismatch)
}

// describe says what a YAML value of that kind is.
func describe(k reflect.Kind) string {
	switch k {
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "keys and values"
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "text"
	}
	return strings.TrimRight(k.String(), "0123456789")
}
