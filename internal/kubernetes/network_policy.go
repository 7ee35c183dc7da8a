// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"cmp"
	"fmt"
	"net/netip"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hypha-net/hypha/internal/policy"
)

// maxName bounds the name of a policy, in bytes.
const maxName = 253

// translation is one NetworkPolicy on its way.
type translation struct {
	namespace string         // the policy's own
	cluster   []netip.Prefix // where the addresses of endpoints are
	warnings  []Warning
}

// Warning is about what is legal and likely not what its author had in mind.
type Warning struct {
	Field string // as Kubernetes names it: spec.ingress[0].from[1]
	Text  string // the rest of the line
}

func (w Warning) String() string { return w.Field + ": " + w.Text }

// Translate returns the policy that means what the NetworkPolicy means, given as JSON. cluster are the
// prefixes of the cluster's own addresses; an ipBlock that covers some of them earns a warning. The policy is
// called k8s.NAMESPACE.NAME and its rule for spec.ingress[0] ingress-0. An Error if the document is broken.
func Translate(document []byte, cluster ...netip.Prefix) (policy.Policy, []Warning, error) {
	np, err := decode(document)
	if err != nil {
		return policy.Policy{}, nil, broken("", err)
	}
	t := &translation{namespace: cmp.Or(np.Namespace, meta.NamespaceDefault), cluster: cluster}
	name, err := t.name(np)
	if err != nil {
		return policy.Policy{}, nil, broken("", err)
	}
	rules, err := t.rules(np.Spec)
	if err != nil {
		return policy.Policy{}, nil, broken(t.namespace+"/"+np.Name, err)
	}
	return policy.Policy{Kind: policy.PolicyKind, Name: name, Rules: rules}, t.warnings, nil
}

// name is unique among NetworkPolicies: a namespace has no dot in it.
func (t *translation) name(np *networkPolicy) (string, error) {
	metadata := field.NewPath("metadata")
	if np.Name == "" {
		return "", field.Required(metadata.Child("name"), "a policy needs a name of its own")
	}
	for _, problem := range validation.IsDNS1123Subdomain(np.Name) {
		return "", field.Invalid(metadata.Child("name"), np.Name, problem)
	}
	for _, problem := range validation.IsDNS1123Label(t.namespace) {
		return "", field.Invalid(metadata.Child("namespace"), t.namespace, problem)
	}
	name := "k8s." + t.namespace + "." + np.Name
	if len(name) > maxName {
		return "", field.TooLong(metadata.Child("name"), "", maxName-len(name)+len(np.Name))
	}
	return name, nil
}

// warn notes a line about the field.
func (t *translation) warn(path *field.Path, format string, args ...any) {
	t.warnings = append(t.warnings, Warning{Field: path.String(), Text: fmt.Sprintf(format, args...)})
}
