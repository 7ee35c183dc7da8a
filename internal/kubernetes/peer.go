// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// peer returns an item of from or to, and the prefixes that are cut out of it.
func (t *translation) peer(p policyPeer, path *field.Path) (item string, except []string, err error) {
	selects := p.PodSelector != nil || p.NamespaceSelector != nil
	switch {
	case p.IPBlock != nil && selects:
		return "", nil, field.Forbidden(path, "may not specify both ipBlock and another peer")
	case p.IPBlock != nil:
		return t.ipBlock(p.IPBlock, path.Child("ipBlock"))
	case selects:
		item, err = t.pods(p.NamespaceSelector, p.PodSelector, path)
		return item, nil, err
	}
	return "", nil, field.Required(path, "must specify a peer: podSelector, namespaceSelector or ipBlock")
}
