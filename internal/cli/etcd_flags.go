// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/internal/store"
)

// passwordVariable holds the password of --etcd-user where no file does. It is no flag: everybody can see those of a process.
const passwordVariable = "HYPHA_ETCD_PASSWORD"

// EtcdConfig says which etcd, and how to be let in.
type EtcdConfig struct {
	URLs         []string // none: embedded
	Prefix       string   // of the cluster's keys
	TLS          store.TLS
	User         string
	PasswordFile string
}

// etcdFlags declares how to get at the cluster's etcd.
func etcdFlags(c *cobra.Command, config *EtcdConfig) {
	f := c.Flags()
	f.Var(each(&config.URLs, "URL,...", etcdURL), "etcd", "the cluster's etcd, all its members; without it, one is embedded")
	f.Var(etcdPrefix(&config.Prefix), "etcd-prefix", "what the cluster's keys begin with")
	f.StringVar(&config.TLS.CA, "etcd-ca", "", "`FILE` with who signs etcd's certificates (default: whom this machine trusts)")
	f.StringVar(&config.TLS.Cert, "etcd-cert", "", "`FILE` with the certificate to show etcd; read anew when it is rotated")
	f.StringVar(&config.TLS.Key, "etcd-key", "", "`FILE` with its key")
	f.StringVar(&config.TLS.ServerName, "etcd-server-name", "", "`NAME` in etcd's certificates (default: the URL's host)")
	f.StringVar(&config.User, "etcd-user", "", "`NAME` of the user at etcd")
	f.StringVar(&config.PasswordFile, "etcd-password-file", "", "`FILE` with the user's password, or $"+passwordVariable)
}

// Password returns the user's, from its file or the variable.
func (e EtcdConfig) Password() (string, error) {
	switch {
	case e.User == "":
		return "", nil
	case e.PasswordFile == "":
		password := os.Getenv(passwordVariable)
		if password == "" {
			return "", fmt.Errorf("user %s at etcd has no password: give --etcd-password-file or $%s", e.User, passwordVariable)
		}
		return password, nil
	}
	return readPassword(e.PasswordFile, fmt.Sprintf("user %s at etcd", e.User))
}

func etcdURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return "", errors.New("must be URLs: https://HOST:PORT")
	case u.User != nil:
		return "", errors.New("must have no user or password in it: use --etcd-user")
	}
	return text, nil
}

func etcdPrefix(target *string) *setting {
	*target = store.DefaultPrefix
	return &setting{text: *target, kind: "/NAME", set: func(text string) error {
		*target = text
		return store.CheckPrefix(text)
	}}
}
