// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/hypha-net/hypha/api"
)

// shot is a datagram. Its fate is known when its event has come and, if that says that it passed, it has, too.
type shot struct {
	promised uint64 // the revision that an apply had promised when it was sent
	event    *api.Event
	arrived  bool
}

// fates counts shots.
type fates struct{ arrived, denied uint64 }

// learn notes what has become known of the shot from a source. The error says that this does not fit the policies, or what is
// known already.
func (s *shooter) learn(from netip.AddrPort, note func(*shot)) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	shot, found := s.flying[from]
	if !found {
		return fmt.Errorf("%s: news of a shot from %s, of which all was known", s.name, from)
	}
	note(shot)
	if shot.event == nil || shot.event.Verdict == "allow" && !shot.arrived {
		return nil
	}
	delete(s.flying, from)
	<-s.credit
	if shot.arrived {
		s.fates.arrived++
	} else {
		s.fates.denied++
	}
	return shot.check(s.role)
}

// check holds what was reported against what the revision says, what was promised, and what happened.
func (s *shot) check(role string) error {
	if err := judged(*s.event, role); err != nil {
		return err
	}
	if passed := s.event.Ruling.Allowed; s.arrived != passed {
		return fmt.Errorf("arrived: %t, with %+v", s.arrived, *s.event)
	}
	if s.event.Revision < s.promised {
		return fmt.Errorf("revision %d was promised before %+v", s.promised, *s.event)
	}
	return nil
}

// judged holds an event of a packet of a consumer with that role against what its revision says.
func judged(event api.Event, role string) error {
	wanted, verdict := ruledAt(event.Revision, role), "drop"
	if wanted.Allowed {
		verdict = "allow"
	}
	if event.Ruling == nil || *event.Ruling != wanted || event.Verdict != verdict {
		return fmt.Errorf("revision %d rules %+v, but it was %+v by %+v", event.Revision, wanted, event, event.Ruling)
	}
	return nil
}

// plain is an address as events have it.
func plain(addr net.Addr) netip.AddrPort {
	from := addr.(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
}
