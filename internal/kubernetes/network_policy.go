// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"

	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hypha-net/hypha/internal/policy"
)

// ErrNetworkPolicy is returned for a document that Kubernetes would refuse, or whose meaning the policy
// language can not express.
var ErrNetworkPolicy = errors.New("broken NetworkPolicy")

// maxName bounds the name of a policy, in bytes.
const maxName = 253

// translation is one NetworkPolicy on its way.
type translation struct {
	namespace string         // the policy's own
	cluster   []netip.Prefix // where the addresses of endpoints are
	warnings  []string
}

// Translate returns the policy that means what the NetworkPolicy means, given as JSON, and warnings:
// lines about what is likely not what its author had in mind. cluster are the prefixes of the
// cluster's own addresses; an ipBlock that covers some of them earns a warning. The policy is called
// k8s.NAMESPACE.NAME and its rule for spec.ingress[0] ingress-0. ErrNetworkPolicy, in one line that
// names the field, if the document is broken.
func Translate(document []byte, cluster ...netip.Prefix) (policy.Policy, []string, error) {
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
		return policy.Policy{}, nil, broken(" "+t.namespace+"/"+np.Name, err)
	}
	return policy.Policy{Kind: policy.PolicyKind, Name: name, Rules: rules}, t.warnings, nil
}

// broken says what is wrong with the document, and of what it quotes not more than a line can hold.
func broken(document string, err error) error {
	return fmt.Errorf("%w%s: %.1000s", ErrNetworkPolicy, document, err)
}

// name is unique among NetworkPolicies: a namespace has no dot in it.
func (t *translation) name(np *networking.NetworkPolicy) (string, error) {
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
	t.warnings = append(t.warnings, path.String()+": "+fmt.Sprintf(format, args...))
}
