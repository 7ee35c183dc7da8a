// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// decoder reads the store's documents. What it read last it does not read again: of ten thousand policies, a change leaves all
// but a few as they are.
type decoder struct {
	mu       sync.Mutex
	docs     []store.Doc // sorted by name
	policies []policy.Policy
}

// decode returns the policies that the documents are. They are shared: not to be changed.
func (d *decoder) decode(docs []store.Doc) ([]policy.Policy, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	policies := make([]policy.Policy, len(docs))
	last := 0
	for i, doc := range docs {
		for last < len(d.docs) && d.docs[last].Name < doc.Name {
			last++
		}
		if last < len(d.docs) && sameDoc(d.docs[last], doc) {
			policies[i] = d.policies[last]
		} else if err := json.Unmarshal(doc.JSON, &policies[i]); err != nil {
			return nil, fmt.Errorf("policy %q in the store: %w", doc.Name, err)
		}
	}
	d.docs, d.policies = docs, policies
	return policies, nil
}
