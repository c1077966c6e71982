package sources

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// Copies of the files of a store are in a folder of their own below the scratch folder, and a lock in it is held as long as the process
// lives: what lies there and can be locked was left by one that was killed, whatever its number, and on whichever machine.
const (
	copiesPrefix = "creditwatch-copies-"
	spoolPrefix  = "creditwatch-spool-"
	lockName     = ".lock"
)

// scratchLock is held while folders of the scratch folder are made and removed, so that none is found between its making and its lock.
func (n Night) scratchLock() (*flock.Flock, error) {
	if err := os.MkdirAll(n.Scratch, 0o700); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(n.Scratch, lockName), flock.SetPermissions(0o600))
	return l, l.Lock()
}

// sweepScratch removes what dead processes left in the scratch folder.
func (n Night) sweepScratch() (err error) {
	if n.Scratch == "" {
		return nil
	}
	left, err := os.ReadDir(n.Scratch)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(left) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	l, err := n.scratchLock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Unlock()) }()
	if left, err = os.ReadDir(n.Scratch); err != nil { // those made meanwhile are locked
		return err
	}
	for _, e := range left {
		path := filepath.Join(n.Scratch, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), spoolPrefix): // it loses its name as soon as it is made
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		case strings.HasPrefix(e.Name(), copiesPrefix):
			if err := removeDead(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeDead removes a folder of copies unless a living process holds it.
func removeDead(dir string) error {
	l := flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))
	switch got, err := l.TryLock(); {
	case errors.Is(err, fs.ErrNotExist): // removed by its process just now
		return nil
	case err != nil:
		return err
	case !got:
		return nil
	}
	return errors.Join(os.RemoveAll(dir), l.Unlock())
}

// makeCopies makes the folder of the copies, which goes away with the pull.
func (p *pull) makeCopies() (err error) {
	if p.night.Scratch != "" {
		l, err := p.night.scratchLock()
		if err != nil {
			return err
		}
		defer l.Unlock() //nolint:errcheck // closing the file frees it
	}
	if p.copiesIn, err = os.MkdirTemp(p.night.Scratch, copiesPrefix); err != nil { // mode 0700
		return err
	}
	p.copiesHeld = flock.New(filepath.Join(p.copiesIn, lockName), flock.SetPermissions(0o600))
	if err := p.copiesHeld.Lock(); err != nil {
		return err
	}
	p.copies, err = os.OpenRoot(p.copiesIn)
	return err
}

func (p *pull) dropCopies() {
	if p.copies != nil {
		p.copies.Close()
	}
	if p.copiesIn != "" {
		os.RemoveAll(p.copiesIn) //nolint:errcheck // what is left of it the next night removes
		p.copiesHeld.Unlock()    //nolint:errcheck // closing the file frees it
	}
}

// newSpool makes a file without name: nothing is left of it when the process ends, however it ends.
func (p *pull) newSpool() (*os.File, error) {
	if p.night.Scratch != "" {
		if err := os.MkdirAll(p.night.Scratch, 0o700); err != nil {
			return nil, err
		}
	}
	f, err := os.CreateTemp(p.night.Scratch, spoolPrefix)
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) //nolint:errcheck // a sweep may have been first
	return f, nil
}
