// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/hypha-net/hypha/api"
)

func bgpText(s api.BGPStatus) string {
	established := 0
	for _, session := range s.Sessions {
		if session.Established {
			established++
		}
	}
	return fmt.Sprintf("AS %d, router id %s, %d of %s established", s.ASN, s.RouterID, established,
		countText(len(s.Sessions), "session", "sessions"))
}

func (p *page) bgpTable(sessions []api.BGPSession) *table {
	t := newTable(left("BGP PEER"), right("AS"), left("ESTABLISHED"), left("SINCE"), flex("ANNOUNCED"))
	for _, session := range sessions {
		state := "yes"
		if !session.Established {
			state = "no"
		}
		t.add(session.Peer, session.ASN, state, session.Since.Local().Format(time.DateTime), announcedText(session))
		if !session.Established {
			t.colour(2, p.palette.red)
		}
	}
	return t
}

func announcedText(session api.BGPSession) string {
	if len(session.Announced) == 0 {
		return "nothing"
	}
	var prefixes []string
	for _, prefix := range session.Announced {
		prefixes = append(prefixes, prefix.String())
	}
	return strings.Join(prefixes, " ")
}
