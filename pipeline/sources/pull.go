package sources

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"creditwatch/pipeline/asof"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"
)

// An Engine is the database that stages, maps and keeps the rows.
type Engine interface {
	Exec(ctx context.Context, sql string, params map[string]any) error
	Query(ctx context.Context, sql string, params map[string]any) (array.RecordReader, error)
	Insert(ctx context.Context, table, token string, rows array.RecordReader) error
}

// A Night is what a pull needs to know of the night it works for.
type Night struct {
	Run   uint64
	AsOf  asof.Date
	Cut   time.Time      // knowledge cut: rows are learnt before it
	Zone  *time.Location // of days and times that name none; an IANA zone
	Input string         // folder that the paths of the sources are below
	// Scratch is the folder of what is written for the time of the pull, shared by all processes of a data directory; empty: the system's.
	Scratch string

	// Token names an INSERT … SELECT, so that the engine may send it again when it went away in the middle; nil: it is
	// sent once.
	Token func(ctx context.Context, token string) context.Context
	// Clock measures took_ms and how long a file has rested, and nothing that a row holds; nil: 0, and every file is new.
	Clock func() time.Time
}

func (n Night) elapsed(since time.Time) time.Duration {
	if n.Clock == nil {
		return 0
	}
	return n.Clock().Sub(since)
}

func (n Night) now() time.Time {
	if n.Clock == nil {
		return time.Time{}
	}
	return n.Clock()
}

// known is the instant at which a row counts as learnt when its mapping does not say.
func (n Night) known() time.Time { return n.Cut.Add(-time.Millisecond) }

// Counts is what became of the rows of a source: Read = Accepted + Rejected + Duplicates.
type Counts struct {
	Source      string
	Table       string
	Read        uint64
	Accepted    uint64
	Rejected    uint64 // with LeftOut
	LeftOut     uint64 // of the rejected, those that `where` or `from` left out
	Duplicates  uint64
	Corrections uint64 // of the accepted, those that are a new version of a known record
	Files       uint64
	Newest      asof.Date // newest day that the known rows speak of, for freshness; zero if none
	Took        time.Duration
	Notes       []string // what a person should know: new columns, encodings found out, missing optional files
	Waiting     []string // files that are left for a later night, and why
}

