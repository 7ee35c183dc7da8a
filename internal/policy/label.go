// SPDX-License-Identifier: Apache-2.0

package policy

// label is one key=value.
type label struct{ name, value string }

func (l label) matches(p Peer) bool {
	value, found := p.known()[l.name]
	return found && value == l.value
}

func (l label) mayMatch(p Peer) bool { return p.isInit() }

func (l label) key() string { return "label " + l.name + "=" + l.value }
