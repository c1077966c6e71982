package engine

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// The engine writes the token of an insert to its table's log of tokens before it puts the part in place. Killed between the two, it knows the token
// of rows that it does not have: the insert, sent again, counts as a repetition and is dropped without a word. So before it is started, tokens
// whose part is not there are taken out of the logs.

// forgetLost does that for every table of a directory whose engine was killed. A log that reads otherwise than expected is left alone.
func forgetLost(dir string) error {
	path := filepath.Join(dir, "engine", "status") // locked by the engine while it lives, and removed when it ends by itself
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	status := flock.New(path)
	switch free, err := status.TryLock(); {
	case err != nil:
		return err
	case !free:
		return nil
	}
	defer status.Unlock() //nolint:errcheck // closing the file frees it
	logs, err := filepath.Glob(filepath.Join(dir, "engine", "store", "*", "*", "deduplication_logs", "deduplication_log_*.txt"))
	if err != nil {
		return err
	}
	parts := map[string][]part{}
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			return err
		}
		table := filepath.Dir(filepath.Dir(log))
		if _, read := parts[table]; !read && len(text) > 0 {
			if parts[table], err = partsOf(table); err != nil {
				return err
			}
		}
		kept, whole := withoutLost(text, parts[table])
		if !whole || len(kept) == len(text) {
			continue
		}
		fresh := log + ".new"
		if err := os.WriteFile(fresh, kept, 0o640); err != nil {
			return err
		}
		if err := os.Rename(fresh, log); err != nil {
			return err
		}
	}
	return nil
}

// A part is named by its partition, the blocks it holds, and its levels.
type part struct {
	partition string
	from, to  uint64
}

func partOf(name string) (p part, ok bool) {
	f := strings.Split(name, "_")
	if len(f) != 4 && len(f) != 5 { // the fifth is of a mutation
		return p, false
	}
	p.partition = f[0]
	var errs [3]error
	p.from, errs[0] = strconv.ParseUint(f[1], 10, 64)
	p.to, errs[1] = strconv.ParseUint(f[2], 10, 64)
	_, errs[2] = strconv.ParseUint(f[3], 10, 64)
	return p, errors.Join(errs[:]...) == nil && p.partition != "" && p.partition != "tmp"
}

// partsOf lists the parts in the folder of a table, former ones among them.
func partsOf(table string) (list []part, err error) {
	found, err := os.ReadDir(table)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range found {
		if p, ok := partOf(f.Name()); ok && f.IsDir() {
			list = append(list, p)
		}
	}
	return list, nil
}

// withoutLost returns a log without the tokens whose part is neither there nor in a larger one; whole says whether all of it could be read.
func withoutLost(text []byte, there []part) (kept []byte, whole bool) {
	for line := range bytes.Lines(text) {
		if !bytes.HasSuffix(line, []byte("\n")) { // a last line that a power cut tore; the engine makes nothing of it either
			break
		}
		f := strings.Split(strings.TrimSuffix(string(line), "\n"), "\t")
		if len(f) != 3 || f[0] != "1" && f[0] != "2" {
			return nil, false
		}
		p, ok := partOf(f[1])
		if !ok {
			return nil, false
		}
		lost := f[0] == "1" // 2 says that the token was given up
		for _, t := range there {
			if t.partition == p.partition && t.from <= p.from && p.to <= t.to {
				lost = false
				break
			}
		}
		if !lost {
			kept = append(kept, line...)
		}
	}
	return kept, true
}
