package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"time"

	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/rows"
)

// An Act is something that changes or opens what creditwatch keeps. Its words hold no name of a customer and no amount.
type Act struct {
	At      time.Time
	Actor   string            // empty: the user of this process
	What    string            // one of the acts below, or of the journals in sql/audited.sql
	Object  string            // what was changed or opened
	Key     string            // of an act that is to be recorded once only; empty: it is recorded each time
	Details map[string]string // more on it
}

// Acts that no journal holds; publish, report, enter, decide, retention and configure are read out of the journals.
const (
	ActReplay  = "replay"  // refused rows were tried again
	ActBackup  = "backup"  // everything was copied to a folder
	ActRestore = "restore" // the data directory was made of a backup
	ActErase   = "erase"   // the personal data of a customer were removed
	ActServe   = "serve"   // the analysts' door was opened
	ActSignIn  = "sign-in" // somebody was refused at the analysts' door
	ActQuery   = "query"   // an analyst read
)

// An auditRecord is a row of the audit log.
type auditRecord struct {
	Seq      uint64    `ch:"seq"`
	At       time.Time `ch:"at"`
	Actor    string    `ch:"actor"`
	Act      string    `ch:"act"`
	Object   string    `ch:"object"`
	Key      string    `ch:"key"`
	Details  string    `ch:"details"`
	Previous string    `ch:"previous"`
	Hash     string    `ch:"hash"`
}

// sum is the hash that the record must have. The number is part of it, so that a record cannot change its place.
func (r *auditRecord) sum() string {
	h := sha256.New()
	for _, column := range []string{strconv.FormatUint(r.Seq, 10), strconv.FormatInt(r.At.UnixMilli(), 10), r.Actor, r.Act, r.Object, r.Key, r.Details, r.Previous} {
		fmt.Fprintf(h, "%d:%s\n", len(column), column)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A Head is the end of the audit log. Who keeps its hash where nobody of the warehouse can write sees later that nothing before it was
// changed, and that nothing was cut off.
type Head struct {
	Seq  uint64 `json:"record"`
	Hash string `json:"hash"`
}

// Audit records acts in the audit log. It returns when they are there for good, and is safe to call from several processes: the log
// does not fork. Of a keyed act that is recorded already it records nothing.
//
// The lock is the number of the first record: the warehouse stores what is inserted under one token once, so of two processes that
// insert the record that comes next one finds the other's there, and goes on behind it. A process that dies holds nothing.
func Audit(ctx context.Context, s Store, acts ...Act) (Head, error) {
	records := make([]auditRecord, len(acts))
	for i, a := range acts {
		details, err := json.Marshal(a.Details) // with the names in order
		if err != nil {
			return Head{}, err
		}
		if len(a.Details) == 0 {
			details = []byte("{}")
		}
		records[i] = auditRecord{At: a.At, Actor: a.Actor, Act: a.What, Object: a.Object, Key: a.Key, Details: string(details)}
	}
	return appendRecords(ctx, s, records)
}

// auditJournals records what the journals hold and the audit log does not. own are the keys of what this process has just done; whatever
// else there is was done by one that was killed before it could record it, or past the program, and the log says that it was found.
func auditJournals(ctx context.Context, s Store, own ...string) (Head, error) {
	var missing []auditRecord
	err := rows.Each(ctx, s, "audit", sqlOf("audited"), map[string]any{"all": false}, func(r *rows.Row) error {
		rec := auditRecord{At: r.Instant("at"), Act: r.Text("act"), Object: r.Text("object"), Key: r.Text("key"), Details: r.Text("details")}
		if !slices.Contains(own, rec.Key) {
			rec.Actor = "found by " + osUser()
		}
		missing = append(missing, rec)
		return nil
	})
	if err != nil {
		return Head{}, err
	}
	return appendRecords(ctx, s, missing)
}

// auditTries is how often a record gives way to one of another process, or to one that was cut off, before something is wrong.
const auditTries = 1000

func appendRecords(ctx context.Context, s Store, records []auditRecord) (Head, error) {
	var beyond uint64 // records up to this number were there and are gone
	for range auditTries {
		head, err := auditHead(ctx, s)
		if err != nil {
			return Head{}, err
		}
		todo, err := unrecorded(ctx, s, records)
		if err != nil || len(todo) == 0 {
			return head, err
		}
		last := Head{Seq: max(head.Seq, beyond), Hash: head.Hash}
		for i := range todo {
			r := &todo[i]
			if r.Actor == "" {
				r.Actor = osUser()
			}
			r.At = r.At.UTC().Truncate(time.Millisecond)
			r.Seq, r.Previous = last.Seq+1, last.Hash
			r.Hash = r.sum()
			last = Head{Seq: r.Seq, Hash: r.Hash}
		}
		if err := fault.Hit("audit.before"); err != nil {
			return Head{}, err
		}
		table := rows.Of(todo)
		err = s.Insert(ctx, "creditwatch.audit_rows", "audit/"+strconv.FormatUint(todo[0].Seq, 10), table)
		table.Release()
		if err != nil {
			return Head{}, fmt.Errorf("audit: %w", err)
		}
		if err := fault.Hit("audit.after"); err != nil {
			return Head{}, err
		}
		switch there, err := hashesAt(ctx, s, todo[0].Seq); {
		case err != nil:
			return Head{}, err
		case slices.Contains(there, todo[0].Hash):
			return last, nil
		case len(there) == 0: // its token was used for a record that somebody has removed: the gap stays, for verify to find
			beyond = todo[0].Seq
		}
	}
	return Head{}, errors.New("audit: the log does not take the next record; creditwatch verify says what is wrong with it")
}

// auditHead returns the last record of the log.
func auditHead(ctx context.Context, q rows.Querier) (head Head, err error) {
	err = rows.Each(ctx, q, "audit", "SELECT seq, hash FROM creditwatch.audit_rows ORDER BY seq DESC, hash LIMIT 1", nil,
		func(r *rows.Row) error { head = Head{uint64(r.Whole("seq")), r.Text("hash")}; return nil })
	return head, err
}

func hashesAt(ctx context.Context, q rows.Querier, seq uint64) (hashes []string, err error) {
	err = rows.Each(ctx, q, "audit", "SELECT hash FROM creditwatch.audit_rows WHERE seq = {seq:UInt64}", map[string]any{"seq": seq},
		func(r *rows.Row) error { hashes = append(hashes, r.Text("hash")); return nil })
	return hashes, err
}

// unrecorded leaves out the records whose keys are in the log.
func unrecorded(ctx context.Context, q rows.Querier, records []auditRecord) ([]auditRecord, error) {
	keys := []string{}
	for _, r := range records {
		if r.Key != "" {
			keys = append(keys, r.Key)
		}
	}
	if len(keys) == 0 {
		return slices.Clone(records), nil
	}
	known := map[string]bool{}
	err := rows.Each(ctx, q, "audit", "SELECT key FROM creditwatch.audit_rows WHERE has({keys:Array(String)}, key)", map[string]any{"keys": keys},
		func(r *rows.Row) error { known[r.Text("key")] = true; return nil })
	return slices.DeleteFunc(slices.Clone(records), func(r auditRecord) bool { return r.Key != "" && known[r.Key] }), err
}

// osUser is the user of the operating system under whom this process works.
func osUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "user " + strconv.Itoa(os.Getuid())
}