// Pull takes the sources in order and returns what became of the rows of each.
//
// All files are looked at before the first row is taken, so that every missing file or column is named at once and
// nothing is touched: those errors are ErrConfig or ErrData. Rows are kept under the run of the night and are seen by
// others once that run is published; calling Pull again for the same run does its work anew.
func Pull(ctx context.Context, engine Engine, sources []Source, night Night) ([]Counts, error) {
	if errs := Check(sources); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if night.Zone == nil || night.Zone == time.Local {
		return nil, fmt.Errorf("time zone: must be an IANA name: %w", ErrConfig)
	}
	root, err := os.OpenRoot(night.Input)
	if err != nil {
		return nil, fmt.Errorf("input: %w: %w", err, ErrConfig)
	}
	defer root.Close()
	p := &pull{engine: engine, night: night, root: root}
	defer p.closeSpools()
	defer p.dropCopies()
	if err := night.sweepScratch(); err != nil {
		return nil, fmt.Errorf("temporary files: %w", err)
	}
	if err := p.clean(ctx); err != nil {
		return nil, err
	}
	if err := p.findKnown(ctx); err != nil {
		return nil, err
	}
	if err := p.findColumns(ctx); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(sources, func(s Source) bool { return s.isDatabase() || slices.ContainsFunc(s.Path, isAddressPath) }) {
		if err := p.findValidators(ctx); err != nil {
			return nil, err
		}
	}
	jobs := make([]*job, len(sources))
	var errs []error
	for i, s := range sources {
		if jobs[i], err = p.look(ctx, s); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p.runAll(ctx, jobs)
}

// atOnce is how many ledger tables are filled at a time: while one source waits for the engine to plan or to drop a
// table, another uses the machine.
const atOnce = 2

// runAll runs the jobs. Sources of one table follow each other in the order given, for the later ones find known what
// the earlier ones bring; tables have nothing to do with each other.
func (p *pull) runAll(ctx context.Context, jobs []*job) ([]Counts, error) {
	counts := make([]Counts, len(jobs))
	var tables [][]int
	place := map[string]int{}
	for i, j := range jobs {
		t, ok := place[j.source.Table]
		if !ok {
			t = len(tables)
			place[j.source.Table] = t
			tables = append(tables, nil)
		}
		tables[t] = append(tables[t], i)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, of := range tables {
		group.Go(func() error {
			for _, i := range of {
				jobs[i].began = p.night.now()
				var err error
				if counts[i], err = jobs[i].run(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return counts, group.Wait()
}

type pull struct {
	engine Engine
	night  Night
	root   *os.Root
	known  map[[2]string][]knownFile // files read before, by source and name

	before     map[string][]string      // columns of a source's files in the last night that had some
	validators map[[2]string]validators // of feeds and services read before, by source and address
	spools     []*os.File               // records of services and rows of databases
	shelf      shelf                    // rows of feeds
	sessions   map[Login]*session       // at services
	copies     *os.Root                 // of files of stores
	copiesIn   string                   // folder of the copies
	copiesHeld *flock.Flock             // as long as this process lives
	copied     int
}

// A job is one source of one pull.
type job struct {
	*pull
	source  Source
	inputs  []input
	columns []string
	listing *input // of a database: the keys of all its records, to see which are gone
	counts  Counts
	began   time.Time
}

// look finds and looks at the inputs of a source.
func (p *pull) look(ctx context.Context, s Source) (*job, error) {
	j := &job{pull: p, source: s, counts: Counts{Source: s.Name, Table: s.Table}}
	files, err := find(p.root, s, p.night.AsOf)
	if err != nil {
		return nil, &fault{ErrData, s.Name, err}
	}
	if len(files) == 0 && s.needed() && !s.isDatabase() && !s.hasStored() && !slices.ContainsFunc(s.Path, isAddressPath) {
		if err := j.missing(ctx); err != nil {
			return nil, err
		}
	}
	j.inputs = make([]input, len(files))
	errs, unready := make([]error, len(files)), make([]error, len(files))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range files {
		group.Go(func() error {
			var err error
			if s.isFeed() {
				j.inputs[i], err = p.lookPage(f)
			} else {
				j.inputs[i], err = lookWhole(p.root, s, f, p.known[[2]string{s.Name, f}])
			}
			if errors.Is(err, errUnready) {
				unready[i] = fmt.Errorf("%s: %w", f, err)
				return nil
			}
			if errors.Is(err, errShelf) {
				errs[i] = fmt.Errorf("source %s: %s: %w", s.Name, f, err)
				return nil
			}
			if err != nil {
				var path *fs.PathError
				if !errors.As(err, &path) { // which names the file itself
					err = fmt.Errorf("%s: %w", f, err)
				}
				errs[i] = &fault{ErrData, s.Name, err}
			}
			return nil
		})
	}
	group.Wait() //nolint:errcheck // errs has them in the order of the files
	for i := len(files) - 1; i >= 0; i-- {
		if unready[i] != nil {
			j.inputs = slices.Delete(j.inputs, i, i+1)
		}
	}
	unready = slices.DeleteFunc(unready, func(err error) bool { return err == nil })
	if s.isFeed() {
		errs = append(errs, j.fetch(ctx))
	}
	if s.isAPI() {
		errs = append(errs, j.call(ctx))
	}
	if s.isDatabase() {
		errs = append(errs, j.ask(ctx))
	}
	if s.hasStored() {
		more, err := j.take(ctx)
		unready = append(unready, more...)
		if err == nil && len(j.inputs) == 0 && len(unready) == 0 && s.needed() {
			err = j.missing(ctx)
		}
		errs = append(errs, err)
	}
	if len(unready) > 0 && len(j.inputs) == 0 && s.needed() {
		if err := j.missing(ctx); err != nil {
			errs = append(errs, &fault{ErrData, s.Name, fmt.Errorf("no file is whole: %w", errors.Join(unready...))})
		}
	}
	for _, err := range unready {
		j.counts.Waiting = append(j.counts.Waiting, err.Error())
	}
	for _, in := range j.inputs {
		if in.page != nil {
			for _, n := range in.page.notes {
				j.note("%s: %s", in.File, n)
			}
		}
		for _, h := range in.Header {
			if !slices.Contains(j.columns, h) {
				j.columns = append(j.columns, h)
			}
		}
		if !s.isFeed() && s.Encoding == "" && in.Encoding != "" && in.Encoding != "utf-8" {
			j.note("%s: read as %s, by its bytes", in.File, in.Encoding)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return j, nil
}

// missing is the error of a source without a file, unless an earlier run of this date had one, which is carried over.
func (j *job) missing(ctx context.Context) error {
	before, err := j.number(ctx, "SELECT count() FROM creditwatch.inputs_rows WHERE source = {source:String} AND run IN (SELECT run FROM creditwatch.live_runs WHERE as_of = {as_of:Date})", map[string]any{"source": j.source.Name})
	if err != nil || before > 0 {
		return err
	}
	return &fault{ErrData, j.source.Name, fmt.Errorf("file is missing: nothing %s %s", where(j.source), listed(j.source.Path))}
}

func where(s Source) string {
	if s.hasStored() {
		return "matches"
	}
	return "below the input folder matches"
}

func (j *job) note(format string, args ...any) {
	j.counts.Notes = append(j.counts.Notes, fmt.Sprintf(format, args...))
}

// clean drops what this run, if it was begun before, and dead runs have left.
func (p *pull) clean(ctx context.Context) error {
	left, err := p.lines(ctx, `SELECT name FROM system.tables WHERE database = 'creditwatch'
		AND match(name, '^(staging|mapped|numbered|fresh|wrong|files|listing|listed)_[a-z][a-z0-9_]*_[0-9]+$')
		AND (endsWith(name, '_' || toString({run:UInt64})) OR toUInt64OrZero(extract(name, '_([0-9]+)$')) IN
			(SELECT run FROM creditwatch.runs GROUP BY run HAVING argMax(state, at) != 'started'))
		ORDER BY name`, nil)
	if err != nil {
		return err
	}
	for _, l := range left {
		if err := p.exec(ctx, "DROP TABLE IF EXISTS creditwatch."+l[0]+" SYNC", "", nil); err != nil {
			return err
		}
	}
	tables := []string{"rejects_rows", "source_runs_rows", "inputs_rows"}
	for _, t := range ledger {
		tables = append(tables, t.Name+"_rows")
	}
	for _, t := range tables {
		if err := p.exec(ctx, "ALTER TABLE creditwatch."+t+" DROP PARTITION "+strconv.FormatUint(p.night.Run, 10), "", nil); err != nil {
			return err
		}
	}
	return nil
}

// params are bound in every statement, as far as it names them.
func (p *pull) params(sql string, more map[string]any) map[string]any {
	all := map[string]any{"run": p.night.Run, "as_of": p.night.AsOf, "known_at": p.night.known(), "cut": p.night.Cut}
	for k, v := range more {
		all[k] = v
	}
	bound := map[string]any{}
	for k, v := range all {
		if strings.Contains(sql, "{"+k+":") {
			bound[k] = v
		}
	}
	return bound
}

// exec runs a statement; token names it if it is an INSERT … SELECT.
func (p *pull) exec(ctx context.Context, sql, token string, params map[string]any) error {
	if token != "" && p.night.Token != nil {
		ctx = p.night.Token(ctx, "pull/"+strconv.FormatUint(p.night.Run, 10)+"/"+token)
	}
	return p.engine.Exec(ctx, sql, p.params(sql, params))
}

// lines reads a small answer, every column as text; null is "".
func (p *pull) lines(ctx context.Context, sql string, params map[string]any) ([][]string, error) {
	rr, err := p.engine.Query(ctx, sql, p.params(sql, params))
	if err != nil {
		return nil, err
	}
	defer rr.Release()
	var out [][]string
	for rr.Next() {
		rec := rr.Record()
		for i := range int(rec.NumRows()) {
			line := make([]string, rec.NumCols())
			for k, col := range rec.Columns() {
				if !col.IsNull(i) {
					line[k] = strings.Clone(col.ValueStr(i))
				}
			}
			out = append(out, line)
		}
	}
	return out, rr.Err()
}

// number reads an answer of one count.
func (p *pull) number(ctx context.Context, sql string, params map[string]any) (uint64, error) {
	l, err := p.lines(ctx, sql, params)
	if err != nil {
		return 0, err
	}
	if len(l) != 1 || len(l[0]) != 1 {
		return 0, fmt.Errorf("engine: want one number, got %d rows", len(l))
	}
	return strconv.ParseUint(l[0][0], 10, 64)
}

// inputSchema is that of the table `files`.
var inputSchema = arrow.NewSchema([]arrow.Field{
	{Name: "file", Type: arrow.BinaryTypes.String},
	{Name: "size", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "sha256", Type: arrow.BinaryTypes.String},
	{Name: "encoding", Type: arrow.BinaryTypes.String},
	{Name: "skipped", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "rows", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "etag", Type: arrow.BinaryTypes.String},
	{Name: "last_modified", Type: arrow.BinaryTypes.String},
	{Name: "columns", Type: arrow.ListOf(arrow.BinaryTypes.String)},
}, nil)

func inputRecords(inputs []input) (array.RecordReader, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, inputSchema)
	defer b.Release()
	for _, in := range inputs {
		b.Field(0).(*array.StringBuilder).Append(in.File)
		b.Field(1).(*array.Uint64Builder).Append(uint64(in.Size))
		b.Field(2).(*array.StringBuilder).Append(in.SHA256)
		b.Field(3).(*array.StringBuilder).Append(in.Encoding)
		skipped := uint64(0)
		if in.skip {
			skipped = 1
		}
		b.Field(4).(*array.Uint64Builder).Append(skipped)
		b.Field(5).(*array.Uint64Builder).Append(in.known)
		b.Field(6).(*array.StringBuilder).Append(in.seen.etag)
		b.Field(7).(*array.StringBuilder).Append(in.seen.modified)
		columns := b.Field(8).(*array.ListBuilder)
		columns.Append(true)
		for _, h := range in.Header {
			columns.ValueBuilder().(*array.StringBuilder).Append(h)
		}
	}
	rec := b.NewRecord()
	defer rec.Release()
	return array.NewRecordReader(inputSchema, []arrow.Record{rec})
}
