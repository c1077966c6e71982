package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"creditwatch/pipeline/rows"
)

// A Breach is something that is not as it was recorded.
type Breach struct {
	Where string `json:"where"` // audit log, journal, published rows, report
	What  string `json:"what"`
}

func (b Breach) String() string { return b.Where + ": " + b.What }

// A Proof is what [Prove] found.
type Proof struct {
	Intact   bool     `json:"intact"`
	Records  uint64   `json:"records"` // of the audit log that were read
	Head     Head     `json:"head"`
	Breaches []Breach `json:"breaches"`
}

// Prove walks the audit log from its beginning, holds it against the journals it was made of, against the rows of every published night
// and the files of its reports, and says what is not as it was recorded. head, if it is given, is the hash of a record that was once the
// last: the log must still have it. Of the log itself the first thing wrong is named; what comes after it proves nothing.
func Prove(ctx context.Context, s Store, reports, head string) (p Proof, err error) {
	p.Breaches = []Breach{}
	bad := func(where, format string, args ...any) {
		p.Breaches = append(p.Breaches, Breach{where, fmt.Sprintf(format, args...)})
	}
	log, err := readAudit(ctx, s)
	if err != nil {
		return p, err
	}
	p.Records = uint64(len(log))
	if len(log) > 0 {
		p.Head = Head{log[len(log)-1].Seq, log[len(log)-1].Hash}
	}
	if what := firstBreak(log); what != "" {
		bad("audit log", "%s", what)
	}
	if head != "" && !slices.ContainsFunc(log, func(r auditRecord) bool { return r.Hash == head }) {
		bad("audit log", "no record has the hash %s: the log was cut off before it, or written anew", head)
	}

	erasedEntries, rewritten, err := erasedIn(log)
	if err != nil {
		return p, err
	}
	recorded := map[string]auditRecord{}
	for _, r := range log {
		if r.Key != "" {
			recorded[r.Key] = r
		}
	}
	err = rows.Each(ctx, s, "audit", sqlOf("audited"), map[string]any{"all": true}, func(r *rows.Row) error {
		key, what := r.Text("key"), r.Text("act")+" of "+r.Text("object")
		found, known := recorded[key]
		delete(recorded, key)
		sha, anew := rewritten[key]
		switch {
		case anew && strings.Contains(r.Text("details"), `"`+sha+`"`): // an erasure blotted a name out of it
		case known && found.Details != r.Text("details"):
			bad("journal", "%s (%s) is not what record %d says: it was changed afterwards", what, key, found.Seq)
		case !known:
			bad("journal", "%s (%s) is in no record: it was written past the program, before there was an audit log, or by a process that was killed at that moment; the next night will record that it was found", what, key)
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	for _, r := range log {
		if _, gone := recorded[r.Key]; gone && r.Key != "" && !erasedEntries[r.Key] && slices.Contains([]string{"publish", "enter", "decide", "retention"}, r.Act) {
			bad("journal", "%s of %s (%s), record %d, is gone from its table", r.Act, r.Object, r.Key, r.Seq)
		}
	}

	var faults *unlike
	if err := Verify(ctx, s); err != nil && !errors.As(err, &faults) {
		return p, err
	}
	if faults != nil {
		for _, f := range faults.faults {
			bad("published rows", "%s", f)
		}
	}
	err = rows.Each(ctx, s, "reports", sqlOf("report_hashes"), nil, func(r *rows.Row) error {
		file, want := r.Text("file"), r.Text("sha256")
		if got := r.Text("content_hash"); got != want {
			bad("report", "%s of run %d has the SHA-256 %s in the warehouse, recorded is %s", file, r.Whole("run"), got, want)
		}
		switch content, err := os.ReadFile(filepath.Join(reports, filepath.Base(file))); {
		case os.IsNotExist(err):
			bad("report", "the file %s is not there; the next creditwatch run writes it", file)
		case err != nil:
			return err
		case hashOf(content) != want:
			bad("report", "the file %s has the SHA-256 %s, recorded is %s; the next creditwatch run writes it anew", file, hashOf(content), want)
		}
		return nil
	})
	p.Intact = len(p.Breaches) == 0
	return p, err
}

// VerifyAudit walks the audit log alone.
func VerifyAudit(ctx context.Context, q rows.Querier) error {
	log, err := readAudit(ctx, q)
	if err != nil {
		return err
	}
	if what := firstBreak(log); what != "" {
		return fmt.Errorf("audit log: %s; creditwatch verify says more", what)
	}
	return nil
}

func readAudit(ctx context.Context, q rows.Querier) (log []auditRecord, err error) {
	err = rows.Each(ctx, q, "audit", "SELECT seq, at, actor, act, object, key, details, previous, hash FROM creditwatch.audit_rows ORDER BY seq, hash", nil,
		func(r *rows.Row) error {
			log = append(log, auditRecord{Seq: uint64(r.Whole("seq")), At: r.Instant("at"), Actor: strings.Clone(r.Text("actor")), Act: strings.Clone(r.Text("act")), Object: strings.Clone(r.Text("object")),
				Key: strings.Clone(r.Text("key")), Details: strings.Clone(r.Text("details")), Previous: strings.Clone(r.Text("previous")), Hash: strings.Clone(r.Text("hash"))})
			return nil
		})
	return log, err
}

// firstBreak says what is wrong with the first record of a log that is not as it was written, empty if the log is whole.
func firstBreak(log []auditRecord) string {
	var last Head
	for i := range log {
		r := &log[i]
		whole := r.sum() == r.Hash
		switch {
		case i+1 < len(log) && log[i+1].Seq == r.Seq:
			return fmt.Sprintf("there are two records %d: one was inserted", r.Seq)
		case !whole:
			was := *r
			for _, other := range log { // a record that only changed its place has the hash of its old one
				if was.Seq = other.Seq; was.sum() == r.Hash {
					return fmt.Sprintf("record %d was record %d: records were reordered, or one was inserted or removed before it", r.Seq, was.Seq)
				}
			}
			if was.Seq = r.Seq + 1; was.sum() == r.Hash {
				return fmt.Sprintf("record %d was record %d: a record before it was removed", r.Seq, was.Seq)
			}
			return fmt.Sprintf("record %d (%s of %s, %s) was altered: its hash does not fit what it says", r.Seq, r.Act, r.Object, r.At.UTC().Format("2006-01-02 15:04:05"))
		case r.Seq != last.Seq+1 && r.Previous == last.Hash:
			return fmt.Sprintf("records %d to %d were cut off the end before record %d was written", last.Seq+1, r.Seq-1, r.Seq)
		case r.Seq != last.Seq+1:
			return fmt.Sprintf("records %d to %d were removed", last.Seq+1, r.Seq-1)
		case r.Previous != last.Hash:
			return fmt.Sprintf("record %d follows a record %d of another hash: record %d was replaced, or record %d inserted", r.Seq, last.Seq, last.Seq, r.Seq)
		}
		last = Head{r.Seq, r.Hash}
	}
	return ""
}
