// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/unixsocket"
)

// DefaultSocket is where every engine on the machine finds the driver named "hypha".
const DefaultSocket = "/run/docker/plugins/hypha.sock"

// Mode says whether the agent works with Docker.
type Mode string

const (
	Auto Mode = "auto" // serve if the plugin socket can be had, and wait for an engine
	On   Mode = "on"   // the same; not getting the socket is an error
	Off  Mode = "off"  // neither serve nor look for an engine
)

// Config is what a Plugin is opened with.
type Config struct {
	Mode   Mode
	Socket string // plugin socket; its base name is the driver's name for Docker. Empty: DefaultSocket
	Engine string // of the Engine API, "unix:///run/docker.sock". Empty: DOCKER_HOST, else the engine's default
	State  string // file that keeps what Docker holds
}

// Plugin is Docker's driver for networks and addresses.
type Plugin struct {
	config  Config
	network *networkDriver
	ipam    *ipamDriver
	watcher *watcher
	log     *slog.Logger
}

// Open reads what Docker holds and takes its addresses from lend: call it before anybody else allocates from there.
func Open(config Config, endpoints Endpoints, lend Addresses, log *slog.Logger) (*Plugin, error) {
	if config.Socket == "" {
		config.Socket = DefaultSocket
	}
	ledger, err := openLedger(config.State, lend, endpoints.Attachments(), log)
	if err != nil {
		return nil, err
	}
	engine, err := newEngine(config.Engine, strings.TrimSuffix(filepath.Base(config.Socket), ".sock"))
	if err != nil {
		return nil, fmt.Errorf("docker: %w", err)
	}
	return &Plugin{
		config:  config,
		network: &networkDriver{ledger: ledger, endpoints: endpoints, log: log},
		ipam:    &ipamDriver{ledger: ledger, lend: lend},
		watcher: newWatcher(engine, reconciler{ledger: ledger, endpoints: endpoints, log: log}, log),
		log:     log,
	}, nil
}

// Run serves Docker until ctx is done. With Mode Auto a plugin socket that can not be had is logged, and Docker left
// to whoever has it; with On it is an error (unixsocket.ErrInUse when another agent serves it).
func (p *Plugin) Run(ctx context.Context) error {
	if p.config.Mode == Off {
		p.watcher.report(Status{State: StateOff})
		return nil
	}
	listener, err := unixsocket.Listen(p.config.Socket)
	if err != nil && p.config.Mode == On {
		return err
	}
	if err != nil {
		p.log.Warn("running without Docker", "err", err)
		p.watcher.report(Status{State: StateOff, Message: err.Error()})
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.serve(ctx, listener) })
	group.Go(func() error { return p.watcher.run(ctx) })
	return group.Wait()
}

// Status says how it stands with the engine.
func (p *Plugin) Status() Status { return p.watcher.status() }

// serve answers Docker's requests until ctx is done, and lets the ones under way finish.
func (p *Plugin) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           newHandler(p.network, p.ipam, p.log),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(patience)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve docker: %w", err)
	}
	return <-stopped
}
