// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"os"
	"path/filepath"
	"testing"
)

// A session goes first, and back; a process that is in none, or a kernel that has none, is left as it is.
func TestSessionFirst(t *testing.T) {
	for name, test := range map[string]struct{ text, during, after string }{
		"in a session":         {"/autogroup-12 nice 5\n", "-20", "5"},
		"in the first session": {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "autogroup")
			if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			undo, err := sessionFirst(file)
			if err != nil {
				t.Fatal(err)
			}
			during, derr := os.ReadFile(file)
			undo()
			after, aerr := os.ReadFile(file)
			if derr != nil || aerr != nil || string(during) != test.during || string(after) != test.after {
				t.Errorf("%q, then %q: %v %v; want %q, then %q", during, after, derr, aerr, test.during, test.after)
			}
		})
	}
	undo, err := sessionFirst(filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatalf("a kernel without sessions: %v", err)
	}
	undo()
}

// What is neither empty nor a session's value is said.
func TestSessionFirstOfWhatIsNotKnown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "autogroup")
	if err := os.WriteFile(file, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sessionFirst(file); err == nil {
		t.Error("no error")
	}
}
