// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
)

// life is a node that things happen to, and what should be there.
type life struct {
	*node
	*rand.Rand
	wanted map[endpoint.ID]Endpoint
}

// Whatever happened before, in whatever order: after an Apply the kernel has what was wanted, and after a Remove nothing.
func TestRandomLife(t *testing.T) {
	n := newNode(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	l := life{n, rand.New(rand.NewPCG(seed, 0)), map[endpoint.ID]Endpoint{}}
	for range 60 {
		id := endpoint.ID(1 + l.IntN(3))
		switch l.IntN(9) {
		case 0, 1, 2:
			l.becomes(t, id)
		case 3:
			l.goes(t, id)
		case 4:
			l.losesLink(t, id)
		case 5:
			l.Regenerate(id)
		case 6:
			l.reopen()
		case 7:
			l.isRuled(t, identity.Number(300+l.IntN(3)))
		case 8:
			l.linkAll()
		}
		l.check(t)
	}
	for id := range l.wanted {
		l.goes(t, id)
	}
	n.wantNoTables(t)
}

// becomes has an endpoint become something drawn, on a link that is made anew if it is gone.
func (l life) becomes(t *testing.T, id endpoint.ID) {
	e := l.endpoint(id)
	e.Identity = identity.Number(300 + l.IntN(3))
	e.Trace = l.IntN(2) == 0
	if l.IntN(2) == 0 {
		e.IPv4 = netip.Addr{}
	}
	if l.IntN(2) == 0 {
		l.set(e.Identity, allow(identity.Host), allow())
	}
	if _, err := l.try(e); err != nil {
		t.Fatalf("%+v", err)
	}
	l.wanted[id] = e
}

// isRuled gives an identity other tables, with or without endpoints that have it.
func (l life) isRuled(t *testing.T, id identity.Number) {
	have, found := l.Tables(id)
	if found && l.IntN(2) == 0 {
		l.put(t, id, withPeer(have, identity.Number(400+l.IntN(5)), 1))
		return
	}
	l.set(id, allow([]identity.Number{identity.Host, identity.World, 400}[:l.IntN(4)]...), allow())
}

func (l life) goes(t *testing.T, id endpoint.ID) {
	if err := l.takeDown(id); err != nil {
		t.Fatal(err)
	}
	delete(l.wanted, id)
}

// losesLink is what the end of a container's namespace does. The endpoint is applied again then.
func (l life) losesLink(t *testing.T, id endpoint.ID) {
	e, there := l.wanted[id]
	if !there {
		return
	}
	l.ns.Must(func() error {
		link, err := netlink.LinkByName(e.Link.Host)
		if err != nil {
			return err
		}
		return netlink.LinkDel(link)
	})
	l.endpoint(id)
	if _, err := l.try(e); err != nil {
		t.Fatalf("%+v", err)
	}
}

func (l life) check(t *testing.T) {
	for id := endpoint.ID(1); id <= 3; id++ {
		have := l.state(id)
		e, there := l.wanted[id]
		if !there {
			if have.Entry != 0 || have.Judge != 0 || have.Info.Generation != 0 || len(have.Addresses) != 0 {
				t.Fatalf("endpoint %d is gone, and the kernel has %+v", id, have)
			}
			continue
		}
		index := 0
		l.ns.Must(func() (err error) {
			index, err = e.Link.Index()
			return err
		})
		addrs := slices.DeleteFunc([]netip.Addr{e.IPv4, e.IPv6}, func(a netip.Addr) bool { return !a.IsValid() })
		info := have.Info
		if have.Entry == 0 || have.Device != uint32(index) || info.Ifindex != uint32(index) || have.Judge == 0 ||
			info.Identity != uint32(e.Identity) || info.Flags != uint32(flag(e.Trace)) || !slices.Equal(addrs, have.Addresses) {
			t.Fatalf("endpoint %d should be %+v at interface %d, and the kernel has %+v", id, e, index, have)
		}
		l.checkRuled(t, id, e.Identity)
	}
}

// checkRuled holds what the endpoint is judged by against the tables of its identity, which may be an earlier agent's.
func (l life) checkRuled(t *testing.T, id endpoint.ID, ofIdentity identity.Number) {
	tables, found := l.Tables(ofIdentity)
	if _, loaded := l.Report(id); !found || !loaded {
		return
	}
	for _, peer := range []identity.Number{identity.Host, identity.World, 400, 401, 402} {
		asked, err := l.Ask(id, true, peer, 6, 80)
		if want := tables.Ingress.Ruling(peer, 6, 80).Allowed; err != nil || asked.Allowed != want || asked.Revision != tables.Revision {
			t.Fatalf("endpoint %d, peer %s: %+v, %v; want %v by revision %d", id, peer, asked, err, want, tables.Revision)
		}
	}
}
