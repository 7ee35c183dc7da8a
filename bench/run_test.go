// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/bench/report"
	"github.com/hypha-net/hypha/internal/testbed"
)

// binaries are the programs that are run: built once.
var binaries struct {
	sync.Once
	dir string
	err error
}

func buildBinaries() {
	if binaries.dir, binaries.err = os.MkdirTemp("", "bench-test-*"); binaries.err != nil {
		return
	}
	build := exec.Command("go", "build", "-o", binaries.dir+"/", ".", "../cmd/hypha")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		binaries.err = fmt.Errorf("building: %w: %s", err, out)
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(binaries.dir) // of "" it does nothing
	os.Exit(code)
}

// brief is a run that measures nothing well, and everything once.
func brief(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	testbed.NeedRoot(t)
	if binaries.Do(buildBinaries); binaries.err != nil {
		t.Fatal(binaries.err)
	}
	cmd := exec.Command(filepath.Join(binaries.dir, "bench"), "run", "-hypha", filepath.Join(binaries.dir, "hypha"), "-lock", filepath.Join(dir, "lock"),
		"-rounds", "2", "-sample", "20ms", "-micro", "40", "-endpoints", "1,3",
		"-contestants", "floor,redirect,bridge-nftables,docker,hypha-rules,hypha-trace",
		"-o", filepath.Join(dir, "report.json"), "-picture", filepath.Join(dir, "picture.svg"))
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	return cmd
}

func TestBriefRunIsCompleteAndLeavesNothing(t *testing.T) {
	dir := t.TempDir() + "/"
	cmd := brief(t, dir)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	wantNothingOf(t, dir, cmd.Process.Pid)
	r, err := report.Load(dir + "report.json")
	if err != nil {
		t.Fatal(err)
	}
	wantComplete(t, r)
	if picture, err := os.ReadFile(dir + "picture.svg"); err != nil || !bytes.Contains(picture, []byte("Hypha, 100 rules")) {
		t.Errorf("no picture: %v", err)
	}
}

// wantComplete: every contestant that takes part has every sample of every workload, and every program its figures.
func wantComplete(t *testing.T, r *report.Report) {
	t.Helper()
	for _, c := range r.Contestants {
		if c.Absent != "" {
			t.Logf("%s is absent: %s", c.Name, c.Absent)
			continue
		}
		for _, w := range load.Workloads {
			s := r.Find(c.Name, w.Name)
			if s == nil || len(s.Of(report.Rate)) < r.Rounds {
				t.Errorf("%s under %s: %+v, want %d good samples or more", c.Name, w.Name, s, r.Rounds)
			}
		}
	}
	for _, name := range []string{"redirect", "hypha-rules", "hypha-trace"} {
		of := func(s report.InSitu) bool { return s.Contestant == name && s.Runs[0] > 0 && s.Nanos[0] > 0 }
		if !slices.ContainsFunc(r.InSitu, of) {
			t.Errorf("no time in situ of %s", name)
		}
		ran := func(f report.Figure) bool { return f.Name == name+": TCP established, IPv6" && len(f.Values) > 1 }
		if !slices.ContainsFunc(r.TestRuns, ran) {
			t.Errorf("no test runs of %s", name)
		}
	}
	for _, name := range []string{"from_endpoint", "judge", "settle", "bare_redirect"} {
		if !slices.ContainsFunc(r.Programs, func(p report.Program) bool { return p.Name == name && p.Instructions > 0 && p.JITBytes > 0 }) {
			t.Errorf("no size of %s", name)
		}
	}
	for _, name := range []string{
		"endpoint added, one at a time, number 2 to 3", "endpoint added, 3 at once", "first policy in force with 3 endpoints",
		"agent started and reconciled with 3 endpoints", "resident memory of the agent, etcd in it, with 3 endpoints", "resident memory of the agent, etcd elsewhere, with 3 endpoints", "binary on disk",
	} {
		if !slices.ContainsFunc(r.Control, func(f report.Figure) bool { return f.Name == name && f.Values[0] > 0 }) {
			t.Errorf("not measured: %s", name)
		}
	}
	if len(r.Targets) == 0 || !slices.ContainsFunc(r.Targets, func(t report.Target) bool { return t.Value != nil }) {
		t.Errorf("targets are %+v", r.Targets)
	}
	if r.Machine.Kernel == "" || r.Machine.GOMAXPROCS == 0 || len(r.Machine.CPUs) == 0 || r.Versions["hypha"] == "" {
		t.Errorf("of the machine it says only %+v %v", r.Machine, r.Versions)
	}
}

