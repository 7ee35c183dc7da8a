// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// entry is an ingress or egress entry of a rule, of which both have the same form.
type entry struct {
	peers, except, ports []string
}

// entries returns what one item says. An ipBlock with exceptions is an entry of its own: they are only
// its own. No peer is everybody, no port is every port of every protocol.
func (t *translation) entries(
	peers []policyPeer, ports []policyPort, path *field.Path, side string,
) ([]entry, error) {
	covered, err := translatePorts(ports, path.Child("ports"))
	if err != nil {
		return nil, err
	}
	if len(peers) == 0 {
		return []entry{{peers: []string{"any"}, ports: covered}}, nil
	}
	var together entry
	var alone []entry
	for i, p := range peers {
		item, except, err := t.peer(p, path.Child(side).Index(i))
		switch {
		case err != nil:
			return nil, err
		case except != nil:
			alone = append(alone, entry{[]string{item}, except, covered})
		default:
			together = entry{append(together.peers, item), nil, covered}
		}
	}
	if together.peers == nil {
		return alone, nil
	}
	return append([]entry{together}, alone...), nil
}
