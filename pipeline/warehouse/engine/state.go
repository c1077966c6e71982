package engine

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// state is DIR/engine.json (mode 0600): where the engine of this data directory answers, and its passwords, which
// stay the same for the life of the directory.
type state struct {
	Port            int    `json:"port"` // 0 while no engine is ready
	PID             int    `json:"pid"`
	Password        string `json:"password"`
	AnalystPassword string `json:"analyst_password"`
	MaskedPassword  string `json:"masked_password"`
}

func stateFile(dir string) string { return filepath.Join(dir, "engine.json") }

func readState(dir string) (state, error) {
	var st state
	data, err := os.ReadFile(stateFile(dir))
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(data, &st); err != nil {
		return st, fmt.Errorf("%s: %w", stateFile(dir), err)
	}
	return st, nil
}

// keepState reads the state, with new passwords if there is none. Only the holder of the lock may call it.
func keepState(dir string) (state, error) {
	st, err := readState(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return st, err
	}
	if st.Password == "" {
		st.Password, st.AnalystPassword = rand.Text(), rand.Text()
	}
	if st.MaskedPassword == "" { // the directory may be of a version that had two users
		st.MaskedPassword = rand.Text()
	}
	st.Port, st.PID = 0, 0
	return st, writeState(dir, st)
}

func writeState(dir string, st state) error {
	data, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(stateFile(dir), append(data, '\n'))
}