// Between nodes, all take part, and nothing is left of two agents and their etcd.
func TestBetweenNodes(t *testing.T) {
	dir := t.TempDir() + "/"
	cmd := brief(t, dir)
	cmd.Args = append(cmd.Args, "-between-nodes", "-contestants", "", "-workloads", "tcp-rr,tcp-stream-4")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	wantNothingOf(t, dir, cmd.Process.Pid)
	r, err := report.Load(dir + "report.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"floor", "vxlan", "hypha-overlay", "hypha-native"} {
		for _, w := range []string{"tcp-rr", "tcp-stream-4"} {
			if s := r.Find(name, w); s == nil || len(s.Of(report.Rate)) < r.Rounds {
				t.Errorf("%s under %s: %+v, want %d good samples or more", name, w, s, r.Rounds)
			}
		}
	}
	if !slices.ContainsFunc(r.Targets, func(t report.Target) bool { return t.Value != nil }) {
		t.Errorf("targets are %+v", r.Targets)
	}
}

// An interrupt in the middle: nothing is left, and no report that looks whole.
func TestInterruptedRunLeavesNothing(t *testing.T) {
	dir := t.TempDir() + "/"
	cmd := brief(t, dir)
	cmd.Args = append(cmd.Args, "-rounds", "100000", "-contestants", "floor,redirect,hypha")
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); len(leftOf(t, dir, cmd.Process.Pid)) < 8 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Errorf("it ended as if it were through:\n%s", &out)
	}
	wantNothingOf(t, dir, cmd.Process.Pid)
	if _, err := os.Stat(dir + "report.json"); err == nil {
		t.Error("it left a report")
	}
}

// Who reads its words goes away: it comes to its end, and leaves nothing.
func TestClosedPipeEndsARun(t *testing.T) {
	dir := t.TempDir() + "/"
	cmd := brief(t, dir)
	cmd.Args = append(cmd.Args, "-rounds", "100000", "-contestants", "floor,hypha")
	words, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for line := bufio.NewScanner(words); line.Scan() && !strings.Contains(line.Text(), "round 1 "); {
	}
	words.Close()
	if err := cmd.Wait(); err == nil {
		t.Error("it ended as if it were through")
	}
	wantNothingOf(t, dir, cmd.Process.Pid)
}

func TestWhatWouldFailAtTheEnd(t *testing.T) {
	testbed.NeedRoot(t)
	for name, flags := range map[string][]string{
		"report":  {"-o", "/nowhere/report.json"},
		"picture": {"-o", "", "-picture", "/nowhere/picture.svg"},
		"binary":  {"-hypha", "/nowhere/hypha"},
	} {
		o, err := parse(append([]string{"-hypha", "/bin/true", "-picture", ""}, flags...))
		if err != nil {
			t.Fatal(err)
		}
		if err := o.ready(); err == nil || !strings.Contains(err.Error(), "/nowhere/") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An agent that does not start fails the control plane: the rounds before it are in the report.
func TestLateFailureKeepsTheRounds(t *testing.T) {
	dir := t.TempDir() + "/"
	cmd := brief(t, dir)
	cmd.Args = append(cmd.Args, "-contestants", "floor", "-workloads", "tcp-rr", "-hypha", "/bin/false")
	out, err := cmd.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("control plane: the agent ended")) {
		t.Errorf("it says, with %v:\n%s", err, out)
	}
	r, err := report.Load(dir + "report.json")
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Find("floor", "tcp-rr"); s == nil || len(s.Of(report.Rate)) < r.Rounds {
		t.Errorf("of the rounds it has %+v", s)
	}
	wantNothingOf(t, dir, cmd.Process.Pid)
}

func wantNothingOf(t *testing.T, dir string, pid int) {
	t.Helper()
	if left := leftOf(t, dir, pid); len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, ", "))
	}
}

// More endpoints than a node has IPv4 addresses for are measured without these.
func TestCrowds(t *testing.T) {
	none := []string{"--prefix4", "none"}
	for _, c := range []struct {
		asked []int
		want  []crowd
	}{
		{[]int{250, 10}, []crowd{{[]int{0, 10, 250}, nil}}},
		{[]int{253}, []crowd{{[]int{0, 253}, nil}}},
		{[]int{10, 254, 1000}, []crowd{{[]int{0, 10}, nil}, {[]int{254, 1000}, none}}},
		{[]int{1000}, []crowd{{[]int{0}, nil}, {[]int{1000}, none}}},
	} {
		if diff := cmp.Diff(c.want, crowds(c.asked), cmp.AllowUnexported(crowd{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.asked, diff)
		}
	}
}
