package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func (st *Store) checkSFTP(bad func(key, format string, args ...any)) {
	if st.User == "" {
		bad("store.user", "must be given")
	}
	if (st.Password == "") == (st.Key == "") {
		bad("store.password", "or key must be given, not both")
	}
	if st.Passphrase != "" && st.Key == "" {
		bad("store.passphrase", "is of a key")
	}
	if st.KnownHosts == "" {
		bad("store.known_hosts", "must name the file of the host keys that are trusted; ssh-keyscan HOST writes its lines, which then are to be compared with what the owner of the host says")
	}
}

const sftpConnect = 30 * time.Second

// An sftpHost is a server that files lie on.
type sftpHost struct {
	ssh    *ssh.Client
	client *sftp.Client
	stop   func() bool
}

func (st *Store) openSFTP(ctx context.Context, host string) (storage, error) {
	address := host
	if _, _, err := net.SplitHostPort(host); err != nil {
		address = net.JoinHostPort(strings.Trim(host, "[]"), "22")
	}
	auth, err := st.sshAuth()
	if err != nil {
		return nil, err
	}
	trusted, err := knownhosts.New(st.KnownHosts)
	if err != nil {
		return nil, ofKind(ErrConfig, "store.known_hosts: %w", err)
	}
	kinds := hostKeyKinds(trusted, address)
	if len(kinds) == 0 {
		return nil, ofKind(ErrConfig, "store.known_hosts: has no key of %s", address)
	}
	connection, err := (&net.Dialer{Timeout: sftpConnect}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, lost(err, networkReason(err))
	}
	h := &sftpHost{stop: context.AfterFunc(ctx, func() { connection.Close() })}
	patience := time.AfterFunc(sftpConnect, func() { connection.Close() })
	c, channels, requests, err := ssh.NewClientConn(connection, address, &ssh.ClientConfig{User: st.User, Auth: auth, HostKeyCallback: trusted, HostKeyAlgorithms: kinds})
	patience.Stop()
	if err != nil {
		connection.Close()
		h.stop()
		return nil, sshFault(err, address, st.User)
	}
	h.ssh = ssh.NewClient(c, channels, requests)
	if h.client, err = sftp.NewClient(h.ssh); err != nil {
		h.close()
		return nil, lost(err, "the server offers no sftp")
	}
	return h, nil
}

func (st *Store) sshAuth() ([]ssh.AuthMethod, error) {
	if st.Password != "" {
		password, err := st.Password.Reveal()
		if err != nil {
			return nil, ofKind(ErrConfig, "store.password: %w", err)
		}
		return []ssh.AuthMethod{ssh.Password(password)}, nil
	}
	key, err := st.Key.Reveal()
	if err != nil {
		return nil, ofKind(ErrConfig, "store.key: %w", err)
	}
	passphrase, err := st.Passphrase.Reveal()
	if err != nil {
		return nil, ofKind(ErrConfig, "store.passphrase: %w", err)
	}
	var signer ssh.Signer
	if passphrase != "" {
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(key), []byte(passphrase))
	} else {
		signer, err = ssh.ParsePrivateKey([]byte(key))
	}
	if err != nil {
		return nil, ofKind(ErrConfig, "store.key: is no private key that can be read with this passphrase")
	}
	return []ssh.AuthMethod{ssh.PublicKeys(signer)}, nil
}

// noKey is a key that no file of host keys holds; asking for it tells the keys that a file holds.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return []byte("none") }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("no key") }

// hostKeyKinds are the algorithms by which a host can prove one of its trusted keys: asked for another, it would show a key that the file
// does not hold, and be refused.
func hostKeyKinds(trusted ssh.HostKeyCallback, address string) []string {
	var other *knownhosts.KeyError
	if !errors.As(trusted(address, &net.TCPAddr{IP: net.IPv4zero}, noKey{}), &other) {
		return nil
	}
	var kinds []string
	for _, k := range other.Want {
		of := []string{k.Key.Type()}
		if k.Key.Type() == ssh.KeyAlgoRSA {
			of = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
		}
		for _, a := range of {
			if !slices.Contains(kinds, a) {
				kinds = append(kinds, a)
			}
		}
	}
	return kinds
}

// sshFault says why no session was made.
func sshFault(err error, address, user string) error {
	var other *knownhosts.KeyError
	var revoked *knownhosts.RevokedError
	switch {
	case errors.As(err, &other):
		return ofKind(ErrConfig, "the key of %s is not the one that store.known_hosts has: either it was renewed, or somebody stands in between", address)
	case errors.As(err, &revoked):
		return ofKind(ErrConfig, "the key of %s is revoked in store.known_hosts", address)
	case strings.Contains(err.Error(), "unable to authenticate"):
		return ofKind(ErrConfig, "the server refuses user %s", quoted(user))
	case strings.Contains(err.Error(), "no common algorithm for host key"):
		return ofKind(ErrConfig, "the key of %s is of another kind than those that store.known_hosts has", address)
	}
	return lost(err, networkReason(err))
}

// close ends the connection first: the client waits for the server to end its side, which some never do.
func (h *sftpHost) close() {
	h.ssh.Close()
	if h.client != nil {
		h.client.Close()
	}
	h.stop()
}

// list finds plain files below the root of the server: no folders, links or pipes.
func (h *sftpHost) list(_ context.Context, glob string) ([]object, error) {
	names, err := h.client.Glob("/" + path.Clean(glob))
	if err != nil {
		return nil, sftpFault(err)
	}
	if len(names) > maxObjects {
		return nil, fmt.Errorf("more than %d files match", maxObjects)
	}
	var found []object
	for _, n := range names {
		info, err := h.client.Lstat(n)
		if err != nil {
			return nil, sftpFault(err)
		}
		if info.Mode().IsRegular() {
			found = append(found, object{name: strings.TrimPrefix(n, "/"), size: info.Size(), time: info.ModTime()})
		}
	}
	return found, nil
}

func (h *sftpHost) copy(_ context.Context, o object, to io.Writer) error {
	f, err := h.client.Open("/" + o.name)
	if err != nil {
		return sftpFault(err)
	}
	defer f.Close()
	if _, err := f.WriteTo(to); err != nil {
		return sftpFault(err)
	}
	now, err := h.client.Lstat("/" + o.name)
	if err != nil {
		return sftpFault(err)
	}
	if now.Size() != o.size || !now.ModTime().Equal(o.time) {
		return errChanged
	}
	return nil
}

func sftpFault(err error) error {
	var status *sftp.StatusError
	switch {
	case errors.Is(err, errChanged):
		return err
	case errors.As(err, &status):
		return fmt.Errorf("the server answers: %s", status.FxCode())
	case errors.Is(err, sftp.ErrSSHFxConnectionLost), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return lost(err, "the connection was lost")
	}
	return err
}
