// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/api"
)

// exchange hands one request to a handler over an agent with one endpoint.
func exchange(method, target string, body io.Reader) *httptest.ResponseRecorder {
	agent := newDouble()
	agent.endpoints["web"] = api.Endpoint{Name: "web"}
	return exchangeWith(agent, method, target, body)
}

func exchangeWith(agent *double, method, target string, body io.Reader) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler := New(agent, slog.New(slog.NewTextHandler(io.Discard, nil))).Handler()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, target, body))
	return recorder
}

func TestBodies(t *testing.T) {
	for _, c := range []struct {
		body, want string
		status     int
	}{
		{`{"name":"x","netns":"/x"}`, `"state":"ready"`, http.StatusOK},
		{``, `request body: EOF`, http.StatusBadRequest},
		{`null`, `endpoint has no name`, http.StatusBadRequest},
		{`[]`, `request body: json: cannot unmarshal array`, http.StatusBadRequest},
		{`{"name":"x","netns":"/x"}{}`, `more than one JSON value`, http.StatusBadRequest},
		{`{"name":"x","nets":"/x"}`, `unknown field \"nets\"`, http.StatusBadRequest},
		{`{"name":"` + strings.Repeat("x", api.MaxBody) + `"}`, `request body is larger than 32 MiB`, http.StatusRequestEntityTooLarge},
	} {
		got := exchange("POST", "/v1/endpoints", strings.NewReader(c.body))
		if got.Code != c.status || !strings.Contains(got.Body.String(), c.want) {
			t.Errorf("%.40q: %d %s\nwant %d ... %s", c.body, got.Code, got.Body, c.status, c.want)
		}
	}
}

func TestUnknownPath(t *testing.T) {
	got := exchange("PATCH", "/v1/status", nil)
	if want := `{"error":"the API has no PATCH /v1/status"}`; got.Code != http.StatusNotFound || strings.TrimSpace(got.Body.String()) != want {
		t.Errorf("%d %s, want 404 %s", got.Code, got.Body, want)
	}
}

// Whatever is asked, the handler answers with JSON, and a refusal says why.
func FuzzHandler(f *testing.F) {
	methods := []string{"GET", "POST", "PUT", "DELETE"}
	f.Add(byte(0), "status", "", "", "")
	f.Add(byte(1), "endpoints", "", "", `{"name":"x","netns":"/x","labels":{"a":"b"}}`)
	f.Add(byte(2), "endpoints/web/labels", "", "", `{"labels":{"\u0000":"\ud800"}}`)
	f.Add(byte(2), "endpoints/web/trace", "", "", `{"on":true}`)
	f.Add(byte(3), "endpoints/web", "", "", "")
	f.Add(byte(1), "policies", "", "", `{"files":[{"source":"x.yaml","text":"shop"}],"dryRun":true}`)
	f.Add(byte(0), "policies", "revision", "1", "")
	f.Add(byte(3), "policies/shop", "dry-run", "1", "")
	f.Add(byte(0), "history", "limit", "3", "")
	f.Add(byte(1), "rollback", "", "", `{"revision":1}`)
	f.Add(byte(1), "suggest", "", "", `{"seconds":-1}`)
	f.Add(byte(1), "verify", "", "", `{"files":[{}],"flows":[{"packets":1}]}`)
	f.Add(byte(0), "stats", "by", "rule", "")
	f.Add(byte(1), "explain", "", "", `{"from":"a","to":"b","port":"80/tcp"}`)
	f.Add(byte(0), "events", "type", "drop,fish", "")
	f.Add(byte(0), "conntrack", "limit", "99999999999999999999", "")
	f.Fuzz(func(t *testing.T, method byte, path, key, value, body string) {
		query := url.Values{key: {value}}
		query.Set("follow", "false") // a stream would not end
		target := url.URL{Path: "/v1/" + path, RawQuery: query.Encode()}
		got := exchange(methods[int(method)%len(methods)], target.String(), strings.NewReader(body))
		var refusal api.Error
		err := json.Unmarshal(got.Body.Bytes(), &refusal)
		if got.Code >= 400 && (err != nil || refusal.Message == "") {
			t.Errorf("%d %q", got.Code, got.Body)
		}
	})
}
