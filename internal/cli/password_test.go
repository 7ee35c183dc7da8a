// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPasswordFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	etcd := func() (string, error) { return EtcdConfig{User: "n1", PasswordFile: file}.Password() }
	sessions := func() (string, error) {
		password, err := BGPConfig{PasswordFile: file}.password()
		return string(password), err
	}
	const ofEtcd, ofSessions = "reading the password of user n1 at etcd: ", "reading the password of BGP sessions: "
	for _, c := range []struct {
		content   string
		of        func() (string, error)
		want, err string
	}{
		{"secret\r\n", etcd, "secret", ""},
		{" secret ", sessions, " secret ", ""},
		{"\n", etcd, "", ofEtcd + file + " is empty"},
		{"", sessions, "", ofSessions + file + " is empty"},
		{strings.Repeat("x", 80) + "\n", sessions, strings.Repeat("x", 80), ""},
		{strings.Repeat("x", 81), sessions, "", ofSessions + file + " has more than 80 bytes"},
	} {
		if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := c.of()
		if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err || err == nil && got != c.want {
			t.Errorf("%q: %q, %v; want %q, %s", c.content, got, err, c.want, c.err)
		}
	}
}
