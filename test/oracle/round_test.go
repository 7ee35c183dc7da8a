// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hypha-net/hypha/api"
)

// round is a policy file in force.
type round struct {
	*cluster
	mode      string
	documents []document
	rules     []rule
}

func newRound(c *cluster, mode string, documents []document) *round {
	r := &round{cluster: c, mode: mode, documents: documents}
	r.rules = read(r.file())
	return r
}

func (r *round) file() string {
	var texts []string
	for _, d := range r.documents {
		text, err := yaml.Marshal(d)
		if err != nil {
			panic(err) // it is made of maps, lists and texts
		}
		texts = append(texts, string(text))
	}
	return strings.Join(texts, "---\n")
}

func (r *round) String() string {
	return fmt.Sprintf("mode %s\ncontainers:\n%vpolicy file:\n%s", r.mode, r.cluster, r.file())
}

// apply puts the file into force, and nothing else.
func (r *round) apply() error {
	before, err := ask[api.PolicySet](r.commandLine, "policy", "get")
	if err != nil {
		return err
	}
	if len(r.documents) > 0 {
		if _, err := r.try(r.file(), "policy", "apply", "-f", "-"); err != nil {
			return err
		}
	}
	names := map[string]bool{}
	for _, one := range r.rules {
		names[one.policy] = true
	}
	for _, p := range before.Policies {
		if names[p.Name] {
			continue
		}
		if _, err := r.try("", "policy", "delete", p.Name); err != nil {
			return err
		}
	}
	return nil
}
