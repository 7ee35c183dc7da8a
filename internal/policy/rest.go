// SPDX-License-Identifier: Apache-2.0

package policy

// ref is whose opinion counts: a clause by number, or one of the below.
type ref int32

const (
	restClosed  ref = -1 - iota // no clause; the side is closed
	restOpen                    // no clause; the side is open
	restHost                    // a node reaches its endpoints
	restOutside                 // there is no such side
)

// sides is whose opinion counts on the subject's side and on the peer's, in each layer.
type sides [layers][2]ref

const (
	inner = 0
	outer = 1
)

// restOf is who decides about a group where no clause does.
func (p *plan) restOf(r *Resolver, g int32) (rest sides) {
	odd, population := p.oddTerms(g)
	for l := range rest {
		rest[l] = [2]ref{p.rest[l], restOutside}
		if p.side == ingress && population == inCluster {
			isClosed := r.closed[l].usual[inCluster]
			for _, term := range odd {
				if term == r.closed[l] {
					isClosed = !isClosed
				}
			}
			rest[l][outer] = restIf(isClosed)
		}
	}
	return rest
}

func restIf(closed bool) ref {
	if closed {
		return restClosed
	}
	return restOpen
}

// kindOfReserved returns the kind of a peer that is in no population.
func (p *plan) kindOfReserved(r *Resolver, one *resident) int32 {
	population := inWorld
	if p.side == ingress && one.isEndpoint() {
		population = inCluster
	}
	var rest sides
	for l := range rest {
		rest[l] = [2]ref{p.rest[l], restOutside}
		if p.side == ingress && one.isEndpoint() {
			rest[l][outer] = restIf(one.closers[l] > 0)
		}
		if p.side == ingress && one.isHost() {
			rest[l][inner] = restHost
		}
	}
	var matched []int32
	for i := range p.clauses {
		if p.clauses[i].holdsForReserved(one.Peer) {
			matched = append(matched, int32(i))
		}
	}
	return p.unusualKind(r, population, matched, rest)
}
