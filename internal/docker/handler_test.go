// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// paper is an agent that keeps the endpoints on paper: for tests of the protocol, which need no kernel.
type paper map[string]Attachment

func (p paper) Create(_ context.Context, a Attachment) error { p[a.ID] = a; return nil }
func (p paper) Delete(_ context.Context, id string) error    { delete(p, id); return nil }
func (p paper) Join(context.Context, string, string, bool) (Link, error) {
	return Link{Interface: "peer0", IPv4: router4, IPv6: router6}, nil
}
func (p paper) Leave(context.Context, string) error               { return nil }
func (p paper) Identify(context.Context, string, Container) error { return nil }
func (p paper) Attachments() (all []Attachment) {
	for _, a := range p {
		all = append(all, a)
	}
	return all
}

// desk is a plugin's handler, without a socket and without an engine.
type desk struct {
	handler http.Handler
	ledger  *ledger
	agent   paper
}

func newDesk(t testing.TB, lend *lender) desk {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	agent := make(paper)
	l, err := openLedger(filepath.Join(t.TempDir(), "docker.json"), lend, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	return desk{newHandler(&networkDriver{l, agent, log}, &ipamDriver{l, lend}, log), l, agent}
}

// ask posts body to a method and returns the answer's JSON.
func (d desk) ask(method, body string) (status int, answer string) {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/"+method, strings.NewReader(body)))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct{ name, method, body, want string }{
		{"activate", "Plugin.Activate", ``, `{"Implements":["NetworkDriver","IpamDriver"]}`},
		{"scope", "NetworkDriver.GetCapabilities", `null`, `{"Scope":"local","ConnectivityScope":"local"}`},
		{"node pool", "IpamDriver.RequestPool", `{}`, `{"PoolID":"node,10.99.1.0/24","Pool":"10.99.1.0/24","Data":null}`},
		{"node pool IPv6", "IpamDriver.RequestPool", `{"V6":true}`, `{"PoolID":"node,fd63:7465:7374:1::/64","Pool":"fd63:7465:7374:1::/64","Data":null}`},
		{"host bits", "IpamDriver.RequestPool", `{"Pool":"10.99.1.77/26"}`, `{"PoolID":"node,10.99.1.64/26","Pool":"10.99.1.64/26","Data":null}`},
		{"too large", "IpamDriver.RequestPool", `{"Pool":"10.99.0.0/16"}`, `{"Err":"hypha: subnet 10.99.0.0/16 is larger than this node's prefix 10.99.1.0/24: choose one inside of it, or elsewhere"}`},
		{"mapped", "IpamDriver.RequestPool", `{"Pool":"::ffff:10.1.0.0/112"}`, `{"Err":"hypha: subnet ::ffff:10.1.0.0/112 is an IPv4 one written as IPv6: write it as IPv4"}`},
		{"range outside", "IpamDriver.RequestPool", `{"Pool":"10.98.0.0/24","SubPool":"10.98.1.0/25"}`, `{"Err":"hypha: address range 10.98.1.0/25 is not inside of subnet 10.98.0.0/24"}`},
		{"no subnet", "IpamDriver.RequestPool", `{"Pool":"all"}`, `{"Err":"hypha: subnet: netip.ParsePrefix(\"all\"): no '/'"}`},
		{"gateway", "IpamDriver.RequestAddress", `{"PoolID":"node,10.99.1.0/24","Options":{"RequestAddressType":"com.docker.network.gateway"}}`, `{"Address":"10.99.1.1/32","Data":null}`},
		{"any address", "IpamDriver.RequestAddress", `{"PoolID":"node,10.99.1.0/24"}`, `{"Address":"10.99.1.2/32","Data":null}`},
		{"this address", "IpamDriver.RequestAddress", `{"PoolID":"node,10.99.1.0/24","Address":"10.99.1.9"}`, `{"Address":"10.99.1.9/32","Data":null}`},
		{"router's address", "IpamDriver.RequestAddress", `{"PoolID":"node,10.99.1.0/24","Address":"10.99.1.1"}`, `{"Err":"hypha: address is reserved: 10.99.1.1 of pool 10.99.1.0/24"}`},
		{"address elsewhere", "IpamDriver.RequestAddress", `{"PoolID":"node,10.99.1.0/24","Address":"10.9.9.9"}`, `{"Err":"hypha: address 10.9.9.9 is not in subnet 10.99.1.0/24"}`},
		{"foreign pool", "IpamDriver.RequestAddress", `{"PoolID":"LocalDefault/172.17.0.0/16"}`, `{"Err":"hypha: pool \"LocalDefault/172.17.0.0/16\" is none of Hypha's"}`},
		{"release unknown", "IpamDriver.ReleaseAddress", `{"PoolID":"node,10.99.1.0/24","Address":"10.99.1.44"}`, `{}`},
		{"endpoint", "NetworkDriver.CreateEndpoint", `{"EndpointID":"e","Interface":{"Address":"10.99.1.9/32"}}`, `{"Interface":{"Address":"","AddressIPv6":"fd63:7465:7374:1::2/128","MacAddress":"3e:79:bb:7b:43:5b"}}`},
		{"endpoint with MAC", "NetworkDriver.CreateEndpoint", `{"EndpointID":"e","Interface":{"MacAddress":"02:00:5e:10:00:01"}}`, `{"Interface":{"Address":"","AddressIPv6":"fd63:7465:7374:1::2/128","MacAddress":""}}`},
		{"no endpoint", "NetworkDriver.CreateEndpoint", `{}`, `{"Err":"hypha: the request names no endpoint"}`},
		{"bad MAC", "NetworkDriver.CreateEndpoint", `{"EndpointID":"e","Interface":{"MacAddress":"02:00"}}`, `{"Err":"hypha: MAC address \"02:00\": want six bytes"}`},
		{"join a stranger", "NetworkDriver.Join", `{"EndpointID":"e"}`, `{"Err":"hypha: endpoint e is not known: it was never created, or removed"}`},
		{"delete a stranger", "NetworkDriver.DeleteEndpoint", `{"EndpointID":"e"}`, `{}`},
		{"truncated", "NetworkDriver.Join", `{"EndpointID":`, `{"Err":"hypha: request is not understood: unexpected EOF"}`},
		{"wrong type", "NetworkDriver.Leave", `{"EndpointID":7}`, `{"Err":"hypha: request is not understood: json: cannot unmarshal number into Go struct field LeaveRequest.EndpointID of type string"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, got := newDesk(t, newLender(t)).ask(c.method, c.body); got != c.want {
				t.Errorf("\ngot  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestRequestTooLarge(t *testing.T) {
	body := `{"EndpointID":"` + strings.Repeat("x", maxRequest) + `"}`
	status, answer := newDesk(t, newLender(t)).ask("NetworkDriver.Join", body)
	if status != http.StatusInternalServerError || !strings.Contains(answer, "larger than 4194304 bytes") {
		t.Errorf("%d %s", status, answer)
	}
}

// TestLifeOnPaper follows one endpoint whose IPv6 address is chosen by the driver, with every request sent twice.
func TestLifeOnPaper(t *testing.T) {
	lend := newLender(t)
	d := newDesk(t, lend)
	for _, step := range []struct{ method, body, want string }{
		{"NetworkDriver.CreateEndpoint", `{"EndpointID":"e","Interface":{"Address":"10.99.1.9/32","MacAddress":"02:00:00:00:00:09"}}`,
			`{"Interface":{"Address":"","AddressIPv6":"fd63:7465:7374:1::2/128","MacAddress":""}}`},
		{"NetworkDriver.Join", `{"EndpointID":"e","SandboxKey":"/s"}`,
			`{"InterfaceName":{"SrcName":"peer0","DstPrefix":"eth"},"Gateway":"10.99.1.1","GatewayIPv6":"fd63:7465:7374:1::1",` +
				`"StaticRoutes":[{"Destination":"10.99.1.1/32","RouteType":1,"NextHop":""},{"Destination":"fd63:7465:7374:1::1/128","RouteType":1,"NextHop":""}],"DisableGatewayService":false}`},
		{"NetworkDriver.Leave", `{"EndpointID":"e"}`, `{}`},
		{"NetworkDriver.DeleteEndpoint", `{"EndpointID":"e"}`, `{}`},
		{"IpamDriver.ReleaseAddress", `{"PoolID":"","Address":"fd63:7465:7374:1::2"}`, `{}`},
	} {
		for range 2 {
			if _, got := d.ask(step.method, step.body); got != step.want {
				t.Errorf("%s\ngot  %s\nwant %s", step.method, got, step.want)
			}
		}
	}
	if len(d.agent) != 0 || lend.v6.InUse() != 0 {
		t.Errorf("left behind: %v, %d IPv6 addresses", d.agent, lend.v6.InUse())
	}
}

// FuzzHandler posts anything to any method: nothing may panic, and every answer is one JSON value.
func FuzzHandler(f *testing.F) {
	methods := []string{
		"Plugin.Activate", "NetworkDriver.CreateNetwork", "NetworkDriver.CreateEndpoint", "NetworkDriver.Join",
		"NetworkDriver.Leave", "NetworkDriver.DeleteEndpoint", "NetworkDriver.ProgramExternalConnectivity",
		"IpamDriver.RequestPool", "IpamDriver.ReleasePool", "IpamDriver.RequestAddress", "IpamDriver.ReleaseAddress",
	}
	for _, seed := range []string{
		``, `null`, `[]`, `{"IPv4Data":[null]}`, `{"EndpointID":"e"}`, `{"EndpointID":"e","SandboxKey":"/s"}`,
		`{"EndpointID":"e","Interface":{"Address":"10.99.1.9/32"}}`, `{"Pool":"10.1.0.0/8"}`, `{"Pool":"::/0"}`,
		`{"Pool":"10.98.0.0/24","SubPool":"10.98.0.0/32"}`, `{"PoolID":"own,10.98.0.0/24,10.98.0.128/25"}`,
		`{"PoolID":"own,::ffff:1.2.3.4/120"}`, `{"PoolID":"node,fd63:7465:7374:1::/64","Address":"fe80::1%lo"}`,
		`{"Options":{"com.docker.network.portmap":[{}]}}`,
	} {
		for i := range methods {
			f.Add(byte(i), seed)
		}
	}
	f.Fuzz(func(t *testing.T, method byte, body string) {
		_, answer := newDesk(t, newLender(t)).ask(methods[int(method)%len(methods)], body)
		decoder := json.NewDecoder(strings.NewReader(answer))
		if err := decoder.Decode(new(any)); err != nil {
			t.Errorf("answer %q: %v", answer, err)
		}
		if _, err := decoder.Token(); err != io.EOF {
			t.Errorf("more than one value: %q", answer)
		}
	})
}
