// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/api"
)

// answers are what all who know say about one probe.
type answers struct {
	probe
	mode       string
	want       api.Ruling      // the reference
	unanswered error           // the packet; nil: it was answered
	event      *api.Event      // the first one about it; nil: none came
	explained  api.Explanation // policy explain
	failed     error           // to explain
	took       time.Duration
}

// send sends all probes at once, and asks.
func (r *round) send(probes []probe) []answers {
	all := make([]answers, len(probes))
	var sent, asked errgroup.Group
	asked.SetLimit(4) // each is a process
	for i, p := range probes {
		a := &all[i]
		a.probe, a.mode, a.want = p, r.mode, verdict(r.rules, r.mode, p.flow())
		told := r.events.expect(p.wire())
		sent.Go(func() error { a.await(told); return nil })
	}
	for i := range all {
		a := &all[i]
		asked.Go(func() error { a.explained, a.failed = r.explain(a.probe); return nil })
	}
	sent.Wait()  //nolint:errcheck // what went wrong stands in the answers
	asked.Wait() //nolint:errcheck // the same
	return all
}

// await sends the probe and returns when its fate is known: it was answered and an event said so, or an event says that it was dropped.
func (a *answers) await(told <-chan api.Event) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answered := make(chan error, 1)
	begin := time.Now()
	defer func() { a.took = time.Since(begin) }()
	go func() { answered <- a.answered(ctx) }()
	select {
	case e := <-told:
		if a.event = &e; e.Type == api.EventDrop {
			cancel() // nothing more will come
		}
		a.unanswered = <-answered
	case a.unanswered = <-answered:
		select {
		case e := <-told:
			a.event = &e
		case <-ctx.Done():
		}
	}
}

// problem says how the answers differ; "" if they do not.
func (a answers) problem() string {
	var b strings.Builder
	complain := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if (a.unanswered == nil) != a.want.Allowed {
		complain("the packet: answered %v (%v)", a.unanswered == nil, a.unanswered)
	}
	if a.arrived() && !a.want.Allowed {
		complain("the packet: arrived")
	}
	switch {
	case a.event == nil:
		complain("the event: none")
	case a.event.Ruling == nil || *a.event.Ruling != a.want || a.event.Verdict != fate(a.want, "drop"):
		complain("the event: %s %s, ruling %s", a.event.Verdict, a.event.Reason, rulingText(a.event.Ruling))
	}
	if a.failed != nil {
		complain("explain: %v", a.failed)
	} else {
		b.WriteString(explanationProblem(a.mode, a.want, a.explained))
	}
	if b.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("the reference: %s\n%s", rulingText(&a.want), &b)
}

// arrived: of an echo request nobody tells that.
func (a answers) arrived() bool {
	select {
	case <-a.to.arrivals.of(a.source):
		return true
	default:
		return false
	}
}
