// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/policy"
)

func (n *Node) endpointPolicy(e agent.EndpointState, rows int) *api.EndpointPolicy {
	out := &api.EndpointPolicy{
		Revision: e.Revision, Generation: uint64(e.Report.Generation),
		EnforcedIngress: e.ClosedIngress, EnforcedEgress: e.ClosedEgress, Audit: e.Audit, Bytes: e.Size.Bytes,
	}
	if tables := e.Report.Tables; tables != nil {
		out.Ingress, out.Egress = n.policyTable(&tables.Ingress, rows), n.policyTable(&tables.Egress, rows)
	}
	return out
}

// policyTable has at most limit rows of table; 0 means all.
func (n *Node) policyTable(table *policy.Table, limit int) api.PolicyTable {
	out := api.PolicyTable{
		Classes: classesOf(table), Kinds: len(table.Kinds), TotalRows: table.Rows.Len(), Rows: []api.PolicyRow{},
		Default: allowedClasses(table, 0),
	}
	for number, kind := range table.Rows.All() {
		if limit > 0 && len(out.Rows) == limit {
			break
		}
		out.Rows = append(out.Rows, api.PolicyRow{Peer: n.identity(number), Allowed: allowedClasses(table, kind)})
	}
	return out
}

// classesOf gathers the ports of each class. Class 0 names none.
func classesOf(table *policy.Table) []api.PortClass {
	classes := make([]api.PortClass, table.Classes)
	for i := range classes {
		classes[i] = api.PortClass{Class: i, Ports: []string{}}
	}
	for _, p := range table.Ports {
		classes[p.Class].Ports = append(classes[p.Class].Ports, portText(p))
	}
	return classes
}

func allowedClasses(table *policy.Table, kind int) []int {
	allowed := []int{}
	for class := range table.Classes {
		if table.Kinds[kind].Allowed.Has(class) {
			allowed = append(allowed, class)
		}
	}
	return allowed
}

// portText writes ports as a rule does: "80/tcp", "8000-8999/tcp", "icmp".
func portText(p policy.PortClass) string {
	switch {
	case p.First == 0 && p.Last == 1<<16-1:
		return p.Protocol.String()
	case p.First == p.Last:
		return fmt.Sprintf("%d/%s", p.First, p.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", p.First, p.Last, p.Protocol)
}
