// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/hypha-net/hypha/api"
)

// witness holds every event against the policies, until ctx ends. It closes heard when it has heard of a warning shot.
func (s *stage) witness(ctx context.Context, heard chan<- struct{}) error {
	query := api.EventQuery{Types: []string{api.EventDrop, api.EventVerdict}}
	return s.api.Events(ctx, query, func(e api.Event) error {
		consumer, provider := e.Source, e.Destination
		if e.Reply {
			consumer, provider = provider, consumer
		}
		switch {
		case e.Lost+e.Suppressed > 0:
			return fmt.Errorf("%d events were lost and %d suppressed: they may have told of anything", e.Lost, e.Suppressed)
		case provider.Port != 80:
			return unrelated(e)
		case consumer.Port < firstShot:
			if heard != nil {
				close(heard)
			}
			heard = nil
			return nil
		case consumer.Endpoint == "c":
			return judged(e, "c")
		case s.at[consumer.Address] == nil:
			return fmt.Errorf("who is that? %+v", e)
		}
		from := netip.AddrPortFrom(consumer.Address, consumer.Port)
		return s.at[consumer.Address].learn(from, func(shot *shot) { shot.event = &e })
	})
}

// unrelated says whether the packet was none of those that the policies are about.
func unrelated(e api.Event) error {
	if e.Ruling != nil || strings.HasPrefix(e.Reason, "policy") {
		return fmt.Errorf("a policy judged what nobody has sent: %+v", e)
	}
	return nil
}

// warn sends warning shots until one is heard of. They are all denied: each has an event.
func (s *stage) warn(heard <-chan struct{}) {
	s.Helper()
	s.eventually("somebody watches", func(context.Context) error {
		for _, shooter := range s.shooters {
			if shooter.role != "b" {
				continue
			}
			if err := shooter.container.Do(func() error { return shooter.send(0, firstShot-1) }); err != nil {
				return err
			}
		}
		select {
		case <-heard:
			return nil
		default:
			return errors.New("no event of a warning shot")
		}
	})
}
