// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os/exec"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hypha-net/hypha/internal/testbed"
)

// stage is what a script plays on.
type stage struct {
	node    *testbed.Node    // nil until the script asks for one
	agent   *process         // nil when none runs
	engine  *machine         // nil without Docker
	cluster *testbed.Cluster // nil until the script asks for one
}

type stageKey struct{}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// bed lets the testbed build for a script, and take down when it ends.
type bed struct{ ts *testscript.TestScript }

func (b bed) Helper()                           {}
func (b bed) Cleanup(f func())                  { b.ts.Defer(f) }
func (b bed) Logf(format string, args ...any)   { b.ts.Logf(format, args...) }
func (b bed) Fatalf(format string, args ...any) { b.ts.Fatalf(format, args...) }

// environ is what a script's programs get, for those that commands start themselves.
func environ(ts *testscript.TestScript) (vars []string) {
	for _, name := range []string{
		"PATH", "HOME", "HYPHA_STATE", "HYPHA_RUN", "HYPHA_SOCKET", "HYPHA_BPF", "DOCKER_HOST",
	} {
		vars = append(vars, name+"="+ts.Getenv(name))
	}
	return vars
}

// hypha runs a command line that has to work and returns what it prints.
func hypha(ts *testscript.TestScript, args ...string) []byte {
	cmd := exec.Command(ts.Getenv("HYPHA"), args...)
	cmd.Env = environ(ts)
	out, err := cmd.CombinedOutput()
	if err != nil {
		ts.Fatalf("%v: %v: %s", cmd, err, out)
	}
	return out
}
