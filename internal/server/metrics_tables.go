// SPDX-License-Identifier: Apache-2.0

package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hypha-net/hypha/api"
)

var (
	tablesDesc     = desc("policy_tables", "Policy tables: one for each identity that an endpoint of this node has.")
	rowsDesc       = desc("policy_table_rows", "Rows of all policy tables.")
	programsDesc   = desc("policy_programs", "Programs that consult policy tables.")
	tableBytesDesc = desc("policy_memory_bytes", "Kernel memory of policy tables and their programs.")
	slotsDesc      = desc("counters", "Counters of the statistics that are in use.")
	slotsMaxDesc   = desc("counters_max", "Counters of the statistics that there is room for.")
)

// collectTables tells how large the policy tables are, and how many counters are in use.
func collectTables(out chan<- prometheus.Metric, status api.Status) {
	gauge(out, tablesDesc, float64(status.Tables.Tables))
	gauge(out, rowsDesc, float64(status.Tables.Rows))
	gauge(out, programsDesc, float64(status.Tables.Programs))
	gauge(out, tableBytesDesc, float64(status.Tables.Bytes))
	gauge(out, slotsDesc, float64(status.Counters.Used))
	gauge(out, slotsMaxDesc, float64(status.Counters.Max))
}
