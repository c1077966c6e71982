package sources

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"creditwatch/pipeline/asof"
)

// otherNights selects the runs whose rows are known: the published ones of other dates.
const otherNights = "(SELECT run FROM creditwatch.live_runs WHERE as_of != {as_of:Date})"

// answering matches what is no file that stays what it was, but answers what it holds tonight.
const answering = "^(https?|postgres|mysql)://"

// work names a table of this job that lives as long as the job.
func (j *job) work(kind string) string {
	return "creditwatch." + kind + "_" + j.source.Name + "_" + strconv.FormatUint(j.night.Run, 10)
}

var workTables = []string{"staging", "mapped", "numbered", "fresh", "wrong", "files", "listing", "listed"}

// do runs a statement of this source; step names it.
func (j *job) do(ctx context.Context, step, sql string) error {
	if err := j.exec(ctx, sql, j.source.Name+"/"+step, map[string]any{"source": j.source.Name}); err != nil {
		return fmt.Errorf("source %s: %s: %w", j.source.Name, step, err)
	}
	return nil
}

func (j *job) count(ctx context.Context, sql string) (uint64, error) {
	n, err := j.number(ctx, sql, map[string]any{"source": j.source.Name})
	if err != nil {
		return 0, fmt.Errorf("source %s: count: %w", j.source.Name, err)
	}
	return n, nil
}

// run does steps 2 to 5 of the package comment for the source.
func (j *job) run(ctx context.Context) (_ Counts, err error) {
	defer func() {
		for _, t := range workTables {
			err = errors.Join(err, j.exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+j.work(t)+" SYNC", "", nil))
		}
	}()
	if err := j.listFiles(ctx); err != nil {
		return Counts{}, err
	}
	if err := j.carryOver(ctx); err != nil {
		return Counts{}, err
	}
	if len(j.inputs) == 0 && j.counts.Files == 0 && !j.source.isAPI() {
		j.note("no file matches %s; the source is not required", listed(j.source.Path))
	}
	if slices.ContainsFunc(j.inputs, func(in input) bool { return in.staged() }) {
		if err := j.load(ctx); err != nil {
			return Counts{}, err
		}
	} else if err := j.checkControls(ctx, nil); err != nil {
		return Counts{}, err
	}
	return j.finish(ctx)
}

// A knownFile is a version of a file that a published run of another date has read whole, with this configuration and
// program.
type knownFile struct {
	sha256, encoding string
	rows             uint64
	tag              string // of a store
	size             int64
}

// findKnown asks for the files that need not be read again.
func (p *pull) findKnown(ctx context.Context) error {
	read, err := p.lines(ctx, `SELECT i.source, i.file, i.sha256, any(i.encoding), toString(max(i.rows)), argMax(i.etag, i.as_of), toString(any(i.size))
		FROM creditwatch.inputs_rows AS i
		WHERE i.sha256 != '' AND i.run IN `+otherNights+`
		  AND i.run IN (SELECT run FROM creditwatch.runs WHERE config_hash != '' AND (config_hash, code) IN
			(SELECT config_hash, code FROM creditwatch.runs WHERE run = {run:UInt64}))
		GROUP BY i.source, i.file, i.sha256`, nil)
	if err != nil {
		return fmt.Errorf("known files: %w", err)
	}
	p.known = make(map[[2]string][]knownFile, len(read))
	for _, l := range read {
		n, err := strconv.ParseUint(l[4], 10, 64)
		if err != nil {
			return err
		}
		at := [2]string{l[0], l[1]}
		size, err := strconv.ParseInt(l[6], 10, 64)
		if err != nil {
			return err
		}
		p.known[at] = append(p.known[at], knownFile{l[2], l[3], n, l[5], size})
	}
	return nil
}

