// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"encoding/json"
	"fmt"
)

// What lists say of themselves.
const (
	kindList          = "NetworkPolicyList"
	genericAPIVersion = "v1" // of the list that kubectl get makes
	genericKindList   = "List"
)

// isList reports whether items is meant for documents that say so of themselves.
func isList(version, documentKind string) bool {
	return version == apiVersion && documentKind == kindList ||
		version == genericAPIVersion && documentKind == genericKindList
}

// items returns the documents in a list, which may be of any kind. Those of a NetworkPolicyList need
// not say what they are and then do. ErrNetworkPolicy if it is not put together as a list is.
func items(document []byte) ([]json.RawMessage, error) {
	var list struct {
		Kind  string                       `json:"kind"`
		Items []map[string]json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(document, &list); err != nil {
		return nil, broken("", err)
	}
	items := make([]json.RawMessage, 0, len(list.Items))
	for i, item := range list.Items {
		if item == nil {
			return nil, broken("", fmt.Errorf("items[%d]: there is nothing in it", i))
		}
		if list.Kind == kindList {
			complete(item, "apiVersion", apiVersion)
			complete(item, "kind", kind)
		}
		raw, err := json.Marshal(item)
		if err != nil {
			return nil, broken("", fmt.Errorf("items[%d]: %w", i, err))
		}
		items = append(items, raw)
	}
	return items, nil
}

// complete adds a key with a text, if it is not there.
func complete(item map[string]json.RawMessage, key, text string) {
	if _, found := item[key]; !found {
		item[key] = json.RawMessage(`"` + text + `"`)
	}
}
