// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"fmt"

	"github.com/hypha-net/hypha/internal/yaml"
)

// Marshal writes the policies as YAML documents with the keys in the order in which people write
// them. ParseDocuments reads the same policies back.
func Marshal(policies ...Policy) ([]byte, error) {
	var text []byte
	for i, p := range policies {
		if i > 0 {
			text = append(text, "---\n"...)
		}
		document, err := marshal(p)
		if err != nil {
			return nil, fmt.Errorf("write policy %q: %w", p.Name, err)
		}
		text = append(text, document...)
	}
	return text, nil
}

// marshal goes by way of JSON, which keeps the order of a struct's fields and has the tags.
func marshal(p Policy) ([]byte, error) {
	asJSON, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return yaml.FromJSON(asJSON)
}