// findColumns asks which columns the files of each source had in the last published night before this one that had some.
func (p *pull) findColumns(ctx context.Context) error {
	read, err := p.lines(ctx, `SELECT source, column
		FROM (SELECT source, as_of, arrayJoin(columns) AS column, max(as_of) OVER (PARTITION BY source) AS last
			FROM creditwatch.inputs_rows WHERE as_of < {as_of:Date} AND run IN `+otherNights+`)
		WHERE as_of = last
		GROUP BY source, column ORDER BY source, column`, nil)
	if err != nil {
		return fmt.Errorf("columns of the nights before: %w", err)
	}
	p.before = map[string][]string{}
	for _, l := range read {
		p.before[l[0]] = append(p.before[l[0]], l[1])
	}
	return nil
}

// findValidators asks for what the servers of feeds said of their newest answer, and for when the newest record of a service was
// modified, as a published night before this one read it with this configuration and program; what it said stands in the ledger.
func (p *pull) findValidators(ctx context.Context) error {
	read, err := p.lines(ctx, `SELECT i.source, i.file, argMax(i.etag, (i.as_of, i.last_modified)), argMax(i.last_modified, (i.as_of, i.last_modified))
		FROM creditwatch.inputs_rows AS i
		WHERE match(i.file, '`+answering+`') AND i.as_of < {as_of:Date} AND i.run IN `+otherNights+`
		  AND i.run IN (SELECT run FROM creditwatch.runs WHERE config_hash != '' AND (config_hash, code) IN
			(SELECT config_hash, code FROM creditwatch.runs WHERE run = {run:UInt64}))
		GROUP BY i.source, i.file`, nil)
	if err != nil {
		return fmt.Errorf("feeds of the nights before: %w", err)
	}
	p.validators = make(map[[2]string]validators, len(read))
	for _, l := range read {
		p.validators[[2]string{l[0], l[1]}] = validators{l[2], l[3]}
	}
	return nil
}

func (j *job) listFiles(ctx context.Context) error {
	if err := j.do(ctx, "create files", "CREATE TABLE IF NOT EXISTS "+j.work("files")+" (file String, size UInt64, sha256 String, encoding String, skipped UInt64, rows UInt64, etag String, last_modified String, columns Array(String)) ENGINE = MergeTree ORDER BY file"); err != nil {
		return err
	}
	records, err := inputRecords(j.inputs)
	if err != nil {
		return err
	}
	defer records.Release()
	return j.engine.Insert(ctx, j.work("files"), "", records)
}

// carryOver copies what an earlier run of this date read from files that are gone since, and of feeds, services and databases
// everything, for they do not keep what they once said.
func (j *job) carryOver(ctx context.Context) error {
	before, err := j.lines(ctx, "SELECT toString(run) FROM creditwatch.live_runs WHERE as_of = {as_of:Date} AND run != {run:UInt64}", nil)
	if err != nil || len(before) == 0 {
		return err
	}
	gone := " WHERE run = " + before[0][0] + " AND source = {source:String} AND file NOT IN (SELECT file FROM " + j.work("files") + " WHERE NOT match(file, '" + answering + "'))"
	t, _ := ledgerTable(j.source.Table)
	own := append(t.names(), "source", "file", "line", "row_hash", "as_of")
	for _, c := range []struct {
		table   string
		columns []string
	}{
		{t.Name + "_rows", own},
		{"rejects_rows", []string{"as_of", "source", "file", "line", "column", "reason", "raw"}},
		{"inputs_rows", []string{"as_of", "source", "file", "size", "sha256", "encoding", "rows", "etag", "last_modified", "columns"}},
	} {
		columns := strings.Join(c.columns, ", ")
		if err := j.do(ctx, "carry "+c.table, "INSERT INTO creditwatch."+c.table+" (run, "+columns+") SELECT {run:UInt64}, "+columns+" FROM creditwatch."+c.table+gone); err != nil {
			return err
		}
	}
	mine := " WHERE run = {run:UInt64} AND source = {source:String}"
	read, err := j.count(ctx, "SELECT sum(rows) FROM creditwatch.inputs_rows"+mine)
	if err != nil {
		return err
	}
	if j.counts.Files, err = j.count(ctx, "SELECT count() FROM creditwatch.inputs_rows"+mine); err != nil {
		return err
	}
	if j.counts.Accepted, err = j.count(ctx, "SELECT uniqExact(file, line) FROM creditwatch."+t.Name+"_rows"+mine); err != nil {
		return err
	}
	if j.counts.Rejected, err = j.count(ctx, "SELECT count() FROM creditwatch.rejects_rows"+mine); err != nil {
		return err
	}
	if j.counts.LeftOut, err = j.count(ctx, "SELECT countIf(column = '' AND startsWith(reason, 'left out')) FROM creditwatch.rejects_rows"+mine); err != nil {
		return err
	}
	j.counts.Read, j.counts.Duplicates = read, read-j.counts.Accepted-j.counts.Rejected
	if j.counts.Files > 0 {
		j.note("%d files that the earlier run %s read are gone; their rows are carried over", j.counts.Files, before[0][0])
	}
	return nil
}

