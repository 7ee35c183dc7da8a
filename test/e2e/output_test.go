// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// count is the script command that wants at least so many lines of a file, or stdout, to match.
func count(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3, "count FILE PATTERN MIN")
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	least, err := strconv.Atoi(args[2])
	ts.Check(err)
	matches := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if pattern.MatchString(line) {
			matches++
		}
	}
	if matches < least {
		ts.Fatalf("%d lines match %s, want %d", matches, args[1], least)
	}
}

// exits is the script command that wants an exit status of a program.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) > 1, "exits STATUS PROGRAM [ARG]...")
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if want, err := strconv.Atoi(args[0]); err != nil || got != want {
		ts.Fatalf("exits with %d, want %s", got, args[0])
	}
}

// complains is the script command that wants the last command to have said one line, to stderr, that matches.
func complains(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "complains PATTERN")
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("printed %q", out)
	}
	complaint := ts.ReadFile("stderr")
	if strings.Count(complaint, "\n") != 1 || !strings.HasPrefix(complaint, "hypha: ") {
		ts.Fatalf("not one line of hypha's: %q", complaint)
	}
	if len(complaint) > 1000 {
		ts.Fatalf("%d characters are more than anybody reads: %.200q", len(complaint), complaint)
	}
	if !regexp.MustCompile(args[0]).MatchString(complaint) {
		ts.Fatalf("%q does not match %s", complaint, args[0])
	}
}
