// SPDX-License-Identifier: Apache-2.0

package datapath

import "github.com/hypha-net/hypha/internal/identity"

// judgeUsers is who is known to use each judge: the identities whose tables it has, and their endpoints. A judge has more users than
// these if an endpoint could not be switched to its tables, or has kept them when they were dropped, or if a Switch is on the way.
type judgeUsers map[*judge]struct{ identities, endpoints int }

// judgeUsers counts them, d.mu held.
func (d *Datapath) judgeUsers() judgeUsers {
	users := judgeUsers{}
	for _, t := range d.tables {
		u := users[t.judge]
		u.identities++
		users[t.judge] = u
	}
	for _, a := range d.attached {
		if t := d.tables[a.wanted.Identity]; t != nil && t.judge == a.judge {
			u := users[t.judge]
			u.endpoints++
			users[t.judge] = u
		}
	}
	return users
}

// only returns what all of the identities have, and nobody beside them and their endpoints: its rows may be changed in place. nil if
// there is nothing of the kind. d.mu is held.
func (u judgeUsers) only(d *Datapath, identities []identity.Number) *inForce {
	have := d.tables[identities[0]]
	if have == nil || have.broken {
		return nil
	}
	for _, id := range identities {
		if d.tables[id] != have {
			return nil
		}
	}
	users := u[have.judge]
	if users.identities != len(identities) || have.judge.users != users.identities+users.endpoints {
		return nil
	}
	return have
}