// load stages, maps, compares and keeps the rows of the files that are not skipped.
func (j *job) load(ctx context.Context) error {
	m, err := newMapping(j.source, j.columns, j.night.Zone.String())
	if err != nil {
		return &fault{ErrConfig, j.source.Name, err}
	}
	if err := m.checkNeeded(); err != nil {
		return &fault{ErrData, j.source.Name, fmt.Errorf("%s: %w", j.inputs[0].File, err)}
	}
	var errs []error
	for _, in := range j.inputs {
		if in.staged() {
			errs = append(errs, m.checkFile(in))
		}
	}
	if j.source.FixedColumns() {
		errs = append(errs, m.checkGone(j.inputs[0].File, j.before[j.source.Name])...)
	}
	if err := errors.Join(errs...); err != nil {
		return &fault{ErrData, j.source.Name, err}
	}
	if spare := m.spare(); len(spare) > 0 && !j.source.isFeed() {
		j.note("columns that no expression reads: %s", listed(spare))
	}
	if err := j.createTables(ctx, m); err != nil {
		return err
	}
	if err := j.judge(ctx, m); err != nil {
		return err
	}
	if err := j.stage(ctx); err != nil {
		return err
	}
	if err := j.checkControls(ctx, m); err != nil {
		return err
	}
	if err := j.exec(ctx, m.insert(j.work("staging"), j.work("mapped")), j.source.Name+"/map", nil); err != nil {
		return fmt.Errorf("source %s: select: %w", j.source.Name, err)
	}
	if err := j.keep(ctx, m); err != nil || j.listing == nil {
		return err
	}
	return j.cancelGone(ctx, m)
}

func (j *job) createTables(ctx context.Context, m *mapping) error {
	staged := "_file LowCardinality(String), _line UInt64, _raw String, _fault String"
	for i := range j.columns {
		staged += ", " + stagedName(i) + " Nullable(String)"
	}
	mapped := "_file LowCardinality(String), _line UInt64, _column LowCardinality(String), _reason String, _content UInt128, _key UInt128"
	for _, f := range m.filled {
		if f.Name == knownAt.Name {
			continue
		}
		typ := stored[f.Kind]
		if f.Kind != text && f.Kind != list && f.Kind != pairs {
			typ = "Nullable(" + typ + ")"
		}
		mapped += ", " + f.Name + " " + typ
	}
	mapped += ", known_at DateTime64(3, 'UTC')"
	for _, t := range []struct{ name, columns, order string }{
		{"staging", staged, "(_file, _line)"},
		{"mapped", mapped, "(_file, _line)"},
		{"numbered", "_file LowCardinality(String), _line UInt64, _key UInt128, _content UInt128, row_hash UInt128, nth UInt64", "(_file, _line)"},
		{"fresh", "_file LowCardinality(String), _line UInt64, _key UInt128, _content UInt128, row_hash UInt128", "(_file, _line)"},
		{"wrong", "_file LowCardinality(String), _line UInt64, _column String, _reason String", "(_file, _line)"},
	} {
		if err := j.do(ctx, "create "+t.name, "CREATE TABLE IF NOT EXISTS "+j.work(t.name)+" ("+t.columns+") ENGINE = MergeTree ORDER BY "+t.order+" SETTINGS non_replicated_deduplication_window = 1000"); err != nil {
			return err
		}
	}
	return nil
}

