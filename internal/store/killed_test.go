// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// killedDir makes this test binary the process that TestKilledInTheMiddle kills.
const killedDir = "HYPHA_TEST_KILLED_STORE"

// changeUntilKilled swaps between a small set and one that takes several requests, and prints each revision that it has made.
func changeUntilKilled(t *testing.T, dir string) {
	s := open(t, dir)
	if _, err := s.JoinCluster(t.Context(), ClusterRequest{}); err != nil {
		t.Fatal(err)
	}
	set, err := s.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for revision := set.Revision + 1; ; revision++ {
		fmt.Println("made", apply(t, s, setAt(revision)...))
	}
}

// setAt is what the process that is killed makes of a revision: two bodies that say the same.
func setAt(revision uint64) []Doc {
	body := fmt.Appendf(nil, "%d ", revision)
	if revision%2 == 0 {
		body = bytes.Repeat(body, maxBody/2/len(body))
	}
	return []Doc{{Name: "a", JSON: body}, {Name: "b", JSON: body, Source: slices.Concat(body, []byte("b"))}, {Name: "c", JSON: slices.Concat(body, []byte("c"))}}
}

// TestKilledInTheMiddle kills a process with its etcd again and again while it makes changes. Each time the set is a whole one, it is
// not older than what the process has been told, and so are those in the history.
func TestKilledInTheMiddle(t *testing.T) {
	if dir := os.Getenv(killedDir); dir != "" {
		changeUntilKilled(t, dir)
	}
	dir := t.TempDir()
	for round := range 4 {
		made := killAfter(t, dir, 3+2*round)
		checkWhole(t, dir, made)
	}
}

// killAfter starts the process, kills it after so many changes, and returns the last revision that it said it has made.
func killAfter(t *testing.T, dir string, changes int) (made uint64) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledInTheMiddle$")
	child.Env = append(os.Environ(), killedDir+"="+dir)
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		number, found := strings.CutPrefix(lines.Text(), "made ")
		if !found {
			t.Errorf("the process says %s", lines.Text())
			continue
		}
		if made, err = strconv.ParseUint(number, 10, 64); err != nil {
			t.Error(err)
		}
		if changes--; changes == 0 {
			child.Process.Kill() // what it has printed meanwhile is read to the end
		}
	}
	child.Wait() // killed, which it says
	if changes > 0 {
		t.Fatalf("the process ended %d changes too early", changes)
	}
	return made
}

func checkWhole(t *testing.T, dir string, made uint64) {
	t.Helper()
	s, err := Open(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	current, err := s.Policies(t.Context())
	if err != nil || current.Revision < made {
		t.Fatalf("revision %d, made was %d, error %v", current.Revision, made, err)
	}
	history, err := s.History(t.Context(), 0)
	if err != nil || uint64(len(history)) != min(current.Revision, DefaultHistory) {
		t.Fatalf("%d in the history at revision %d, error %v", len(history), current.Revision, err)
	}
	for _, change := range history {
		set, err := s.PoliciesAt(t.Context(), change.Revision)
		if want := (PolicySet{change.Revision, setAt(change.Revision)}); err != nil || textOf(set) != textOf(want) {
			t.Errorf("revision %d is not whole, error %v", change.Revision, err)
		}
	}
}
