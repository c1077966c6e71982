package pipeline

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// auditHelperEnv names a data directory on which the test binary, started so, enters something and records it.
const auditHelperEnv = "CREDITWATCH_TEST_AUDIT"

// auditHelper is the process that the crash test kills.
func auditHelper(dir string) {
	ctx := context.Background()
	db, err := warehouse.Open(ctx, warehouse.Options{Dir: dir, MemoryBytes: 2 << 30})
	if err == nil {
		_, err = Enter(ctx, db, time.UTC, crashEntry(), auditTime)
	}
	if err == nil {
		_, err = Audit(ctx, db, Act{At: auditTime, What: ActReplay, Object: "2026-03-31", Key: "replay/1"})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

var auditTime = time.Date(2026, 4, 1, 2, 30, 0, 123e6, time.UTC)

func crashEntry() Entry {
	return Entry{Kind: EntryAcknowledge, CustomerID: "C1", Subject: "episode 1", By: "Ana Silva", Reason: "seen", Code: "test", Night: asof.On(2026, 4, 1)}
}

// acts are n acts that differ.
func acts(n int) []Act {
	list := make([]Act, n)
	for i := range list {
		list[i] = Act{At: auditTime.Add(time.Duration(i) * time.Second), Actor: "wu", What: ActBackup, Object: fmt.Sprintf("folder %d", i), Details: map[string]string{"tables": "70", "archive": "ab"}}
	}
	return list
}

func proveAudit(t *testing.T, s Store, head string) Proof {
	t.Helper()
	p, err := Prove(context.Background(), s, t.TempDir(), head)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAudit(t *testing.T) {
	dir := warehousetest.MigratedDir(t)
	s := shelf{t, warehousetest.OpenAt(t, dir)}
	t.Run("tampering", func(t *testing.T) { shelf{t, s.db}.auditTampering() })
	t.Run("cut off, and written on", func(t *testing.T) { shelf{t, s.db}.auditWrittenOn() })
	t.Run("journals", func(t *testing.T) { shelf{t, s.db}.auditJournals() })
	t.Run("two writers", func(t *testing.T) { shelf{t, s.db}.auditTwoWriters(dir) })
	t.Run("killed", func(t *testing.T) { shelf{t, s.db}.auditKilled(dir) })
}

func (s shelf) emptyAudit(statements ...string) {
	s.Helper()
	for _, sql := range append([]string{"TRUNCATE TABLE creditwatch.audit_rows", "TRUNCATE TABLE creditwatch.entries", "TRUNCATE TABLE creditwatch.publications"}, statements...) {
		if err := s.db.Exec(context.Background(), sql, nil); err != nil {
			s.Fatal(err)
		}
	}
}

// auditTampering does to a log what somebody with the database's password could.
func (s shelf) auditTampering() {
	ctx := context.Background()
	const copyRow = "INSERT INTO creditwatch.audit_rows (seq, at, actor, act, object, key, details, previous, hash) SELECT "
	const from = " FROM creditwatch.audit_rows WHERE seq = "
	for _, c := range []struct {
		name, want string
		statements []string
		cut        bool // found only by who knows the head
	}{
		{name: "untouched"},
		{name: "altered", want: "record 3 (backup of folder 2, 2026-04-01 02:30:02) was altered",
			statements: []string{"ALTER TABLE creditwatch.audit_rows UPDATE details = '{}' WHERE seq = 3"}},
		{name: "another actor", want: "record 1 ", statements: []string{"ALTER TABLE creditwatch.audit_rows UPDATE actor = 'li' WHERE seq = 1"}},
		{name: "another time", want: "record 6 ", statements: []string{"ALTER TABLE creditwatch.audit_rows UPDATE at = at + INTERVAL 1 MILLISECOND WHERE seq = 6"}},
		{name: "words moved from one column to the next", want: "record 2 ", statements: []string{"ALTER TABLE creditwatch.audit_rows UPDATE act = 'backupfolder', object = ' 1' WHERE seq = 2"}},
		{name: "altered with its hash", want: "record 5 follows a record 4 of another hash",
			statements: []string{"ALTER TABLE creditwatch.audit_rows UPDATE details = '{}', hash = lower(hex(SHA256(arrayStringConcat(arrayMap(x -> concat(toString(length(x)), ':', x, '\\n'), [toString(seq), toString(toUnixTimestamp64Milli(at)), actor, toString(act), object, key, '{}', previous]))))) WHERE seq = 4"}},
		{name: "removed", want: "records 3 to 4 were removed", statements: []string{"ALTER TABLE creditwatch.audit_rows DELETE WHERE seq IN (3, 4)"}},
		{name: "first removed", want: "records 1 to 1 were removed", statements: []string{"ALTER TABLE creditwatch.audit_rows DELETE WHERE seq = 1"}},
		{name: "removed and renumbered", want: "record 3 was record 4", statements: []string{
			"ALTER TABLE creditwatch.audit_rows DELETE WHERE seq = 3",
			copyRow + "seq - 1, at, actor, act, object, key, details, previous, hash" + from + "4", "ALTER TABLE creditwatch.audit_rows DELETE WHERE seq = 4",
		}},
		{name: "inserted beside", want: "there are two records 3", statements: []string{copyRow + "seq, at, 'eve', act, object, key, details, previous, hash" + from + "3"}},
		{name: "copied", want: "there are two records 3", statements: []string{copyRow + "seq, at, actor, act, object, key, details, previous, hash" + from + "3"}},
		{name: "inserted at the end", want: "record 7 was record 3", statements: []string{copyRow + "7, at, actor, act, object, key, details, previous, hash" + from + "3"}},
		{name: "reordered", want: "record 3 was record 4", statements: []string{
			copyRow + "103, at, actor, act, object, key, details, previous, hash" + from + "4", copyRow + "104, at, actor, act, object, key, details, previous, hash" + from + "3",
			"ALTER TABLE creditwatch.audit_rows DELETE WHERE seq IN (3, 4)",
			copyRow + "seq - 100, at, actor, act, object, key, details, previous, hash" + from + "103", copyRow + "seq - 100, at, actor, act, object, key, details, previous, hash" + from + "104",
			"ALTER TABLE creditwatch.audit_rows DELETE WHERE seq > 100",
		}},
		{name: "cut off", want: "no record has the hash", statements: []string{"ALTER TABLE creditwatch.audit_rows DELETE WHERE seq > 4"}, cut: true},
		{name: "emptied", want: "no record has the hash", statements: []string{"TRUNCATE TABLE creditwatch.audit_rows"}, cut: true},
	} {
		s.Run(c.name, func(t *testing.T) {
			s := shelf{t, s.db}
			s.emptyAudit()
			head, err := Audit(ctx, s.db, acts(6)...)
			if err != nil || head.Seq != 6 {
				t.Fatalf("head %v, %v", head, err)
			}
			for _, sql := range c.statements {
				if strings.HasPrefix(sql, "ALTER") {
					sql += " SETTINGS mutations_sync = 2"
				}
				if err := s.db.Exec(ctx, sql, nil); err != nil {
					t.Fatal(err)
				}
			}
			blind, told := proveAudit(t, s.db, ""), proveAudit(t, s.db, head.Hash)
			if c.want == "" || c.cut {
				if !blind.Intact {
					t.Errorf("%v", blind.Breaches)
				}
			} else if blind.Intact || !strings.HasPrefix(blind.Breaches[0].What, c.want) {
				t.Errorf("%v, want %s", blind.Breaches, c.want)
			}
			if err := VerifyAudit(ctx, s.db); (err == nil) != blind.Intact {
				t.Errorf("the log alone: %v", err)
			}
			if told.Intact != (c.want == "") || c.cut && !strings.HasPrefix(told.Breaches[0].What, c.want) {
				t.Errorf("with the head: %v, want %q", told.Breaches, c.want)
			}
		})
	}
}

// auditWrittenOn: what was cut off stays visible although the log went on.
func (s shelf) auditWrittenOn() {
	ctx := context.Background()
	s.emptyAudit()
	if _, err := Audit(ctx, s.db, acts(3)...); err != nil {
		s.Fatal(err)
	}
	for _, a := range acts(2) { // each a record of its own token
		if _, err := Audit(ctx, s.db, a); err != nil {
			s.Fatal(err)
		}
	}
	if err := s.db.Exec(ctx, "ALTER TABLE creditwatch.audit_rows DELETE WHERE seq > 3 SETTINGS mutations_sync = 2", nil); err != nil {
		s.Fatal(err)
	}
	if p := proveAudit(s.T, s.db, ""); !p.Intact {
		s.Errorf("a log without its end: %v", p.Breaches)
	}
	if head, err := Audit(ctx, s.db, acts(1)...); err != nil || head.Seq != 6 {
		s.Fatalf("head %v, %v", head, err)
	}
	if p := proveAudit(s.T, s.db, ""); p.Intact || p.Breaches[0].What != "records 4 to 5 were cut off the end before record 6 was written" {
		s.Errorf("%v", p.Breaches)
	}
}

// auditJournals: what the journals hold is recorded, once, and found when it is changed.
func (s shelf) auditJournals() {
	ctx := context.Background()
	s.emptyAudit("TRUNCATE TABLE creditwatch.runs")
	s.nothing(asof.On(2026, 3, 30), 1)
	if _, err := auditJournals(ctx, s.db, "publish/1"); err != nil {
		s.Fatal(err)
	}
	entry, err := s.enter("2026-03-31 10:00")
	if err != nil {
		s.Fatal(err)
	}
	if again, err := s.enter("2026-03-31 11:00"); err != nil || !again.Already {
		s.Fatalf("%v, %v", again, err)
	}
	for range 2 {
		if _, err := auditJournals(ctx, s.db); err != nil {
			s.Fatal(err)
		}
	}
	log, err := readAudit(ctx, s.db)
	if err != nil {
		s.Fatal(err)
	}
	var got []string
	for _, r := range log {
		got = append(got, r.Act+" "+r.Object+" by "+r.Actor)
		for _, secret := range []string{"Ana Silva", "seen", "C1"} {
			if strings.Contains(r.Details+r.Object+r.Key, secret) {
				s.Errorf("record %d holds %q: %s", r.Seq, secret, r.Details)
			}
		}
	}
	if want := "publish 2026-03-30 by " + osUser() + ", enter entry " + entry.ID + " by " + osUser(); strings.Join(got, ", ") != want {
		s.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
	for _, c := range []struct{ sql, back, want string }{
		{"ALTER TABLE creditwatch.entries UPDATE reason = 'paid' WHERE 1", "ALTER TABLE creditwatch.entries UPDATE reason = 'seen' WHERE 1", "is not what record 2 says"},
		{"ALTER TABLE creditwatch.publications UPDATE rows = 7 WHERE 1", "ALTER TABLE creditwatch.publications UPDATE rows = 0 WHERE 1", "publish of 2026-03-30 (publish/1) is not what record 1 says"},
		{"ALTER TABLE creditwatch.entries DELETE WHERE 1", "", "record 2, is gone from its table"},
	} {
		if err := s.db.Exec(ctx, c.sql+" SETTINGS mutations_sync = 2", nil); err != nil {
			s.Fatal(err)
		}
		p := proveAudit(s.T, s.db, "")
		if text := fmt.Sprint(p.Breaches); !strings.Contains(text, c.want) {
			s.Errorf("%s: %s", c.sql, text)
		}
		if c.back != "" {
			if err := s.db.Exec(ctx, c.back+" SETTINGS mutations_sync = 2", nil); err != nil {
				s.Fatal(err)
			}
		}
	}
	// written past the program: verify says so, and the log for ever
	s.nothing(asof.On(2026, 3, 31), 2)
	if text := fmt.Sprint(proveAudit(s.T, s.db, "").Breaches); !strings.Contains(text, "publish of 2026-03-31 (publish/2) is in no record") {
		s.Error(text)
	}
	if _, err := auditJournals(ctx, s.db); err != nil {
		s.Fatal(err)
	}
	if log, err = readAudit(ctx, s.db); err != nil || log[len(log)-1].Actor != "found by "+osUser() {
		s.Errorf("%v, %v", log[len(log)-1], err)
	}
}

// auditTwoWriters: two that record at once make one chain, and what both have to record is in it once.
func (s shelf) auditTwoWriters(dir string) {
	ctx := context.Background()
	s.emptyAudit()
	const each = 15
	var all sync.WaitGroup
	for writer, db := range []Store{s.db, warehousetest.OpenAt(s.T, dir), s.db} {
		all.Go(func() {
			for i := range each {
				own := Act{At: auditTime, Actor: fmt.Sprint("writer ", writer), What: ActReplay, Object: fmt.Sprint(i)}
				common := Act{At: auditTime, What: ActReplay, Object: "both", Key: fmt.Sprint("replay/", i)}
				if _, err := Audit(ctx, db, own, common); err != nil {
					s.Error(err)
				}
			}
		})
	}
	all.Wait()
	if p := proveAudit(s.T, s.db, ""); !p.Intact || p.Records != 3*each+each {
		s.Errorf("%d records, want %d: %v", p.Records, 4*each, p.Breaches)
	}
}

// auditKilled: whatever moment a process is killed at, the next one ends with one record of each act.
func (s shelf) auditKilled(dir string) {
	ctx := context.Background()
	for _, point := range []string{"entry.after#1", "audit.before#1", "audit.after#1", "audit.before#2", "audit.after#2"} {
		s.emptyAudit()
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), auditHelperEnv+"="+dir, "CREDITWATCH_FAULT="+point+"=kill")
		if out, err := c.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
			s.Fatalf("%s: the process was not killed: %v %s", point, err, out)
		}
		again := exec.Command(os.Args[0])
		again.Env = append(os.Environ(), auditHelperEnv+"="+dir)
		if out, err := again.CombinedOutput(); err != nil {
			s.Fatalf("%s: the second process: %v %s", point, err, out)
		}
		if _, err := auditJournals(ctx, s.db); err != nil { // the next night
			s.Fatal(err)
		}
		if p := proveAudit(s.T, s.db, ""); !p.Intact || p.Records != 2 {
			s.Errorf("%s: %d records, want 2: %v", point, p.Records, p.Breaches)
		}
	}
}

// chain makes a log of acts as Audit does.
func chain(list []Act) []auditRecord {
	var log []auditRecord
	last := Head{}
	for _, a := range list {
		r := auditRecord{Seq: last.Seq + 1, At: a.At, Actor: a.Actor, Act: a.What, Object: a.Object, Key: a.Key, Details: "{}", Previous: last.Hash}
		r.Hash = r.sum()
		last = Head{r.Seq, r.Hash}
		log = append(log, r)
	}
	return log
}

// TestAuditFindsAnyChange changes a log of any acts in any one place.
func TestAuditFindsAnyChange(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "a", "ab", "1:a\n", "\n", "7", "王"})
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "records")
		list := make([]Act, n)
		for i := range list {
			list[i] = Act{At: auditTime, Actor: text.Draw(t, "actor"), What: text.Draw(t, "act"), Object: text.Draw(t, "object"), Key: text.Draw(t, "key")}
		}
		log := chain(list)
		if what := firstBreak(log); what != "" {
			t.Fatalf("untouched: %s", what)
		}
		at := rapid.IntRange(0, n-1).Draw(t, "at")
		switch rapid.SampledFrom([]string{"alter", "move", "remove", "insert", "swap", "rehash"}).Draw(t, "change") {
		case "alter":
			log[at].Object += "x"
		case "move": // words from one column to the next
			log[at].Actor, log[at].Act = log[at].Actor+"x", "x"+log[at].Act
		case "remove":
			if at == n-1 {
				return // a tail cut off is for who knows the head
			}
			log = append(log[:at:at], log[at+1:]...)
		case "insert":
			added := log[at]
			added.Object += "x"
			added.Hash = added.sum()
			rest := append([]auditRecord{added}, log[at:]...)
			for i := range rest[1:] {
				rest[i+1].Seq++
			}
			log = append(log[:at:at], rest...)
		case "swap":
			other := (at + 1) % n
			log[at], log[other] = log[other], log[at]
			log[at].Seq, log[other].Seq = log[other].Seq, log[at].Seq
		case "rehash":
			if at == n-1 {
				return
			}
			log[at].Object += "x"
			log[at].Hash = log[at].sum()
		}
		if firstBreak(log) == "" {
			t.Fatalf("nobody sees the change at record %d", at+1)
		}
	})
}

// TestAuditHash pins the hash of a record, computed with sha256sum from what the table's comment says.
func TestAuditHash(t *testing.T) {
	r := auditRecord{Seq: 7, At: auditTime, Actor: "王", Act: "publish", Object: "2026-03-31", Key: "publish/9", Details: `{"run":"9"}`, Previous: "ab"}
	if got, want := r.sum(), "5839026751dd2e14fb03e846e3fd80608b0f39498092b5f31568a5346fe9ce86"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
