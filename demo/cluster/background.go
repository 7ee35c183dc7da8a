// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

// job is a command that runs beside the story, and ends with it at the latest.
type job struct {
	*testbed.Process
	file string // with what it prints
}

// background prints a command and starts it.
func (s *story) background(at string, words ...string) job {
	prompt(at, quoted(words)+" &")
	return s.daemon(at, words...)
}

func (s *story) daemon(at string, words ...string) job {
	j := job{file: filepath.Join(dir, at+"-"+words[0])}
	where, _ := s.place(at)
	var err error
	j.Process, err = where.Daemon(j.file, s.program(words[0]), words[1:]...)
	s.check(err)
	return j
}

func (j job) said() string {
	text, _ := os.ReadFile(j.file) // not there: nothing
	return string(text)
}

func (j job) lines() int { return strings.Count(j.said(), "\n") }

// serve starts a web server in a container, and returns when it serves.
func (s *story) serve(container string) {
	s.daemon(container, "app", "serve", container)
	s.until("this is "+container, container, "app", "get", "http://[::1]/")
}

// await waits until something is so.
func (s *story) await(what string, so func() bool) {
	for end := time.Now().Add(patience); !so(); s.pass(20 * time.Millisecond) {
		s.require(time.Now().Before(end), "waited in vain for "+what)
	}
}

// pass lets time pass.
func (s *story) pass(d time.Duration) {
	select {
	case <-time.After(d):
	case <-s.ctx.Done():
	}
	s.check(nil)
}

// playOn gives the stage to whoever sits at the terminal.
func (s *story) playOn() {
	fmt.Printf("\n%s\n\n", bold("── Everything is left as it is, until you exit this shell"))
	for _, node := range []string{"a", "b", "c"} {
		fmt.Printf("hypha --socket %s node list\n", s.cluster.Agents[node].Socket())
	}
	fmt.Printf("nsenter --net=%s app get %s\n\n", s.inside["web"].Path, s.url("db", "/"))
	shell := exec.Command("bash")
	shell.Stdin, shell.Stdout, shell.Stderr = os.Stdin, os.Stdout, os.Stderr
	shell.Run() //nolint:errcheck // how the last command in it ended
}
