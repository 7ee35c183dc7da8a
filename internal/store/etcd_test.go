// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// etcd is a real etcd of one or more members, each a process, as a distribution ships it.
type etcd struct {
	t       *testing.T
	members []*member
}

// member is one process of it.
type member struct {
	name         string
	client, peer string // URLs
	arguments    []string
	process      *exec.Cmd
	output       string // file
}

// startEtcd starts so many members. Without certificates they talk in the clear.
func startEtcd(t *testing.T, size int, certificates *authority) *etcd {
	t.Helper()
	if _, err := exec.LookPath("etcd"); err != nil {
		t.Skip("needs etcd: Debian's package etcd-server")
	}
	e := &etcd{t: t}
	dir := t.TempDir()
	var initial []string
	free := freeAddresses(t, 2*size)
	for i := range size {
		m := &member{name: fmt.Sprintf("m%d", i), peer: "http://" + free[2*i], client: "http://" + free[2*i+1]}
		if certificates != nil {
			m.client = strings.Replace(m.client, "http:", "https:", 1)
		}
		e.members = append(e.members, m)
		initial = append(initial, m.name+"="+m.peer)
	}
	for _, m := range e.members {
		m.output = filepath.Join(dir, m.name+".log")
		m.arguments = []string{
			"--name", m.name, "--data-dir", filepath.Join(dir, m.name), "--log-level", "error",
			"--listen-client-urls", m.client, "--advertise-client-urls", m.client,
			"--listen-peer-urls", m.peer, "--initial-advertise-peer-urls", m.peer,
			"--initial-cluster", strings.Join(initial, ","), "--initial-cluster-token", filepath.Base(dir) + t.Name(),
			"--heartbeat-interval", "50", "--election-timeout", "500",
			"--unsafe-no-fsync", // a process is killed here, never a machine
		}
		if certificates != nil {
			m.arguments = append(m.arguments, "--cert-file", certificates.server.Cert, "--key-file", certificates.server.Key,
				"--trusted-ca-file", certificates.server.CA, "--client-cert-auth")
		}
		e.start(m)
	}
	return e
}

// freeAddresses returns so many, each another, that nobody listens on just now.
func freeAddresses(t *testing.T, count int) (free []string) {
	t.Helper()
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close() // when all are drawn: none is drawn twice
		free = append(free, listener.Addr().String())
	}
	return free
}

// start runs a member until it is killed, or the test ends.
func (e *etcd) start(m *member) {
	e.t.Helper()
	output, err := os.OpenFile(m.output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		e.t.Fatal(err)
	}
	defer output.Close()
	m.process = exec.Command("etcd", m.arguments...)
	m.process.Stdout, m.process.Stderr = output, output
	m.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.process.Start(); err != nil {
		e.t.Fatal(err)
	}
	process := m.process
	e.t.Cleanup(func() { kill(process) })
}

func kill(process *exec.Cmd) {
	process.Process.Kill() //nolint:errcheck // it may be dead
	process.Wait()         //nolint:errcheck // killed, which it says
}

// urls returns where clients find the members.
func (e *etcd) urls() (urls []string) {
	for _, m := range e.members {
		urls = append(urls, m.client)
	}
	return urls
}

// open connects a store, as c says.
func (e *etcd) open(c Config) (*Store, error) {
	if c.Endpoints == nil {
		c.Endpoints = e.urls()
	}
	s, err := Open(e.t.Context(), c)
	if err == nil {
		e.t.Cleanup(func() { s.Close() })
	}
	return s, err
}

// mustOpen connects a store when a leader answers.
func (e *etcd) mustOpen(c Config) (s *Store) {
	e.t.Helper()
	eventually(e.t, "etcd answers", func() (ok bool) {
		var err error
		if s, err = e.open(c); err != nil {
			return false
		}
		return s.Status(e.t.Context()).Healthy
	})
	return s
}

// leader returns the member that leads, nil if none answers.
func (e *etcd) leader(admin *clientv3.Client) *member {
	for _, m := range e.members {
		ctx, cancel := context.WithTimeout(e.t.Context(), time.Second)
		status, err := admin.Status(ctx, m.client)
		cancel()
		if err == nil && status.Leader == status.Header.MemberId {
			return m
		}
	}
	return nil
}
