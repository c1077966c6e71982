package sources

import (
	"context"
	"fmt"
	"slices"
	"strconv"
)

// Records that a database no longer has are seen by listing the keys of those it has, in the same transaction as the rows. Each one
// that is gone is cancelled by a row of the ledger that supersedes it; that row counts as read and accepted. If the record
// comes back, or changes after it came back, a new version of that row has its content.

// goneID begins the transaction_id of the row that cancels a record.
const goneID = "deleted:"

// enoughToJudge records are needed before the share of them that is gone says that the listing is not what it should be.
const enoughToJudge = 20

// listRecords reads the columns that the key follows from, of all records.
func (j *job) listRecords(ctx context.Context, db databaseSession, in input, columns []databaseColumn) error {
	m, err := newMapping(j.source, in.Header, j.night.Zone.String())
	if err != nil {
		return &kinded{ErrConfig, err}
	}
	listing := &input{File: in.File + "#records", format: in.format, Encoding: "utf-8"}
	var read []databaseColumn
	for _, f := range m.filled {
		for _, n := range f.Names {
			i := slices.Index(in.Header, n)
			if f.Name == "transaction_id" && i >= 0 && !slices.Contains(listing.Header, n) {
				listing.Header = append(listing.Header, n)
				read = append(read, columns[i])
			}
		}
	}
	if len(read) == 0 {
		return ofKind(ErrConfig, "database.deletions: transaction_id follows from no column of the query, which has %s", listed(in.Header))
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
	f := m.filled[slices.IndexFunc(m.filled, func(f filled) bool { return f.Name == "transaction_id" })]
	staged := "_file LowCardinality(String), _line UInt64, _raw String, _fault String"
	for i := range j.listing.Header {
		staged += ", " + stagedName(i) + " Nullable(String)"
	}
	if err := j.do(ctx, "create listing", "CREATE TABLE IF NOT EXISTS "+j.work("listing")+" ("+staged+") ENGINE = MergeTree ORDER BY _line SETTINGS non_replicated_deduplication_window = 1000"); err != nil {
		return err
	}
	if err := j.do(ctx, "create listed", "CREATE TABLE IF NOT EXISTS "+j.work("listed")+" (transaction_id String) ENGINE = MergeTree ORDER BY transaction_id SETTINGS non_replicated_deduplication_window = 1000"); err != nil {
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

	visible := "source = {source:String} AND (run = {run:UInt64} OR run IN " + otherNights + ")"
	newest := " ORDER BY known_at DESC, run DESC, line DESC LIMIT 1 BY transaction_id"
	var columns, values string
	for _, c := range m.table.Columns {
		value := "l." + c.Name
		switch c.Name {
		case "transaction_id":
			value = "concat('" + goneID + "', l.transaction_id)"
		case "supersedes":
			value = "l.transaction_id"
		case "status":
			value = "if(here, l.status, 'cancelled')"
		case "reason":
			value = "if(here, l.reason, 'is gone from its source')"
		}
		columns += c.Name + ", "
		values += value + ", "
	}
	names := columns + "row_hash"
	latest := "(SELECT " + names + " FROM creditwatch.transactions_rows WHERE " + visible + " AND NOT startsWith(transaction_id, '" + goneID + "')" + newest + ")"
	before := "(SELECT supersedes, row_hash FROM creditwatch.transactions_rows WHERE " + visible + " AND startsWith(transaction_id, '" + goneID + "')" + newest + ")"
	// What should stand in the ledger against what stands there. A record without such a row needs one only if it is gone.
	changed := " FROM (SELECT " + names + ", transaction_id IN (SELECT transaction_id FROM " + j.work("listed") + ") AS here," +
		" if(here, row_hash, reinterpretAsUInt128(sipHash128('gone', transaction_id))) AS wanted FROM " + latest + ") AS l" +
		" LEFT JOIN " + before + " AS d ON d.supersedes = l.transaction_id WHERE if(ifNull(d.supersedes, '') = '', NOT here, d.row_hash != wanted)"
	known, err := j.count(ctx, "SELECT count() FROM "+latest)
	if err != nil {
		return err
	}
	gone, err := j.count(ctx, "SELECT countIf(NOT here)"+changed)
	if err != nil {
		return err
	}
	if known >= enoughToJudge && gone*2 > known {
		return &fault{ErrData, j.source.Name, fmt.Errorf("%s: %d of %d known records are gone from the database: is it the right one, and whole? If it is, take database.deletions out for this night", j.inputs[0].File, gone, known)}
	}
	file := j.inputs[0].File + "#deletions"
	mine := "run = {run:UInt64} AND source = {source:String} AND file = " + str(file)
	there, err := j.count(ctx, "SELECT count() FROM creditwatch.transactions_rows WHERE "+mine) // carried over
	if err != nil {
		return err
	}
	if err := j.do(ctx, "gone", "INSERT INTO creditwatch.transactions_rows ("+columns+"known_at, run, as_of, source, file, line, row_hash) SELECT "+values+
		"{known_at:DateTime64(3)}, {run:UInt64}, {as_of:Date}, {source:String}, "+str(file)+", "+strconv.FormatUint(there, 10)+" + row_number() OVER (ORDER BY l.transaction_id), wanted"+changed); err != nil {
		return err
	}
	now, err := j.count(ctx, "SELECT count() FROM creditwatch.transactions_rows WHERE "+mine)
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
	j.note("%d records are gone from the database and cancelled, %d are back", gone, written-gone)
	return nil
}
