package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"creditwatch/pipeline/asof"
)

// Options says which book to write.
type Options struct {
	Customers int       `json:"customers"` // default 400
	From      asof.Date `json:"from"`      // default: three years before To
	To        asof.Date `json:"to"`        // last day, required
	Seed      uint64    `json:"seed"`
	Dirt      float64   `json:"dirt"` // 1 = the stated rates, 0 = none
	// DailyDays is for how many days before To a file comes every day; 0: 45. Before, a file of a month tells of its days only when
	// the month is over: nights can begin where the days do.
	DailyDays int `json:"daily_days,omitempty"`
}

// Summary says what was written.
type Summary struct {
	Customers int            `json:"customers"`
	Defaults  int            `json:"defaults"`
	Files     int            `json:"files"`
	Rows      [news + 1]int  `json:"rows"`     // by table as in RowNames
	Dirt      map[string]int `json:"dirt"`     // pieces by kind
	Exposure  float64        `json:"exposure"` // customer-months at risk
	Expected  float64        `json:"expected"` // defaults by the true hazard
}

// RowNames names the tables of [Summary].Rows.
var RowNames = [news + 1]string{"transactions", "customers", "contracts", "interactions", "external_ratings", "outcomes", "balances", "articles"}

// mark is the file by which a folder is known as one of ours.
const mark = "truth/options.json"

// blockSize is how many customers are made at once, give or take a group.
const blockSize = 256

func (o *Options) complete() error {
	if o.Customers == 0 {
		o.Customers = 400
	}
	if o.From.IsZero() && !o.To.IsZero() {
		o.From = o.To.AddMonths(-36).Add(1)
	}
	var errs []error
	if o.DailyDays < 0 {
		errs = append(errs, fmt.Errorf("daily days: want 0 or more, got %d", o.DailyDays))
	}
	if o.Customers < 0 || o.Customers > 9_999_999 {
		errs = append(errs, fmt.Errorf("customers: want 1 to 9999999, got %d", o.Customers))
	}
	first, last := asof.On(firstYear, 1, 1), asof.On(lastYear, 12, 31)
	if o.From < first || o.To > last || o.From.Add(30) > o.To {
		errs = append(errs, fmt.Errorf("from %s to %s: want at least 31 days within %s to %s, for which the holidays are known", o.From, o.To, first, last))
	}
	if !(o.Dirt >= 0 && o.Dirt <= 20) {
		errs = append(errs, fmt.Errorf("dirt: want 0 to 20 times the stated rates, got %v", o.Dirt))
	}
	return errors.Join(errs...)
}

// ErrNotOurs reports a folder that holds something else than an earlier book of the simulator.
var ErrNotOurs = errors.New("folder is not empty and holds no simulated book")

// ErrOptions reports options that no book can be made of.
var ErrOptions = errors.New("simulate")

// Write writes a book into the folder dir: all of it or, on an error, nothing. An earlier book there is replaced; anything else
// is left alone, see [ErrNotOurs]. Progress, which may be nil, is told the customers done.
func Write(ctx context.Context, dir string, o Options, progress func(done, total int)) (Summary, error) {
	if err := o.complete(); err != nil {
		return Summary{}, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	replace, err := occupied(dir)
	if err != nil {
		return Summary{}, err
	}
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return Summary{}, err
	}
	s, err := write(ctx, partial, o, progress)
	if err != nil {
		return Summary{}, errors.Join(err, os.RemoveAll(partial))
	}
	if replace {
		if err := os.RemoveAll(dir); err != nil {
			return Summary{}, err
		}
	}
	return s, os.Rename(partial, dir)
}

// occupied reports whether dir exists and may be replaced.
func occupied(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(mark))); err != nil {
			return false, fmt.Errorf("%s: %w", dir, ErrNotOurs)
		}
	}
	return true, nil
}

// A block is a run of units and the number of its first customer.
type block struct {
	number      int
	unit, first int
	sizes       []int
	done        chan *scribe
}

func write(ctx context.Context, dir string, o Options, progress func(done, total int)) (Summary, error) {
	w := newWorld(o)
	out := newBook(dir, w)
	if err := out.common(); err != nil {
		return Summary{}, err
	}
	work, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	todo := make(chan block)
	order := make(chan block, workers) // bounds what is made but not yet written
	free := make(chan *scribe, 2*workers+2)
	work.Go(func() error {
		defer close(todo)
		defer close(order)
		b := block{}
		for customer, unit := 0, 0; customer < o.Customers; {
			n := 0
			for b.unit, b.first, b.sizes = unit, customer, nil; n < blockSize && customer < o.Customers; unit++ {
				size := min(unitSize(o.Seed, unit), o.Customers-customer)
				b.sizes = append(b.sizes, size)
				n += size
				customer += size
			}
			b.done = make(chan *scribe, 1)
			for _, to := range []chan block{order, todo} {
				select {
				case to <- b:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			b.number++
		}
		return nil
	})
	for range workers {
		work.Go(func() error {
			for b := range todo {
				var s *scribe
				select {
				case s = <-free:
					s.reset()
				default:
					s = newScribe(w, o.Dirt)
				}
				s.fill(b)
				b.done <- s
			}
			return nil
		})
	}
	work.Go(func() error {
		done := 0
		for b := range order {
			select {
			case s := <-b.done:
				done += s.counts.Customers
				if err := out.take(s); err != nil {
					return err
				}
				select {
				case free <- s:
				default:
				}
			case <-ctx.Done():
				return ctx.Err()
			}
			if progress != nil {
				progress(done, o.Customers)
			}
		}
		return nil
	})
	if err := work.Wait(); err != nil {
		return Summary{}, err
	}
	if err := out.control(); err != nil {
		return Summary{}, err
	}
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return Summary{}, err
	}
	if err := out.folder.append(out.folder.file(mark, "\n"), text); err != nil {
		return Summary{}, err
	}
	if err := out.folder.finish(); err != nil {
		return Summary{}, err
	}
	out.sum.Files = len(out.folder.files)
	return out.sum, nil
}

func newScribe(w *world, dirt float64) *scribe {
	return &scribe{w: w, dirt: dirt, outputs: make([]output, (int(news)+len(feeds))*len(w.deliveries)), counts: Summary{}, moved: newMoved(w)}
}

func (s *scribe) reset() {
	for i := range s.outputs {
		s.outputs[i].bytes, s.outputs[i].lines = s.outputs[i].bytes[:0], 0
	}
	for i := range s.truth {
		s.truth[i].bytes = s.truth[i].bytes[:0]
	}
	s.dirty, s.counts = s.dirty[:0], Summary{}
	for i := range s.moved {
		clear(s.moved[i])
	}
}

// fill makes the customers of a block.
func (s *scribe) fill(b block) {
	if b.number == 0 {
		r := reporter{scribe: s, dice: throw(s.w.seed, newsStream, -1), code: "market"}
		r.market()
		s.deal()
	}
	first := b.first
	for i, size := range b.sizes {
		for _, c := range makeUnit(s.w, b.unit+i, first, size) {
			s.soil = throw(s.w.seed, dirtStream, c.index)
			l := ledger{scribe: s, c: c, dice: throw(s.w.seed, ledgerStream, c.index), talk: throw(s.w.seed, contactStream, c.index)}
			l.record()
			l.contract()
			l.rate()
			l.keepInTouch()
			l.trade()
			l.compare()
			r := reporter{scribe: s, dice: throw(s.w.seed, newsStream, c.index), code: c.number}
			r.report(c)
			s.deal()
			s.tellTruth(c)
			s.counts.Customers++
		}
		first += size
	}
}