// judge has the engine look at every expression before any row is mapped, and settles what the columns' types imply.
func (j *job) judge(ctx context.Context, m *mapping) error {
	rows := m.origin(j.work("staging"))
	types, err := j.lines(ctx, probe(rows, m.filled), nil)
	if err != nil {
		var errs []error
		for i, f := range m.filled { // one by one, to name the column at fault
			if _, err := j.lines(ctx, probe(rows, m.filled[i:i+1]), nil); err != nil {
				errs = append(errs, j.refused("select."+f.Name, err))
			}
		}
		if len(errs) == 0 || len(errs) == len(m.filled) {
			key := "select"
			if m.from.SQL != "" || m.where.SQL != "" {
				key = "from, where or select"
			}
			errs = []error{j.refused(key, err)}
		}
		return errors.Join(errs...)
	}
	var errs []error
	for i := range m.filled {
		if err := m.filled[i].settle("select", types[i][1], m.zone); err != nil {
			errs = append(errs, &fault{ErrConfig, j.source.Name, err})
		}
	}
	for i := range m.totals { // of the rows as they came
		types, err := j.lines(ctx, probe(m.staged(j.work("staging")), m.totals[i:i+1]), nil)
		if err != nil {
			errs = append(errs, j.refused("control.totals."+m.totals[i].Name, err))
			continue
		}
		if err := m.totals[i].settle("control.totals", types[0][1], m.zone); err != nil {
			errs = append(errs, &fault{ErrConfig, j.source.Name, err})
		}
	}
	return errors.Join(errs...)
}

// refused is the engine's refusal of an expression: a mistake in the configuration, or a column that the files lack.
func (j *job) refused(key string, err error) error {
	kind := ErrConfig
	if m := err.Error(); strings.Contains(m, "UNKNOWN_IDENTIFIER") || strings.Contains(m, "Unknown expression") {
		kind = ErrData
	}
	return &fault{kind, j.source.Name, fmt.Errorf("%s: %s; %s has %s", key, engineMessage(err), j.inputs[0].File, listed(j.columns))}
}

// stage streams the rows of the files into staging, as they came.
func (j *job) stage(ctx context.Context) error {
	var inputs []*input
	for i := range j.inputs {
		if j.inputs[i].staged() {
			inputs = append(inputs, &j.inputs[i])
		}
	}
	b := newBatcher(j.root, inputs, j.columns)
	defer b.Release()
	err := j.engine.Insert(ctx, j.work("staging"), "", b)
	if b.err != nil {
		return &fault{ErrData, j.source.Name, b.err}
	}
	if err != nil {
		return fmt.Errorf("source %s: staging: %w", j.source.Name, err)
	}
	for i, in := range inputs {
		if in.rows = b.read[i]; in.rows == 0 {
			j.note("%s: has a header and no row", in.File)
		}
	}
	return nil
}

