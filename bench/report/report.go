// SPDX-License-Identifier: Apache-2.0

// Package report keeps what the benchmark found: every sample, and what they were taken on. It prints tables, draws
// the picture, and compares two reports.
package report

import (
	"time"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/bench/machine"
)

// Format is the number of this layout; a reader of another one refuses.
const Format = 2

// Report is one run of the benchmark.
type Report struct {
	Format   int               `json:"format"`
	Started  time.Time         `json:"started"`
	Seconds  float64           `json:"seconds"` // that it took
	Command  string            `json:"command"` // that repeats it
	Rounds   int               `json:"rounds"`
	Sample   float64           `json:"sampleSeconds"`
	Awake    bool              `json:"awake"` // CPUs were kept from sleeping
	Machine  machine.Facts     `json:"machine"`
	Versions map[string]string `json:"versions"`

	Contestants []Contestant `json:"contestants"`
	Workloads   []Workload   `json:"workloads"`
	Series      []Series     `json:"series"`
	InSitu      []InSitu     `json:"inSitu,omitempty"`
	Programs    []Program    `json:"programs,omitempty"`
	TestRuns    []Figure     `json:"testRuns,omitempty"` // nanoseconds a packet by PROG_TEST_RUN
	Control     []Figure     `json:"control,omitempty"`
	Targets     []Target     `json:"targets,omitempty"`
}

// Contestant is who took part, or why not.
type Contestant struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Absent string `json:"absent,omitempty"`
}

// Workload is what they did.
type Workload struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Unit  string `json:"unit"`
}

// Series is one contestant under one workload, a sample a round.
type Series struct {
	Contestant string   `json:"contestant"`
	Workload   string   `json:"workload"`
	Samples    []Sample `json:"samples"`
}

// Sample is one round's. A void one has an error, and no figures.
type Sample struct {
	At    time.Time `json:"at"`
	Error string    `json:"error,omitempty"`
	load.Sample
	OfFloor    float64 `json:"ofFloor,omitempty"`    // its rate by the floor's in the same moments
	CPUOfFloor float64 `json:"cpuOfFloor,omitempty"` // and its CPU time an operation
	Events     uint64  `json:"events,omitempty"`     // that a reader of the flow log read meanwhile
}

// Figure is something measured several times apart from the rounds.
type Figure struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"`
	Values []float64 `json:"values"`
}
