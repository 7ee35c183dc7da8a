// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"maps"
	"strconv"
	"strings"

	"github.com/hypha-net/hypha/api"
)

// maxIntroductions is when a page forgets them.
const maxIntroductions = 4096

// introductions are what was said of parties on a page. One of events has few of them, over and over.
type introductions map[introductionKey]introduction

type introductionKey struct {
	endpoint, node string
	number         uint32
}

type introduction struct {
	of   api.Identity
	text string
}

// party prints what partyText is.
func (p *page) party(party api.Party) {
	p.WriteString(p.introduce(party))
	if party.Address.IsValid() {
		p.clean(appendAddress(append(p.AvailableBuffer(), ' '), party.Address, party.Port))
	}
}

// introduce is a party's text up to its address.
func (p *page) introduce(party api.Party) string {
	key := introductionKey{party.Endpoint, party.Node, party.Identity.Number}
	if known, said := p.introduced[key]; said && sameIdentity(known.of, party.Identity) {
		return known.text
	}
	if p.introduced == nil || len(p.introduced) >= maxIntroductions {
		p.introduced = introductions{}
	}
	text := introductionText(party)
	p.introduced[key] = introduction{party.Identity, text}
	return text
}

func sameIdentity(a, b api.Identity) bool {
	return a.Name == b.Name && a.Prefix == b.Prefix && maps.Equal(a.Labels, b.Labels)
}

// introductionText is "name (labels) [identity] on node", without what is not known.
func introductionText(p api.Party) string {
	text := identityText(p.Identity)
	if p.Endpoint != "" {
		text = p.Endpoint + " (" + strings.Trim(text, "()") + ")"
	}
	if p.Identity.Number != 0 {
		text += " [" + strconv.FormatUint(uint64(p.Identity.Number), 10) + "]"
	}
	if p.Node != "" {
		text += " on " + p.Node
	}
	return clean(text)
}
