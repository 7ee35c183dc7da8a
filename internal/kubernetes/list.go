// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"encoding/json"
	"errors"
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
		Kind  string            `json:"kind"`
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(document, &list); err != nil {
		return nil, broken("", err)
	}
	for i, raw := range list.Items {
		item, err := openItem(raw)
		if err == nil && list.Kind == kindList {
			complete(item, "apiVersion", apiVersion)
			complete(item, "kind", kind)
			list.Items[i], err = json.Marshal(item)
		}
		if err != nil {
			at := fmt.Sprintf("items[%d]", i)
			return nil, &Error{Field: at, Reason: fmt.Sprintf("%s: %v", at, plain(err))}
		}
	}
	return list.Items, nil
}

// openItem refuses what is no document.
func openItem(raw json.RawMessage) (item map[string]json.RawMessage, err error) {
	if err = json.Unmarshal(raw, &item); err == nil && item == nil {
		err = errors.New("there is nothing in it")
	}
	return item, err
}

// complete adds a key with a text, if it is not there.
func complete(item map[string]json.RawMessage, key, text string) {
	if _, found := item[key]; !found {
		item[key] = json.RawMessage(`"` + text + `"`)
	}
}
