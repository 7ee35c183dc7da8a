// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	_ "time/tzdata" // time zones, also where the machine has none

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts in testdata run the real command line. What the agent answers
// stands in each script as a file, agent/METHOD/path.json; what it was asked is
// appended to the file requests.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hypha": func() {
		os.Exit(Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, Deps{
			Version: "1.2.3", Agent: printConfig, Cleanup: printCleanup, ExportStore: printExport, ImportStore: printImport,
		}))
	}})
}

// printConfig stands in for the agent: it shows what it was told.
func printConfig(_ context.Context, config AgentConfig, log *slog.Logger) error {
	log.Debug("debugging")
	return writeJSON(os.Stdout, config, " ")
}

func printCleanup(_ context.Context, config CleanupConfig, out io.Writer) error {
	_, err := fmt.Fprintf(out, "%+v\n", config)
	return err
}

func printExport(_ context.Context, config StoreConfig, to io.Writer) error {
	_, err := fmt.Fprintf(to, "%+v\n", config)
	return err
}

func printImport(_ context.Context, config StoreConfig, from io.Reader) (Imported, error) {
	content, err := io.ReadAll(from)
	return Imported{Cluster: fmt.Sprintf("%s%v", config.State, config.Etcd.URLs), Keys: len(content)}, err
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata",
		Setup: startScriptedAgent,
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"onejson": oneJSON, "exits": exits},
	})
}

func startScriptedAgent(env *testscript.Env) error {
	socket := filepath.Join(env.WorkDir, "agent.sock")
	env.Setenv("HYPHA_SOCKET", socket)
	env.Setenv("TZ", "UTC")
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: scriptedAgent(env.WorkDir)}
	go server.Serve(l)
	env.Defer(func() { server.Close() })
	return nil
}

// scriptedAgent answers from the files below dir/agent; one that begins with
// {"error" is a refusal.
func scriptedAgent(dir string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		log, err := os.OpenFile(filepath.Join(dir, "requests"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			fmt.Fprintf(log, "%s %s %s\n", r.Method, r.RequestURI, bytes.TrimSpace(body))
			err = log.Close()
		}
		answer, readErr := scriptedAnswer(filepath.Join(dir, "agent", r.Method, r.URL.Path))
		if err := errors.Join(err, readErr); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if bytes.HasPrefix(answer, []byte(`{"error"`)) {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.Write(answer)
	})
}

// scriptedAnswer is in path.json. If there are path.1.json and so on, they come
// first, each for one request.
func scriptedAnswer(path string) ([]byte, error) {
	for n := 1; ; n++ {
		numbered := fmt.Sprintf("%s.%d.json", path, n)
		answer, err := os.ReadFile(numbered)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return os.ReadFile(path + ".json")
		case err != nil || len(answer) > 0:
			return answer, errors.Join(err, os.Truncate(numbered, 0)) // empty: used up
		}
	}
}

// oneJSON is the script command that wants a file (stdout, say) to hold one
// JSON document and nothing else.
func oneJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: onejson FILE")
	}
	decoder := json.NewDecoder(bytes.NewBufferString(ts.ReadFile(args[0])))
	var document any
	if err := decoder.Decode(&document); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("%s holds more than one document", args[0])
	}
}

// exits is the script command that runs hypha and wants an exit status:
// exits STATUS ARGUMENT...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS ARGUMENT...")
	}
	got := "0"
	if err := ts.Exec("hypha", args[1:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running hypha: %v", err)
		}
		got = strconv.Itoa(exit.ExitCode())
	}
	if got != args[0] {
		ts.Fatalf("hypha %v exits with %s, want %s", args[1:], got, args[0])
	}
}
