// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/unixsocket"
)

// CleanupConfig says where an agent kept its things.
type CleanupConfig struct {
	State, Run, BPF string
}

// Cleanup takes every trace of an agent that is not running off the machine, and says on out what is gone. It goes on
// after a failure, and may be repeated. It refuses where another agent, with other directories, has the router. The caller has made sure that no agent runs.
func Cleanup(config CleanupConfig, out io.Writer) error {
	if err := datapath.CheckOwner(config.BPF); err != nil {
		return fmt.Errorf("nothing was removed: %w", err)
	}
	paths := Config{State: config.State, Run: config.Run, BPF: config.BPF}
	steps := []struct {
		what string
		do   func() error
	}{
		{"interfaces of endpoints", paths.deleteLinks},
		{"programs, maps and the router device", func() error { return datapath.Cleanup(config.BPF) }},
		{"address translation", datapath.Masquerade{}.Remove},
		{"rules beside Docker's", datapath.Forward{}.Remove},
		{"changes of IP forwarding (it is as before)", datapath.Forwarding{File: paths.sysctlFile()}.Restore},
		{"mount of the BPF filesystem, if it was ours", func() error { return datapath.UnmountBPF(config.BPF) }},
		{"saved state " + config.State, paths.removeState},
		{"sockets " + config.Run, paths.removeRun},
		{"Docker's plugin socket, if nobody serves it", func() error { return removePluginSocket(docker.DefaultSocket) }},
	}
	var problems []error
	for _, step := range steps {
		if err := step.do(); err != nil {
			problems = append(problems, fmt.Errorf("removing %s: %w", step.what, err))
			continue
		}
		fmt.Fprintf(out, "gone: %s\n", step.what)
	}
	return errors.Join(problems...)
}

func (c Config) removeState() error {
	return removeOwn(c.State, c.recordsDir(), c.storeDir(), c.clusterFile(), c.nodesFile(), c.recollectionFile(), c.instanceFile(),
		c.dockerFile(), c.prefixesFile(), c.rulingsFile(), c.sysctlFile())
}

func (c Config) removeRun() error { return removeOwn(c.Run, filepath.Join(c.Run, "hypha.sock")) }

// removePluginSocket removes what a killed agent left. One socket is for all agents of a machine: a live one is another's.
func removePluginSocket(path string) error {
	if err := unixsocket.RemoveDead(path); !errors.Is(err, unixsocket.ErrInUse) {
		return err
	}
	return nil
}

// removeOwn removes what an agent made, and the directory if nothing else is in it: somebody may have given --state /srv.
func removeOwn(dir string, made ...string) error {
	var problems []error
	for _, path := range made {
		problems = append(problems, os.RemoveAll(path))
	}
	err := os.Remove(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// deleteLinks deletes the endpoints' interfaces, also those of records that can not be read.
func (c Config) deleteLinks() error {
	var problems []error
	records, err := endpoint.OpenRecords(c.recordsDir())
	if err != nil {
		return err
	}
	saved, _, err := records.LoadAll()
	problems = append(problems, err)
	for _, e := range saved {
		problems = append(problems, datapath.Link{Host: e.Interface}.Delete())
	}
	return errors.Join(problems...)
}
