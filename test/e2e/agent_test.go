// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// agent is the script command that starts and ends the node's agent.
func agent(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) > 0, "agent start [FLAG]... | stop | kill")
	switch args[0] {
	case "start":
		startAgent(ts, args[1:])
	case "stop":
		endAgent(ts, syscall.SIGTERM)
	case "kill":
		endAgent(ts, syscall.SIGKILL)
	default:
		ts.Fatalf("agent %s: not start, stop or kill", args[0])
	}
}

// startAgent returns when the agent answers. What it leaves in the BPF file system is taken away when the script ends.
func startAgent(ts *testscript.TestScript, flags []string) {
	s := stageOf(ts)
	if s.agent != nil {
		ts.Fatalf("an agent runs already")
	}
	docker := "off"
	if s.engine != nil {
		docker = "on"
	}
	args := append([]string{"agent", "--node", "node", "--docker", docker}, flags...)
	agent, err := start(s.command(ts, ts.Getenv("HYPHA"), args...), ts.MkAbs("agent.log"), s.node.Start)
	ts.Check(err)
	s.agent = agent
	ts.Setenv("AGENT", strconv.Itoa(agent.pid()))
	ts.Defer(func() { takeAway(ts, agent) })
	if err := answers(ts, agent); err != "" {
		ts.Fatalf("the agent does not answer: %s; it says:\n%s", err, ts.ReadFile("agent.log"))
	}
}

// answers waits for the agent and returns why it does not answer, "" if it does.
func answers(ts *testscript.TestScript, agent *process) (why string) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && !agent.ended(); time.Sleep(20 * time.Millisecond) {
		cmd := exec.Command(ts.Getenv("HYPHA"), "status")
		cmd.Env = environ(ts)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return ""
		}
		why = string(out)
	}
	return why
}

func endAgent(ts *testscript.TestScript, signal os.Signal) {
	s := stageOf(ts)
	if s.agent == nil {
		ts.Fatalf("no agent runs")
	}
	s.agent.end(signal)
	s.agent = nil
}

// takeAway is for whatever state a script ends in: also one in which cleanup would refuse.
func takeAway(ts *testscript.TestScript, agent *process) {
	agent.end(syscall.SIGKILL)
	if err := os.RemoveAll(ts.Getenv("HYPHA_BPF")); err != nil {
		ts.Logf("cleaning up: %v", err)
	}
}

// command makes a command that runs on the node's machine, to be started by its Start.
func (s *stage) command(ts *testscript.TestScript, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	if s.engine != nil {
		cmd = s.engine.inside(name, args...)
	}
	cmd.Env = environ(ts)
	return cmd
}
