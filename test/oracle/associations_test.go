// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/hypha-net/hypha/internal/testbed"
)

const associations = 10_000

// Ten thousand labels may each reach one endpoint on a port of their own, and on no other's.
func TestTenThousandAssociationsOnOneEndpoint(t *testing.T) {
	testbed.NeedRoot(t)
	random := rand.New(rand.NewPCG(seed(t), 0))
	c := newCluster(t, build(t), always, []map[string]string{{"role": "server"}, client(0), client(1)})
	r := newRound(c, always, []document{everyLabelItsPort()})
	if err := r.apply(); err != nil {
		t.Fatal(err)
	}
	counted := c.newLedger(t)
	server := c.containers[0]
	for range 10 {
		who, number := one(random, c.containers[1:]...), random.IntN(associations)
		c.relabel(t, who, client(number))
		v6 := chance(random, 50)
		from, to := c.endOf(who, v6), c.endOf(server, v6)
		probes := []probe{
			c.newProbe(from, to, "tcp", associationPort(number)),
			c.newProbe(from, to, "tcp", associationPort((number+1)%associations)),
		}
		for i, a := range r.send(probes) {
			counted.expect(a)
			if problem := a.problem(); problem != "" || a.want.Allowed != (i == 0) {
				t.Fatalf("%s: %v: allowed %v\n%s", labelText(who.labels), a.probe, a.want.Allowed, problem)
			}
		}
	}
	counted.check(t, r)
}

func client(number int) map[string]string {
	return map[string]string{"client": fmt.Sprintf("c%d", number)}
}

// associationPort is one of the palette's for none of them: a refused connection is an answer.
func associationPort(number int) int { return 20_000 + number }

// everyLabelItsPort has a rule for each: one that is named by its label.
func everyLabelItsPort() document {
	rules := make([]any, associations)
	for i := range rules {
		entry := document{
			"from":  []any{labelText(client(i))},
			"ports": []any{fmt.Sprintf("%d/tcp", associationPort(i))},
		}
		rules[i] = document{"name": fmt.Sprintf("c%d", i), "select": "role=server", ingress: []any{entry}}
	}
	return document{"kind": "Policy", "name": "associations", "rules": rules}
}