// keep compares the mapped rows with what is known and keeps the new ones and the refused ones.
func (j *job) keep(ctx context.Context, m *mapping) error {
	t, staging, mapped, numbered, fresh, wrong := m.table, j.work("staging"), j.work("mapped"), j.work("numbered"), j.work("fresh"), j.work("wrong")
	key := m.key0()
	good := " FROM " + mapped + " WHERE _reason = ''"
	if m.from.SQL != "" { // a line that makes one bad row is bad as a whole
		good = " FROM " + mapped + " WHERE (_file, _line) NOT IN (SELECT _file, _line FROM " + mapped + " WHERE _reason != '')"
	}
	names := m.names()
	erased, err := j.erased(ctx, names)
	if err != nil {
		return err
	}
	refused, raw := " WHERE _reason != ''", "s._raw"
	if erased != "" { // whole lines, whatever else is wrong with them
		good += " AND (_file, _line) NOT IN (" + erased + ")"
		refused += " AND (_file, _line) NOT IN (" + erased + ")"
		raw = "if(w._reason = " + str(leftOutErased) + ", '', s._raw)"
	}
	number := "SELECT _file, _line, _key, _content, _content AS row_hash, row_number() OVER (PARTITION BY _content ORDER BY _file, _line)" + good
	same := "" // records with a key are the company's; rows without one are their source's
	if len(key) == 0 {
		occurrence := "SELECT _file, _line, _key, _content, reinterpretAsUInt128(sipHash128(toString(_content), toString(row_number() OVER (PARTITION BY _file, _content ORDER BY _line)))) AS row_hash" + good
		number = "SELECT _file, _line, _key, _content, row_hash, row_number() OVER (PARTITION BY row_hash ORDER BY _file, _line) FROM (" + occurrence + ")"
		same = " AND source = {source:String}"
	}
	visible := "(run = {run:UInt64} OR run IN " + otherNights + ")" + same
	where := "left out by where"
	if m.where.SQL == "" {
		where = "left out: from makes no row of it"
	}
	place := func(file, line string) string {
		if j.source.isDatabase() { // whose rows have a number that differs from night to night
			return file
		}
		return file + ", " + line
	}
	once := "" // rows of one line that are equal meet each other's identity too
	if m.from.SQL != "" {
		once = " LIMIT 1 BY f.row_hash"
	}
	columns := strings.Join(names, ", ")
	steps := []struct{ name, sql string }{
		{"number", "INSERT INTO " + numbered + " (_file, _line, _key, _content, row_hash, nth) " + number},
		{"compare", "INSERT INTO " + fresh + " SELECT _file, _line, _key, _content, row_hash FROM " + numbered +
			" WHERE nth = 1 AND row_hash NOT IN (SELECT row_hash FROM creditwatch." + t.Name + "_rows WHERE " + visible +
			" AND row_hash IN (SELECT row_hash FROM " + numbered + "))"},
		{"unreadable", "INSERT INTO " + wrong + " SELECT _file, _line, '', _fault FROM " + staging + " WHERE _fault != ''"},
		{"refused", "INSERT INTO " + wrong + " SELECT _file, _line, w.1, w.2 FROM (SELECT _file, _line, min((_column, _reason)) AS w FROM " + mapped +
			refused + " GROUP BY _file, _line)"},
		{"erased", "INSERT INTO " + wrong + " SELECT DISTINCT _file, _line, '', " + str(leftOutErased) + " FROM (" + erased + ")"},
		{"left out", "INSERT INTO " + wrong + " SELECT _file, _line, '', " + str(where) + " FROM " + staging + " WHERE _fault = '' AND (_file, _line) NOT IN (SELECT _file, _line FROM " + mapped + ")"},
		{"rejects", "INSERT INTO creditwatch.rejects_rows (run, as_of, source, file, line, column, reason, raw) SELECT {run:UInt64}, {as_of:Date}, {source:String}, s._file, s._line, w._column, w._reason, " + raw +
			" FROM (SELECT _file, _line, _raw FROM " + staging + " WHERE (_file, _line) IN (SELECT _file, _line FROM " + wrong + ")) AS s INNER JOIN " + wrong + " AS w ON s._file = w._file AND s._line = w._line" +
			" WHERE (" + place("s._file", "s._line") + ", sipHash64(" + raw + ")) NOT IN (SELECT " + place("file", "line") + ", sipHash64(raw) FROM creditwatch.rejects_rows WHERE source = {source:String} AND (run = {run:UInt64} OR run IN " + otherNights + "))"},
		{"ledger", "INSERT INTO creditwatch." + t.Name + "_rows (" + columns + ", run, as_of, source, file, line, row_hash) SELECT " + columns + ", {run:UInt64}, {as_of:Date}, {source:String}, m._file, m._line, f.row_hash" +
			" FROM " + mapped + " AS m INNER JOIN (SELECT _file, _line, _content, row_hash FROM " + fresh + ") AS f ON m._file = f._file AND m._line = f._line AND m._content = f._content" + once},
	}
	var corrections uint64
	for _, s := range steps {
		if s.name == "left out" && m.from.SQL == "" && m.where.SQL == "" || s.name == "erased" && erased == "" {
			continue
		}
		if s.name == "ledger" && len(key) > 0 { // before the new rows are among the known ones
			known := "SELECT " + keySQL(key, func(c string) string { return c }) + " AS k FROM creditwatch." + t.Name + "_rows WHERE " + visible + " AND k IN (SELECT _key FROM " + fresh + ")"
			later := "SELECT count() - uniqExactIf(_key, _key NOT IN (" + known + ")) FROM " + fresh
			if m.from.SQL != "" { // rows of one line count once
				later = "SELECT uniqExact(_file, _line) FROM (SELECT _file, _line, _key, row_number() OVER (PARTITION BY _key ORDER BY _file, _line, _content) AS version FROM " + fresh + ") WHERE version > 1 OR _key IN (" + known + ")"
			}
			n, err := j.count(ctx, later)
			if err != nil {
				return err
			}
			corrections = n
		}
		if err := j.do(ctx, s.name, s.sql); err != nil {
			return err
		}
	}
	return j.tally(ctx, m, corrections)
}

