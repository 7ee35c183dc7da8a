// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"

	strict "sigs.k8s.io/json"
)

// What the documents that Translate reads say of themselves.
const (
	apiVersion = "networking.k8s.io/v1"
	kind       = "NetworkPolicy"
)

// decode reads a document as the API server does when it is asked to be strict: a key that it does not
// know, or that is there twice, is an error that names it.
func decode(document []byte) (*networkPolicy, error) {
	np := &networkPolicy{}
	problems, err := strict.UnmarshalStrict(document, np)
	switch {
	case err != nil:
		return nil, err
	case np.APIVersion != apiVersion || np.Kind != kind:
		return nil, fmt.Errorf("apiVersion and kind are %.80q and %.80q: want %s and %s", np.APIVersion, np.Kind, apiVersion, kind)
	case len(problems) > 0:
		return nil, problems[0]
	}
	return np, nil
}
