// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// ErrCertificates is returned for files that do not hold the certificates or the key that they should.
var ErrCertificates = errors.New("can not use the certificates for etcd")

// TLS names the files, in PEM, of connections to an external etcd. They are read anew for each connection, so what is rotated
// needs no restart.
type TLS struct {
	CA         string // who signs etcd's certificates; empty: whom the machine trusts
	Cert, Key  string // with which this node shows who it is; empty: it does not
	ServerName string // in etcd's certificates; empty: the host in the URL
}

// config reads the files.
func (t TLS) config() (*tls.Config, error) {
	config := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if (t.Cert == "") != (t.Key == "") {
		return nil, fmt.Errorf("%w: a certificate and its key go together: give both, or none", ErrCertificates)
	}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCertificates, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%w: %s holds no certificate in PEM", ErrCertificates, t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("%w: %s and %s: %w", ErrCertificates, t.Cert, t.Key, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
