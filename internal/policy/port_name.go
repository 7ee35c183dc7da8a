// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"regexp"
	"strings"

	"github.com/hypha-net/hypha/internal/identity"
)

// portLabel starts the label by which a provider gives a named port its number: port/http=8080.
const portLabel = "port/"

// portNameForm is a service name, RFC 6335 section 5.1, in lower case; what the form can not say, IsPortName does.
var portNameForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$`)

// IsPortName reports whether text names a port: at most 15 of a-z, 0-9 and single - inside, at least one letter.
func IsPortName(text string) bool {
	return portNameForm.MatchString(text) && !strings.Contains(text, "--") && strings.Trim(text, "0123456789-") != ""
}

// NamedPort returns the number that a provider's label gives a port; false if it has no such label.
func NamedPort(provider Peer, name string) (uint16, bool) {
	ports, found := portItem{name: name}.at(provider, false)
	return ports.First, found
}

// at returns the ports of the provider that the item is about; false if it is about none. A name is
// about the port that the provider's label gives it. A provider without labels, or without that one, has no such port.
// What an init endpoint calls its ports is not known yet: in a deny it may be any.
func (i portItem) at(provider Peer, deny bool) (portRange, bool) {
	switch {
	case i.name == "":
		return i.portRange, true
	case provider.ID == identity.Init:
		return i.portRange, deny
	}
	number, err := parseNumber(provider.known()[portLabel+i.name])
	return portRange{i.Protocol, number, number}, err == nil
}
