// SPDX-License-Identifier: Apache-2.0

package bgp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrNoProgram is returned where the speaker's program is not installed.
var ErrNoProgram = errors.New("BGP: the program hypha-bgp is not found")

// errEnded is returned for a speaker that has ended by itself.
var errEnded = errors.New("the BGP speaker has ended")

// leaveTime is how long a speaker may take to say goodbye.
const leaveTime = 5 * time.Second

// Program finds the speaker's program: beside this one, or on the PATH. ErrNoProgram.
func Program() (string, error) {
	const name = "hypha-bgp"
	self, err := os.Executable()
	if err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w: install it beside hypha (%s), or leave out --bgp-asn", ErrNoProgram, filepath.Dir(self))
	}
	return path, nil
}

// Process is a speaker as its agent sees it. Its methods may be called at any time.
type Process struct {
	command []string
	config  Config

	mu       sync.Mutex
	routes   Routes
	changed  chan struct{} // has room for one: routes are not what the speaker was told last
	sessions Sessions
}

// NewProcess returns a speaker that is not running. The command is a program and its arguments.
func NewProcess(config Config, command ...string) *Process {
	return &Process{command: command, config: config, changed: make(chan struct{}, 1), sessions: away(config)}
}

// Announce changes what is announced, now and by each speaker that runs later.
func (p *Process) Announce(routes Routes) {
	p.mu.Lock()
	p.routes = routes
	p.mu.Unlock()
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// Sessions returns how it stands with all peers.
func (p *Process) Sessions() Sessions {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions
}

// away are the sessions of a speaker that does not run.
func away(config Config) (sessions Sessions) {
	for _, peer := range config.Peers {
		sessions = append(sessions, Session{Peer: peer.Address, ASN: peer.ASN, Since: time.Now()})
	}
	return sessions
}

// Run runs a speaker until ctx is done, and calls report with the sessions before and after each change that the speaker tells of. It
// returns an error when the speaker ends by itself: then there are no sessions, and nothing is announced, until Run is called again,
// and peers keep the routes meanwhile.
func (p *Process) Run(ctx context.Context, report func(before, after Sessions)) error {
	cmd := exec.CommandContext(ctx, p.command[0], p.command[1:]...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting the BGP speaker: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("starting the BGP speaker: %w", err)
	}
	var complaint firstLine
	cmd.Stderr = &complaint
	cmd.Cancel, cmd.WaitDelay = stdin.Close, leaveTime
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a terminal's ^C is for the agent
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the BGP speaker: %w", err)
	}
	telling, stop := context.WithCancel(ctx)
	told := make(chan struct{})
	go func() {
		defer close(told)
		p.tell(telling, stdin)
	}()
	p.listen(stdout, report)
	stop()
	<-told
	err = cmd.Wait()
	if ctx.Err() != nil {
		return nil
	}
	p.learn(away(p.config))
	return fmt.Errorf("%w: %v: %s", errEnded, err, complaint.text())
}

// tell writes the configuration, and the routes whenever they change. One that can not be written to is about to end.
func (p *Process) tell(ctx context.Context, w io.Writer) {
	out := json.NewEncoder(w)
	err := out.Encode(p.config)
	for err == nil {
		p.mu.Lock()
		routes := p.routes
		p.mu.Unlock()
		if err = out.Encode(routes); err != nil {
			return
		}
		select {
		case <-p.changed:
		case <-ctx.Done():
			return
		}
	}
}

// listen takes what the speaker says until it has no more to say. One that makes no sense is not listened to any more.
func (p *Process) listen(r io.Reader, report func(before, after Sessions)) {
	in := json.NewDecoder(r)
	for {
		var sessions Sessions
		if in.Decode(&sessions) != nil || len(sessions) != len(p.config.Peers) {
			io.Copy(io.Discard, r) //nolint:errcheck // it ends when it is through
			return
		}
		report(p.learn(sessions), sessions)
	}
}

func (p *Process) learn(sessions Sessions) (before Sessions) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, p.sessions = p.sessions, sessions
	return before
}

// firstLine keeps what is written to it first: why a program has failed.
type firstLine struct{ content []byte }

// Write implements io.Writer.
func (l *firstLine) Write(p []byte) (int, error) {
	const enough = 1024
	l.content = append(l.content, p[:min(len(p), enough-len(l.content))]...)
	return len(p), nil
}

func (l *firstLine) text() string {
	line, _, _ := strings.Cut(string(l.content), "\n")
	return line
}
