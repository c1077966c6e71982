package sources

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// A Secret names where a secret is: env:NAME or file:PATH. It never shows what it found.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// Reveal reads the secret.
func (s Secret) Reveal() (string, error) {
	switch name, value, _ := strings.Cut(string(s), ":"); {
	case s == "":
		return "", nil
	case name == "env":
		v, ok := os.LookupEnv(value)
		if !ok {
			return "", fmt.Errorf("environment variable %s is not set", value)
		}
		return v, nil
	case name == "file":
		b, err := os.ReadFile(value)
		return strings.TrimRight(string(b), "\r\n"), err
	}
	return "", errors.New("want env:NAME or file:PATH, not the secret itself")
}
