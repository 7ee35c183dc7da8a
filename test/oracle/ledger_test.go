// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/api"
)

// ledger holds what hypha stats --by rule must say: what it said at the beginning, and the packets sent since.
type ledger struct {
	commandLine *commandLine
	sum         map[ruleKey]api.Tally
	unsure      bool
}

// ruleKey is all of an api.RuleStats that is no number.
type ruleKey struct {
	policy, rule, side, cause string
	tier                      int
	audit                     bool
}

func (c *cluster) newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{commandLine: c.commandLine}
	var err error
	if l.sum, err = l.read(); err != nil {
		t.Fatal(err)
	}
	return l
}

// read leaves out bytes, and what nothing was counted for.
func (l *ledger) read() (map[ruleKey]api.Tally, error) {
	all, err := ask[[]api.RuleStats](l.commandLine, "stats", "--by", "rule")
	sum := map[ruleKey]api.Tally{}
	for _, s := range all {
		s.Bytes, s.ReplyBytes, s.DeniedBytes = 0, 0, 0
		if s.Tally != (api.Tally{}) {
			sum[ruleKey{s.Policy, s.Rule, s.Side, s.Cause, s.Tier, s.Audit}] = s.Tally
		}
	}
	return sum, err
}

// retransmission is when TCP sends again what has not been answered: then packets are not the test's to count.
const retransmission = 900 * time.Millisecond

// expect books a probe: for the rules of both sides if it passed, for those that denied it if not, and beside these for those
// under audit that would have made it otherwise: not for a side that would say what it says now.
func (l *ledger) expect(a answers) {
	l.unsure = l.unsure || a.protocol == "tcp" && a.took >= retransmission
	there, back := a.packets()
	moved, would := api.Tally{Flows: 1, Packets: there, ReplyPackets: back}, api.Tally{WouldDenyPackets: there + back}
	if !a.want.Allowed {
		moved, would = api.Tally{DeniedPackets: 1}, api.Tally{WouldAllowPackets: 1}
	}
	for _, half := range []struct {
		side       string
		now, would api.Opinion
	}{{egress, a.want.Egress, a.want.WouldEgress}, {ingress, a.want.Ingress, a.want.WouldIngress}} {
		if half.now.Denies() != a.want.Allowed {
			l.book(half.side, half.now, false, moved)
		}
		if a.want.Audited && half.would != half.now && half.would.Denies() == a.want.Allowed {
			l.book(half.side, half.would, true, would)
		}
	}
}

func (l *ledger) book(side string, o api.Opinion, audit bool, t api.Tally) {
	if o.Cause == api.CauseOutside {
		return
	}
	key := ruleKey{o.Policy, o.Rule, side, o.Cause, o.Tier, audit}
	l.sum[key] = l.sum[key].Plus(t)
}

// check waits until the last packets are counted: the kernel may be at them still. False: that could not be checked, and the ledger
// begins anew.
func (l *ledger) check(t *testing.T, r *round) bool {
	t.Helper()
	if l.unsure {
		*l = *r.newLedger(t)
		return false
	}
	var diff string
	for deadline := time.Now().Add(patience); ; {
		have, err := l.read()
		if err != nil {
			t.Fatal(err)
		}
		if diff = cmp.Diff(l.sum, have, cmp.AllowUnexported(ruleKey{})); diff == "" {
			return true
		}
		if time.Now().After(deadline) {
			break
		}
	}
	t.Fatalf("stats --by rule (-sent +counted):\n%s\n%s", diff, r)
	return false
}