// names are the columns of the ledger table that the mapping fills, and the time of knowledge.
func (m *mapping) names() (names []string) {
	for _, f := range m.filled {
		names = append(names, f.Name)
	}
	if !slices.Contains(names, knownAt.Name) {
		names = append(names, knownAt.Name)
	}
	return names
}

// tally counts what became of the rows, each kind by itself, and holds the sum against the rows read.
func (j *job) tally(ctx context.Context, m *mapping, corrections uint64) error {
	var n struct{ read, accepted, known, wrong, rejected, leftOut uint64 }
	fresh, wrong := j.work("fresh"), j.work("wrong")
	accepted, known := "SELECT count() FROM "+fresh, "SELECT (SELECT count() FROM "+j.work("numbered")+") - (SELECT count() FROM "+fresh+")"
	if m.from.SQL != "" { // several rows of one line
		accepted = "SELECT count() FROM (SELECT DISTINCT _file, _line FROM " + fresh + ")"
		known = "SELECT count() FROM (SELECT DISTINCT _file, _line FROM " + j.work("numbered") + " WHERE (_file, _line) NOT IN (SELECT _file, _line FROM " + fresh + "))"
	}
	for _, c := range []struct {
		into *uint64
		sql  string
	}{
		{&n.read, "SELECT count() FROM " + j.work("staging")},
		{&n.accepted, accepted},
		{&n.known, known},
		{&n.wrong, "SELECT count() FROM " + wrong},
		{&n.rejected, "SELECT count() FROM creditwatch.rejects_rows WHERE run = {run:UInt64} AND source = {source:String}"},
		{&n.leftOut, "SELECT count() FROM creditwatch.rejects_rows WHERE run = {run:UInt64} AND source = {source:String} AND column = '' AND startsWith(reason, 'left out')"},
	} {
		var err error
		if *c.into, err = j.count(ctx, c.sql); err != nil {
			return err
		}
	}
	n.rejected, n.leftOut = n.rejected-j.counts.Rejected, n.leftOut-j.counts.LeftOut // without what was carried over
	if n.read != n.accepted+n.known+n.wrong || n.rejected > n.wrong {
		return fmt.Errorf("source %s: %d rows read, but %d accepted, %d known, %d refused: the rows do not add up", j.source.Name, n.read, n.accepted, n.known, n.wrong)
	}
	j.counts.Read += n.read
	j.counts.Accepted += n.accepted
	j.counts.Rejected += n.rejected
	j.counts.LeftOut += n.leftOut
	j.counts.Duplicates += n.known + n.wrong - n.rejected
	j.counts.Corrections += corrections
	return nil
}

