// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hypha-net/hypha/internal/labels"
)

// Labels of an endpoint that say what Kubernetes knows about its pod, next to the pod's own labels.
const (
	namespaceKey = "namespace" // the name of the pod's namespace
	portPrefix   = "port"      // port/http: the number of the port that the pod calls http
)

// namespaceLabel returns the endpoint's label for label K of its namespace object: namespace/K, for p/n
// namespace.p/n, and for the name that every namespace object carries as a label just namespace.
func namespaceLabel(key string, _ *field.Path) (string, error) {
	switch prefix, name, prefixed := strings.Cut(key, "/"); {
	case key == nameLabel:
		return namespaceKey, nil
	case prefixed:
		return namespaceKey + "." + prefix + "/" + name, nil
	}
	return namespaceKey + "/" + key, nil
}

// podLabel returns the endpoint's label for one of its pod: the same. Those that have another meaning on
// endpoints are refused.
func (t *translation) podLabel(key string, path *field.Path) (string, error) {
	prefix, _, prefixed := strings.Cut(key, "/")
	switch {
	case key == namespaceKey, prefixed && prefix == namespaceKey, strings.HasPrefix(prefix, namespaceKey+".") && prefixed:
		return "", field.Forbidden(path, "on endpoints the label "+key+" is about the namespace: use namespaceSelector")
	case prefixed && prefix == portPrefix:
		return "", field.Forbidden(path, "on endpoints the label "+key+" is the number of a named port")
	}
	if _, counts := labels.DefaultFilter().Apply(labels.Set{key: ""})[key]; !counts {
		t.warn(path, "the agent's label filter leaves %s out, unless it is set up otherwise: no endpoint carries it", key)
	}
	return key, nil
}
