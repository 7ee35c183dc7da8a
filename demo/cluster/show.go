// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long is waited for what must come.
const patience = 30 * time.Second

// bold begins and ends with an escape sequence on a terminal, and is nothing else.
func bold(text string) string {
	if _, err := unix.IoctlGetTermios(int(os.Stdout.Fd()), unix.TCGETS); err != nil {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// scene begins one.
func (s *story) scene(title string) {
	s.check(nil)
	s.scenes++
	fmt.Printf("\n%s\n\n", bold(fmt.Sprintf("── %d. %s", s.scenes, title)))
}

// prompt prints a command as somebody at a node, or in a container, types it.
func prompt(at, command string) { fmt.Println(bold(at + "$ " + command)) }

// command is not started yet.
func (s *story) command(at string, out io.Writer, words []string) *exec.Cmd {
	_, socket := s.place(at)
	cmd := exec.CommandContext(s.ctx, s.program(words[0]), words[1:]...)
	cmd.Env = append(os.Environ(), "HYPHA_SOCKET="+socket)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd
}

// run runs a command at a place. What it prints goes to out, too.
func (s *story) run(at string, out io.Writer, words []string) (said string, err error) {
	var buffer bytes.Buffer
	cmd := s.command(at, io.MultiWriter(out, &buffer), words)
	where, _ := s.place(at)
	if err := where.Start(cmd); err != nil {
		return "", err
	}
	err = cmd.Wait()
	return buffer.String(), err
}

// quoted is a command line: a word with spaces in it stays one.
func quoted(words []string) string {
	line := make([]string, len(words))
	for i, word := range words {
		line[i] = word
		if strings.Contains(word, " ") {
			line[i] = "'" + word + "'"
		}
	}
	return strings.Join(line, " ")
}

// show prints a command and its output. It has to work.
func (s *story) show(at string, words ...string) (said string) {
	prompt(at, strings.Join(words, " "))
	said, err := s.run(at, os.Stdout, words)
	s.check(err)
	return said
}

// refuse is show for a command that must not work.
func (s *story) refuse(at string, words ...string) {
	prompt(at, strings.Join(words, " "))
	_, err := s.run(at, os.Stdout, words)
	s.check(nil)
	s.require(err != nil, "that went through, and must not")
}

// until asks until a command works and prints what a pattern matches, and shows nothing of it.
func (s *story) until(pattern, at string, words ...string) {
	want, said := regexp.MustCompile(pattern), ""
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		var err error
		said, err = s.run(at, io.Discard, words)
		s.check(nil)
		if err == nil && want.MatchString(said) {
			return
		}
		if time.Now().After(end) {
			s.tb.Fatalf("waited in vain for %q of: %s: it says %s", pattern, strings.Join(words, " "), said)
		}
	}
}
