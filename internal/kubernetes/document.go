// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	networking "k8s.io/api/networking/v1"
	strict "sigs.k8s.io/json"
)

// What the documents that Translate reads say of themselves.
const (
	apiVersion = "networking.k8s.io/v1"
	kind       = "NetworkPolicy"
)

// IsNetworkPolicy reports whether Translate is meant for documents that say so of themselves.
func IsNetworkPolicy(version, documentKind string) bool {
	return version == apiVersion && documentKind == kind
}

// decode reads a document as the API server does when it is asked to be strict: a key that it does not
// know, or that is there twice, is an error that names it.
func decode(document []byte) (*networking.NetworkPolicy, error) {
	np := &networking.NetworkPolicy{}
	problems, err := strict.UnmarshalStrict(document, np)
	switch {
	case err != nil:
		return nil, plain(err)
	case len(problems) > 0:
		return nil, problems[0]
	case !IsNetworkPolicy(np.APIVersion, np.Kind):
		return nil, fmt.Errorf("apiVersion and kind are %.80q and %.80q: want %s and %s", np.APIVersion, np.Kind, apiVersion, kind)
	}
	return np, nil
}

// plain says without the names of Go types what is wrong about a value of the wrong kind.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	if wrong.Field == "" {
		return fmt.Errorf("want %s, got %s", describe(wrong.Type.Kind()), wrong.Value)
	}
	return fmt.Errorf("%s: want %s, got %s", wrong.Field, describe(wrong.Type.Kind()), wrong.Value)
}

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
