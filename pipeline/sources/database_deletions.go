package sources

import (
	"context"
	"fmt"
	"slices"
	"strconv"
)

// Records that a database no longer has are seen by listing the keys of those it has, in the same transaction as the rows. Of each one
// that is gone a row of the ledger says so in the table's own terms; that row counts as read and accepted. If the record
// comes back, or changes after it came back, a new version of that row has its content.

// goneID begins the transaction_id of the row that cancels a record.
const goneID = "deleted:"

// goneFile ends the file of the rows that say that a record is gone, or back.
const goneFile = "#deletions"

// An absence is how a table of the ledger says that a record is gone. A table that has no word for it is not among them.
type absence struct {
	key    string            // the column that names a record
	said   string            // the word for what became of a record, in notes and errors
	rows   string            // condition on the rows that say so
	of     string            // their column that names the record
	values map[string]string // of those rows, by column; the others are those of the record, l, which is here or not
}

var absences = map[string]absence{
	// A document is cancelled by another that supersedes it.
	"transactions": {key: "transaction_id", said: "cancelled", rows: "startsWith(transaction_id, '" + goneID + "')", of: "supersedes", values: map[string]string{
		"transaction_id": "concat('" + goneID + "', l.transaction_id)",
		"supersedes":     "l.transaction_id",
		"status":         "if(here, l.status, 'cancelled')",
		"reason":         "if(here, l.reason, 'is gone from its source')",
	}},
	// A contract ends with the day before the night that misses it: what was agreed held until then.
	"contracts": {key: "contract_id", said: "ended", rows: "endsWith(file, '" + goneFile + "')", of: "contract_id", values: map[string]string{
		"valid_to": "if(here, l.valid_to, least(ifNull(l.valid_to, toDate32({as_of:Date}) - 1), toDate32({as_of:Date}) - 1))",
	}},
}

// enoughToJudge records are needed before the share of them that is gone says that the listing is not what it should be.
const enoughToJudge = 20

// listRecords reads the columns that the key follows from, of all records.
func (j *job) listRecords(ctx context.Context, db databaseSession, in input, columns []databaseColumn) error {
	m, err := newMapping(j.source, in.Header, j.night.Zone.String())
	if err != nil {
		return &kinded{ErrConfig, err}
	}
	listing := &input{File: in.File + "#records", format: in.format, Encoding: "utf-8"}
	key := absences[j.source.Table].key
	var read []databaseColumn
	for _, f := range m.filled {
		for _, n := range f.Names {
			i := slices.Index(in.Header, n)
			if f.Name == key && i >= 0 && !slices.Contains(listing.Header, n) {
				listing.Header = append(listing.Header, n)
				read = append(read, columns[i])
			}
		}
	}
	if len(read) == 0 {
		return ofKind(ErrConfig, "database.deletions: %s follows from no column of the query, which has %s", key, listed(in.Header))
	}
	got, err := j.spoolRows(ctx, db, "SELECT "+listOf(db, listing.Header)+" FROM "+j.source.Database.base(db), nil, read, "")
	if err != nil {
		return fmt.Errorf("%s: %w", in.File, err)
	}
	listing.spool = &spooled{got.file, got.size}
	j.listing = listing
	return nil
}

