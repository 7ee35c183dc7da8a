// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc/credentials"
)

// handshake makes TLS of connections, each with the certificates as they are then.
type handshake struct {
	files     TLS
	connector *connector
}

// ClientHandshake implements credentials.TransportCredentials.
func (h *handshake) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	config, err := h.files.config()
	if err != nil {
		h.connector.note(err)
		return nil, nil, err
	}
	conn, info, err := credentials.NewTLS(config).ClientHandshake(ctx, cmp.Or(h.files.ServerName, authority), raw)
	if err != nil {
		h.connector.note(h.advise(err))
		return nil, nil, err
	}
	return &answeredConn{conn, h.connector, h.advise}, info, nil
}

// advise says what to do about a failed handshake.
func (h *handshake) advise(err error) error {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("%w: the CA in %s has not signed etcd's certificate: %w", ErrCertificates, cmp.Or(h.files.CA, "the machine's store"), unknown)
	case errors.As(err, &name):
		return fmt.Errorf("%w: etcd's certificate is for another name: give --etcd-server-name: %w", ErrCertificates, name)
	case errors.As(err, &invalid):
		return fmt.Errorf("%w: etcd's certificate is not valid: %w", ErrCertificates, invalid)
	case isAlert(err) && h.files.Cert == "":
		return fmt.Errorf("%w: etcd wants a certificate: give --etcd-cert and --etcd-key: %w", ErrCertificates, err)
	case isAlert(err):
		return fmt.Errorf("%w: etcd does not accept the certificate in %s: is it expired, or signed by another CA? %w", ErrCertificates, h.files.Cert, err)
	}
	return err
}

// ServerHandshake implements credentials.TransportCredentials. There is no such side.
func (h *handshake) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.ErrUnsupported
}

// Info implements credentials.TransportCredentials.
func (h *handshake) Info() credentials.ProtocolInfo {
	return credentials.NewTLS(&tls.Config{ServerName: h.files.ServerName}).Info()
}

// Clone implements credentials.TransportCredentials.
func (h *handshake) Clone() credentials.TransportCredentials { return h }

// OverrideServerName implements credentials.TransportCredentials; it is deprecated, and not needed.
func (h *handshake) OverrideServerName(string) error { return errors.ErrUnsupported }
