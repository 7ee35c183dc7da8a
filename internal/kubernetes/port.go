// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// translatePorts returns the items of a ports list; none is every port of every protocol.
func translatePorts(ports []policyPort, path *field.Path) ([]string, error) {
	var items []string
	for i, p := range ports {
		item, err := translatePort(p, path.Index(i))
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// translatePort returns "tcp", "80/tcp", "8000-8999/tcp" or "http/tcp".
func translatePort(p policyPort, path *field.Path) (string, error) {
	protocol, err := translateProtocol(p.Protocol, path.Child("protocol"))
	if err != nil {
		return "", err
	}
	switch {
	case p.Port == nil && p.EndPort != nil:
		return "", field.Forbidden(path.Child("endPort"), "may not be specified when `port` is not specified")
	case p.Port == nil:
		return protocol, nil
	case p.Port.Type == intstr.String && p.EndPort != nil:
		return "", field.Forbidden(path.Child("endPort"), "may not be specified when `port` is a name")
	case p.Port.Type == intstr.String:
		return named(p.Port.StrVal, protocol, path.Child("port"))
	}
	return numbered(p.Port.IntVal, p.EndPort, protocol, path)
}

// translateProtocol returns the protocol's name in the policy language; TCP if none is given.
func translateProtocol(given *protocol, path *field.Path) (string, error) {
	if given == nil {
		return "tcp", nil
	}
	switch *given {
	case tcp, udp, sctp:
		return strings.ToLower(string(*given)), nil
	}
	return "", field.NotSupported(path, *given, []protocol{tcp, udp, sctp})
}

func named(name, protocol string, path *field.Path) (string, error) {
	for _, problem := range validation.IsValidPortName(name) {
		return "", field.Invalid(path, name, problem)
	}
	return name + "/" + protocol, nil
}

func numbered(first int32, end *int32, protocol string, path *field.Path) (string, error) {
	for _, problem := range validation.IsValidPortNum(int(first)) {
		return "", field.Invalid(path.Child("port"), first, problem)
	}
	last := first
	if end != nil {
		last = *end
	}
	for _, problem := range validation.IsValidPortNum(int(last)) {
		return "", field.Invalid(path.Child("endPort"), last, problem)
	}
	switch {
	case last < first:
		return "", field.Invalid(path.Child("endPort"), last, fmt.Sprintf("must be greater than or equal to `port`, which is %d", first))
	case last == first:
		return fmt.Sprintf("%d/%s", first, protocol), nil
	}
	return fmt.Sprintf("%d-%d/%s", first, last, protocol), nil
}
