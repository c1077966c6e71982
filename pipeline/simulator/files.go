package simulator

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
)

// A table is one kind of source file.
type table int

const (
	transactions table = iota
	customers
	contracts
	interactions
	ratings
	outcomes
	balances
	news // and the feeds after it: a table per feed
)

var tables = [...]struct{ file, header string }{
	transactions: {"transactions-%s.csv.gz", "customer_id,transaction_id,kind,occurred_on,due_on,amount,currency,document_id,applies_to,supersedes,instrument,payer,status,reason,known_at\n"},
	customers:    {"customers-%s.csv", "customer_id,name,aliases,external_keys,parent_id,industry,region,country,size_class,listed,onboarded_on,owner,terms_days,credit_limit,limit_currency,limit_valid_to,hold_status,insured_limit,insured_until,known_at\n"},
	contracts:    {"contracts-%s.csv", "contract_id,customer_id,valid_from,valid_to,terms_days,credit_limit,currency,review_status,guarantee_type,guarantee_amount,guarantee_until,retention_of_title,late_rate,clauses,known_at\n"},
	interactions: {"interactions-%s.csv", "interaction_id,customer_id,kind,occurred_on,outcome,promised_amount,promised_on,document_id,sentiment,severity,closed_on,owner,known_at\n"},
	ratings:      {"external_ratings-%s.csv", "customer_id,agency,scale,grade,score,pd,recommended_limit,outlook,rated_on,known_at\n"},
	outcomes:     {"outcomes-%s.csv", "outcome_id,customer_id,event,occurred_on,amount,currency,cause,known_at\n"},
	balances:     {"balances-%s.csv", balancesHeader},
}

const balancesHeader = "kind,customer_id,balance_on,currency,amount,reference,status,known_at\n"

const flushAt = 128 << 10

// A file collects what belongs to one file of the folder. It is opened only to append a full buffer, so that
// hundreds of files grow side by side without being open.
type file struct {
	name    string // relative to the folder, with slashes
	lines   int
	started bool
	pending []byte
	zip     *gzip.Writer
	foot    string
}

// folder writes the files of a book.
type folder struct {
	dir   string
	files []*file // in the order of their first row
	made  map[string]bool
}

func (f *folder) file(name, foot string) *file {
	s := &file{name: name, foot: foot}
	f.files = append(f.files, s)
	return s
}

// Write takes what is to be appended, for the compressor or the buffer.
func (s *file) Write(b []byte) (int, error) {
	s.pending = append(s.pending, b...)
	return len(b), nil
}

func (f *folder) append(s *file, b []byte) error {
	if filepath.Ext(s.name) == ".gz" {
		if s.zip == nil {
			z, err := gzip.NewWriterLevel(s, gzip.BestSpeed)
			if err != nil {
				return err
			}
			s.zip = z
		}
		if _, err := s.zip.Write(b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	} else {
		s.pending = append(s.pending, b...)
	}
	if len(s.pending) < flushAt {
		return nil
	}
	return f.flush(s)
}

func (f *folder) flush(s *file) error {
	path := filepath.Join(f.dir, filepath.FromSlash(s.name))
	mode := os.O_WRONLY | os.O_APPEND
	if !s.started {
		if sub := filepath.Dir(path); !f.made[sub] {
			if err := os.MkdirAll(sub, 0o777); err != nil {
				return err
			}
			f.made[sub] = true
		}
		mode = os.O_WRONLY | os.O_CREATE | os.O_EXCL
		s.started = true
	}
	out, err := os.OpenFile(path, mode, 0o666)
	if err != nil {
		return err
	}
	_, err = out.Write(s.pending)
	s.pending = s.pending[:0]
	return errors.Join(err, out.Close())
}

// finish completes all files.
func (f *folder) finish() error {
	for _, s := range f.files {
		if err := f.append(s, []byte(s.foot)); err != nil {
			return err
		}
		if s.zip != nil {
			if err := s.zip.Close(); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		if err := f.flush(s); err != nil {
			return err
		}
	}
	return nil
}
