// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/hypha-net/hypha/internal/netns"
)

func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestEverybodyReachesEverybody(t *testing.T) {
	NeedRoot(t)
	w := NewWorld(t)
	a, b := w.NewNode("a"), w.NewNode("b")
	for _, c := range []struct {
		from *Namespace
		to   netip.Addr
	}{
		{a.Namespace, b.IPv4}, {a.Namespace, b.IPv6},
		{b.Namespace, a.IPv4}, {b.Namespace, a.IPv6},
		{a.Namespace, w.IPv4}, {a.Namespace, w.IPv6},
		{w.Namespace, b.IPv4}, {w.Namespace, b.IPv6},
	} {
		answer, err := c.from.Ping(patience(t), Ping{To: c.to, Size: 1000})
		if err != nil || !answer.Reply() || answer.From != c.to {
			t.Errorf("ping %v from %s: %+v, %v", c.to, c.from.Name, answer, err)
		}
	}
}

func TestPingReportsErrors(t *testing.T) {
	NeedRoot(t)
	w := NewWorld(t)
	a, b := w.NewNode("a"), w.NewNode("b")
	far4, far6 := netip.MustParseAddr("203.0.113.99"), netip.MustParseAddr("2001:db8:f::99")
	w.Route(netip.PrefixFrom(far4, 32), b.IPv4, bridge)
	w.Route(netip.PrefixFrom(far6, 128), b.IPv6, bridge)
	w.Must(func() error { return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0) })
	w.Must(func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/all/forwarding", []byte("1"), 0) })

	for _, c := range []struct {
		to, from netip.Addr
		want     icmp.Type
	}{
		{far4, underlay4.Addr(), ipv4.ICMPTypeTimeExceeded},
		{far6, underlay6.Addr(), ipv6.ICMPTypeTimeExceeded},
	} {
		answer, err := a.Ping(patience(t), Ping{To: c.to, HopLimit: 1})
		if err != nil || answer.Type != c.want || answer.From != c.from {
			t.Errorf("ping %v over one hop: %+v, %v", c.to, answer, err)
		}
	}
	brief, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if answer, err := a.Ping(brief, Ping{To: netip.MustParseAddr("192.0.2.77")}); err == nil {
		t.Errorf("an address that nobody has answered: %+v", answer)
	}
}

func TestServers(t *testing.T) {
	NeedRoot(t)
	w := NewWorld(t)
	a, b := w.NewNode("a"), w.NewNode("b")
	for _, addr := range []netip.Addr{b.IPv4, b.IPv6} {
		host := netip.AddrPortFrom(addr, 0).String()
		echo(t, a.Namespace, "tcp", b.ServeTCP(host))
		echo(t, a.Namespace, "udp", b.ServeUDP(host))

		hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello "+r.RemoteAddr) })
		res, err := a.HTTPClient().Get("http://" + b.ServeHTTP(host, hello).String())
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if len(body) < len("hello ") {
			t.Errorf("http: %q", body)
		}
	}
}

func echo(t *testing.T, from *Namespace, network string, to netip.AddrPort) {
	t.Helper()
	c, err := from.Dial(patience(t), network, to.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 5)
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "hello" {
		t.Errorf("%s echo from %v: %q, %v", network, to, buf, err)
	}
}

func TestCommandRunsInside(t *testing.T) {
	NeedRoot(t)
	n := NewNamespace(t, "inside")
	out, err := n.Output(patience(t), "readlink", "/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	if outside, _ := os.Readlink("/proc/self/ns/net"); out == outside+"\n" {
		t.Errorf("the command ran outside, in %s", out)
	}
}

func TestRunCleansUp(t *testing.T) {
	NeedRoot(t)
	var left string
	err := Run(func(tb TB) {
		left = NewNamespace(tb, "run").Path
		tb.Cleanup(func() { stands(t, left) })
		tb.Fatalf("enough of %d", 42)
	})
	if err == nil || err.Error() != "enough of 42" {
		t.Errorf("Run: %v", err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", left, err)
	}
}

// stands asserts that the namespace still stands when cleanups run: last made, first gone.
func stands(t *testing.T, path string) {
	if _, err := os.Stat(path); err != nil {
		t.Errorf("cleaned up in the wrong order: %v", err)
	}
}

func TestSweepTakesTheDeadOnly(t *testing.T) {
	NeedRoot(t)
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	gone := fmt.Sprintf("%s%d-1-gone", prefix, dead.Process.Pid)
	n, err := netns.Create(gone)
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
	alive := NewNamespace(t, "alive")
	Sweep(t)
	if _, err := os.Stat(netns.Path(gone)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the namespace of a dead process is left: %v", err)
	}
	if _, err := os.Stat(alive.Path); err != nil {
		t.Errorf("the namespace of a living process is gone: %v", err)
	}
	for _, name := range []string{"hyphatest-", "hyphatest-x-1", "other-1-2", "hyphatest--1-x"} {
		if stale(name) {
			t.Errorf("%q counts as stale", name)
		}
	}
}
