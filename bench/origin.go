// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/hypha-net/hypha/bench/machine"
	"github.com/hypha-net/hypha/bench/report"
)

// newReport is one without figures: when, how, on what and of what they are.
func newReport(ctx context.Context, o options) (*report.Report, error) {
	facts, err := machine.Look()
	if err != nil {
		return nil, err
	}
	r := &report.Report{
		Format: report.Format, Started: time.Now().UTC(), Command: commandLine(), Rounds: o.rounds, Sample: o.sample.Seconds(), Awake: o.awake,
		Machine: facts, Versions: versions(ctx, o),
	}
	for _, w := range o.workloads {
		r.Workloads = append(r.Workloads, report.Workload{Name: w.Name, Title: w.Title, Unit: w.Unit})
	}
	return r, nil
}

func commandLine() string {
	words := append([]string{"bench"}, os.Args[1:]...)
	if os.Getenv("BENCH_SHORT") == "1" {
		words = append([]string{"BENCH_SHORT=1"}, words...)
	}
	return strings.Join(words, " ")
}

// versions are of what was measured, by their own words.
func versions(ctx context.Context, o options) map[string]string {
	found := map[string]string{"go": runtime.Version()}
	for name, command := range map[string][]string{
		"hypha": {o.hypha, "version"}, "iptables": {"iptables", "--version"}, "nft": {"nft", "--version"},
		"docker": {"docker", "version", "--format", "{{.Server.Version}}"},
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output(); err == nil {
			found[name] = strings.TrimSpace(string(out))
		}
	}
	return found
}
