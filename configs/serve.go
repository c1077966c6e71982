package configs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Serve says where people read, and who.
type Serve struct {
	Listen  string   `yaml:"listen"`
	Users   []User   `yaml:"users"`    // analysts that may query ClickHouse through the proxy
	Hosts   []string `yaml:"hosts"`    // names under which browsers may call, beyond localhost and plain addresses
	TLSCert string   `yaml:"tls_cert"` // files; both or neither
	TLSKey  string   `yaml:"tls_key"`
	Metrics string   `yaml:"metrics"` // who may read /metrics
}

// A User is an analyst.
type User struct {
	Name         string `yaml:"name"`
	PasswordHash string `yaml:"password_hash"` // bcrypt
	Names        string `yaml:"names"`         // whether names of persons, reports and refused rows are shown; empty: masked
}

// What an analyst sees of persons.
const (
	NamesFull   = "full"
	NamesMasked = "masked"
)

// Who may read the metrics.
const (
	MetricsLocal    = "local" // who calls from the machine itself, not through a proxy
	MetricsUsers    = "users" // who signs in
	MetricsEveryone = "everyone"
	MetricsNobody   = "nobody"
)

// Monitor says what watches the program.
type Monitor struct {
	Ping     Secret `yaml:"ping"`     // URL that hears of every night
	Textfile string `yaml:"textfile"` // file for the metrics of nights that run without serve
}

func (s Serve) check(bad func(key, want string, got any)) (errs []error) {
	seen := map[string]bool{}
	for i, u := range s.Users {
		if u.Name == "" || seen[u.Name] {
			bad(fmt.Sprintf("serve.users[%d].name", i), "must be there and unique", fmt.Sprintf("%q", u.Name))
		}
		seen[u.Name] = true
		if !slices.Contains([]string{"", NamesMasked, NamesFull}, u.Names) {
			bad(fmt.Sprintf("serve.users[%d].names", i), "must be masked or full", fmt.Sprintf("%q", u.Names))
		}
		if !strings.HasPrefix(u.PasswordHash, "$2") {
			errs = append(errs, fmt.Errorf("serve.users[%d].password_hash: must be a bcrypt hash (creditwatch hash-password makes one)", i))
		}
	}
	for i, h := range s.Hosts {
		if h == "" || strings.ContainsAny(h, "/:* \t") {
			bad(fmt.Sprintf("serve.hosts[%d]", i), "must be a plain host name as risk.example.com", fmt.Sprintf("%q", h))
		}
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		bad("serve.tls_cert", "must be given together with serve.tls_key", "one of them")
	}
	if who := []string{MetricsLocal, MetricsUsers, MetricsEveryone, MetricsNobody}; !slices.Contains(who, s.Metrics) {
		bad("serve.metrics", "must be local, users, everyone or nobody", fmt.Sprintf("%q", s.Metrics))
	}
	return errs
}

// Hash is the SHA-256 of the section: another one means other users, passwords or addresses.
func (s Serve) Hash() string {
	b, err := yaml.Marshal(s)
	if err != nil {
		panic(err) // plain fields
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
