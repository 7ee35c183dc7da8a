// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Process is a daemon that runs in a namespace, and ends with the testbed at the latest.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// Daemon starts a program in the namespace. What it prints is appended to a file.
func (n *Namespace) Daemon(logFile, name string, args ...string) (*Process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a terminal's ^C is not for it
	if err := n.Start(cmd); err != nil {
		return nil, fmt.Errorf("starting %v in %s: %w", cmd, n.Name, err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		cmd.Wait() //nolint:errcheck // how it ended stands in its log
	}()
	n.tb.Cleanup(p.Kill)
	return p, nil
}

// PID is the process's.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ended reports whether the process has.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Stop asks the process to end, and waits until it has.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

// Kill ends the process at once, also a frozen one.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

// Freeze stops the process where it is; Thaw lets it go on.
func (p *Process) Freeze() { p.signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (p *Process) Thaw() { p.signal(syscall.SIGCONT) }

func (p *Process) signal(signal os.Signal) {
	p.cmd.Process.Signal(signal) //nolint:errcheck // it may have ended by itself
}

func (p *Process) end(signal os.Signal) {
	p.signal(signal)
	<-p.done
}