// cancelGone compares the listing with the records that this source is known to have brought.
func (j *job) cancelGone(ctx context.Context, m *mapping) error {
	later, err := j.count(ctx, "SELECT count() FROM creditwatch.live_runs WHERE as_of > {as_of:Date}")
	if err != nil {
		return err
	}
	if later > 0 {
		j.note("a later night is published, so what is gone from the database now is not looked for")
		return nil
	}
	gone := absences[j.source.Table]
	f := m.filled[slices.IndexFunc(m.filled, func(f filled) bool { return f.Name == gone.key })]
	staged := "_file LowCardinality(String), _line UInt64, _raw String, _fault String"
	for i := range j.listing.Header {
		staged += ", " + stagedName(i) + " Nullable(String)"
	}
	if err := j.do(ctx, "create listing", "CREATE TABLE IF NOT EXISTS "+j.work("listing")+" ("+staged+") ENGINE = MergeTree ORDER BY _line SETTINGS non_replicated_deduplication_window = 1000"); err != nil {
		return err
	}
	if err := j.do(ctx, "create listed", "CREATE TABLE IF NOT EXISTS "+j.work("listed")+" (record String) ENGINE = MergeTree ORDER BY record SETTINGS non_replicated_deduplication_window = 1000"); err != nil {
		return err
	}
	b := newBatcher(j.root, []*input{j.listing}, j.listing.Header)
	defer b.Release()
	if err := j.engine.Insert(ctx, j.work("listing"), "", b); err != nil {
		return fmt.Errorf("source %s: listing: %w", j.source.Name, err)
	}
	if b.err != nil {
		return &fault{ErrData, j.source.Name, b.err}
	}
	keys := &mapping{columns: j.listing.Header}
	id, _ := f.stored(own + f.Name)
	if err := j.do(ctx, "listed", "INSERT INTO "+j.work("listed")+" SELECT DISTINCT "+id+" FROM (SELECT "+f.value()+" AS "+own+f.Name+" FROM "+keys.origin(j.work("listing"))+")"); err != nil {
		return err
	}

	table := "creditwatch." + m.table.Name + "_rows"
	visible := "source = {source:String} AND (run = {run:UInt64} OR run IN " + otherNights + ")"
	newest := " ORDER BY known_at DESC, run DESC, line DESC LIMIT 1 BY "
	var columns, values string
	for _, c := range m.table.Columns {
		value, ok := gone.values[c.Name]
		if !ok {
			value = "l." + c.Name
		}
		columns += c.Name + ", "
		values += value + ", "
	}
	names := columns + "row_hash"
	latest := "(SELECT " + names + " FROM " + table + " WHERE " + visible + " AND NOT " + gone.rows + newest + gone.key + ")"
	before := "(SELECT " + gone.of + " AS record, row_hash FROM " + table + " WHERE " + visible + " AND " + gone.rows + newest + gone.key + ")"
	// What should stand in the ledger against what stands there. A record without such a row needs one only if it is gone.
	changed := " FROM (SELECT " + names + ", " + gone.key + " IN (SELECT record FROM " + j.work("listed") + ") AS here," +
		" if(here, row_hash, reinterpretAsUInt128(sipHash128('gone', " + gone.key + "))) AS wanted FROM " + latest + ") AS l" +
		" LEFT JOIN " + before + " AS d ON d.record = l." + gone.key + " WHERE if(ifNull(d.record, '') = '', NOT here, d.row_hash != wanted)"
	known, err := j.count(ctx, "SELECT count() FROM "+latest)
	if err != nil {
		return err
	}
	missing, err := j.count(ctx, "SELECT countIf(NOT here)"+changed)
	if err != nil {
		return err
	}
	if known >= enoughToJudge && missing*2 > known {
		return &fault{ErrData, j.source.Name, fmt.Errorf("%s: %d of %d known records are gone from the database: is it the right one, and whole? If it is, take database.deletions out for this night", j.inputs[0].File, missing, known)}
	}
	file := j.inputs[0].File + goneFile
	mine := "run = {run:UInt64} AND source = {source:String} AND file = " + str(file)
	there, err := j.count(ctx, "SELECT count() FROM "+table+" WHERE "+mine) // carried over
	if err != nil {
		return err
	}
	if err := j.do(ctx, "gone", "INSERT INTO "+table+" ("+columns+"known_at, run, as_of, source, file, line, row_hash) SELECT "+values+
		"{known_at:DateTime64(3)}, {run:UInt64}, {as_of:Date}, {source:String}, "+str(file)+", "+strconv.FormatUint(there, 10)+" + row_number() OVER (ORDER BY l."+gone.key+"), wanted"+changed); err != nil {
		return err
	}
	now, err := j.count(ctx, "SELECT count() FROM "+table+" WHERE "+mine)
	if err != nil || now == there {
		return err
	}
	written := now - there
	if err := j.do(ctx, "input of gone", "INSERT INTO creditwatch.inputs_rows (run, as_of, source, file, size, sha256, encoding, rows, etag, last_modified) SELECT {run:UInt64}, {as_of:Date}, {source:String}, "+
		str(file)+", 0, '', 'utf-8', "+strconv.FormatUint(written, 10)+", '', ''"); err != nil {
		return err
	}
	j.counts.Files++
	j.counts.Read += written
	j.counts.Accepted += written
	j.note("%d records are gone from the database and %s, %d are back", missing, gone.said, written-missing)
	return nil
}
