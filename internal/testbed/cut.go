// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// cutTable is the table of the world's bridge that keeps nodes from each other.
const cutTable = "cut"

// pair is two nodes, in either order.
type pair struct{ one, other *Node }

func (p pair) is(q pair) bool { return p == q || p == pair{q.other, q.one} }

// Cut keeps two nodes from each other: frames between them are lost in the world's bridge. They do not notice.
func (w *World) Cut(a, b *Node) {
	w.tb.Helper()
	w.cuts = append(w.without(pair{a, b}), pair{a, b})
	w.applyCuts()
}

// Heal lets two nodes reach each other again.
func (w *World) Heal(a, b *Node) {
	w.tb.Helper()
	w.cuts = w.without(pair{a, b})
	w.applyCuts()
}

func (w *World) without(gone pair) (left []pair) {
	for _, p := range w.cuts {
		if !p.is(gone) {
			left = append(left, p)
		}
	}
	return left
}

// applyCuts makes the bridge drop what goes between the pairs that are cut, and nothing else, in one transaction.
func (w *World) applyCuts() {
	w.tb.Helper()
	conn, err := nftables.New(nftables.WithNetNSFd(w.ns.Fd()))
	if err != nil {
		w.tb.Fatalf("opening nftables of %s: %v", w.Name, err)
	}
	table := &nftables.Table{Name: cutTable, Family: nftables.TableFamilyBridge}
	conn.AddTable(table) // so that there is one to delete
	conn.DelTable(table)
	conn.AddTable(table)
	chain := conn.AddChain(&nftables.Chain{
		Name: "forward", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter,
	})
	for _, p := range w.cuts {
		conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: dropBetween(p.one.port, p.other.port)})
		conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: dropBetween(p.other.port, p.one.port)})
	}
	if err := conn.Flush(); err != nil {
		w.tb.Fatalf("cutting nodes off from each other: %v", err)
	}
}

// dropBetween is `iifname FROM oifname TO drop`.
func dropBetween(from, to string) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: interfaceName(from)},
		&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: interfaceName(to)},
		&expr.Verdict{Kind: expr.VerdictDrop},
	}
}

// interfaceName is a name as the kernel compares it: padded with zeros.
func interfaceName(name string) []byte {
	return fmt.Appendf(nil, "%s%s", name, make([]byte, unix.IFNAMSIZ-len(name)))
}