// finish writes the inputs and the counts of the source.
func (j *job) finish(ctx context.Context) (Counts, error) {
	rows := "f.rows, f.etag, f.last_modified, f.columns"
	if slices.ContainsFunc(j.inputs, func(in input) bool { return in.staged() }) {
		rows = "if(f.skipped = 1, f.rows, ifNull(s.n, 0)) AS rows, f.etag, f.last_modified, f.columns FROM " + j.work("files") + " AS f LEFT JOIN (SELECT _file, count() AS n FROM " + j.work("staging") + " GROUP BY _file) AS s ON f.file = s._file"
	} else {
		rows += " FROM " + j.work("files") + " AS f"
	}
	if err := j.do(ctx, "inputs", "INSERT INTO creditwatch.inputs_rows (run, as_of, source, file, size, sha256, encoding, rows, etag, last_modified, columns) SELECT {run:UInt64}, {as_of:Date}, {source:String}, f.file, f.size, f.sha256, f.encoding, "+rows); err != nil {
		return Counts{}, err
	}
	for _, in := range j.inputs {
		j.counts.Files++
		if in.skip {
			j.counts.Read += in.known
			j.counts.Duplicates += in.known
			j.note("%s: unchanged since it was read, its %d rows are known", in.File, in.known)
		}
	}
	t, _ := ledgerTable(j.source.Table)
	newest, err := j.lines(ctx, "SELECT toString(maxOrNull("+t.Newest+")) FROM creditwatch."+t.Name+"_rows WHERE source = {source:String} AND known_at < {cut:DateTime64(3)} AND "+t.Newest+" <= {as_of:Date} AND (run = {run:UInt64} OR run IN "+otherNights+")", map[string]any{"source": j.source.Name})
	if err != nil {
		return Counts{}, fmt.Errorf("source %s: newest row: %w", j.source.Name, err)
	}
	if len(newest) == 1 && newest[0][0] != "" {
		if j.counts.Newest, err = asof.Parse(newest[0][0]); err != nil {
			return Counts{}, err
		}
	}
	j.counts.Took = j.night.elapsed(j.began)
	c := j.counts
	day := any(nil)
	if !c.Newest.IsZero() {
		day = c.Newest
	}
	sql := `INSERT INTO creditwatch.source_runs_rows (run, as_of, source, read, accepted, rejected, left_out, duplicates, corrections, files, newest, took_ms)
		SELECT {run:UInt64}, {as_of:Date}, {source:String}, {read:UInt64}, {accepted:UInt64}, {rejected:UInt64}, {left_out:UInt64}, {duplicates:UInt64}, {corrections:UInt64}, {files:UInt64}, {newest:Nullable(Date)}, {took_ms:UInt64}`
	if err := j.exec(ctx, sql, j.source.Name+"/counts", map[string]any{
		"source": c.Source, "read": c.Read, "accepted": c.Accepted, "rejected": c.Rejected, "left_out": c.LeftOut, "duplicates": c.Duplicates,
		"corrections": c.Corrections, "files": c.Files, "newest": day, "took_ms": uint64(c.Took.Milliseconds()),
	}); err != nil {
		return Counts{}, fmt.Errorf("source %s: counts: %w", j.source.Name, err)
	}
	return c, nil
}
