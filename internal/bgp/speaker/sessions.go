// SPDX-License-Identifier: Apache-2.0

package speaker

import (
	"encoding/json"
	"net/netip"
	"sync"
	"time"

	"github.com/osrg/gobgp/v4/pkg/apiutil"
	gobgp "github.com/osrg/gobgp/v4/pkg/packet/bgp"

	"github.com/hypha-net/hypha/internal/bgp"
)

// sessions says how it stands with the peers whenever that changes.
type sessions struct {
	mu       sync.Mutex
	all      bgp.Sessions
	families map[netip.Addr]map[gobgp.Family]bool // that peers of established sessions speak
	routes   bgp.Routes
	out      *json.Encoder // nil: the speaker is about to end
}

func newSessions(config bgp.Config, out *json.Encoder) *sessions {
	s := &sessions{out: out, families: map[netip.Addr]map[gobgp.Family]bool{}}
	for _, peer := range config.Peers {
		s.all = append(s.all, bgp.Session{Peer: peer.Address, ASN: peer.ASN, Since: time.Now()})
	}
	return s
}

// changed is what gobgp calls when a session has another state.
func (s *sessions) changed(event *apiutil.WatchEventMessage_PeerEvent, at time.Time) {
	state := event.Peer.State
	established := state.SessionState == gobgp.BGP_FSM_ESTABLISHED
	s.update(state.NeighborAddress, func(session *bgp.Session) bool {
		if established == session.Established {
			return fail(session, refusal(state))
		}
		session.Established, session.Since, session.Problem = established, at, ""
		delete(s.families, session.Peer)
		if established {
			s.families[session.Peer] = familiesIn(state.RemoteCap)
		} else {
			session.Problem = lost(state.DisconnectMessage)
		}
		return true
	})
}

// fail notes why a session is not established.
func (s *sessions) fail(peer netip.Addr, problem string) {
	s.update(peer, func(session *bgp.Session) bool { return fail(session, problem) })
}

// fail reports whether that is news.
func fail(session *bgp.Session, problem string) bool {
	if session.Established || problem == "" || session.Problem == problem {
		return false
	}
	session.Problem = problem
	return true
}

// announce notes what is announced from now on.
func (s *sessions) announce(routes bgp.Routes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes = routes
	s.say()
}

// close has nothing more said: that sessions end is meant.
func (s *sessions) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = nil
}

// update says how it stands if change has changed the session with a peer.
func (s *sessions) update(peer netip.Addr, change func(*bgp.Session) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.all {
		if s.all[i].Peer == peer && change(&s.all[i]) {
			s.say()
		}
	}
}

// say writes all sessions. An agent that does not read has ended, and so will this speaker.
func (s *sessions) say() {
	if s.out == nil {
		return
	}
	for i := range s.all {
		s.all[i].Announced = nil
		for _, route := range s.routes {
			if s.families[s.all[i].Peer][familyOf(route.Prefix)] {
				s.all[i].Announced = append(s.all[i].Announced, route.Prefix)
			}
		}
	}
	s.out.Encode(s.all) //nolint:errcheck // see above
}

// familiesIn are those that a peer's capabilities name, RFC 4760; IPv4 if they name none.
func familiesIn(capabilities []gobgp.ParameterCapabilityInterface) map[gobgp.Family]bool {
	families := map[gobgp.Family]bool{}
	for _, capability := range capabilities {
		if c, ok := capability.(*gobgp.CapMultiProtocol); ok {
			families[c.CapValue] = true
		}
	}
	if len(families) == 0 {
		families[gobgp.RF_IPv4_UC] = true
	}
	return families
}
