package simulator

import (
	"fmt"
	"strconv"
	"strings"

	"creditwatch/pipeline/asof"
)

// The files of truth/.
const (
	truthHazard = iota
	truthDefaults
	truthNews
	truthDirt
	truthBalances
)

var truthFiles = [...]struct{ name, header string }{
	truthHazard:   {"truth/hazard.csv.gz", "customer_id,month_end,hazard,pd_12m,health\n"},
	truthDefaults: {"truth/defaults.csv", "customer_id,defaulted_on,known_on,cured_on,cause,cause_en,cause_zh\n"},
	truthNews:     {"truth/news.csv", "url,guid,published_at,feed,customer_id,code,polarity,role,stage,story,decoy\n"},
	truthDirt:     {"truth/dirt.csv", "file,line,kind,column,note\n"},
	truthBalances: {"truth/balances.csv", "customer_id,balance_on,currency,amount,difference,cause,document_id\n"},
}

// tellTruth writes what is true of a customer: a row of hazards per boundary at which it is in the book and not in
// default, and its defaults.
func (s *scribe) tellTruth(c *customer) {
	b := s.truth[truthHazard].bytes
	for k, t := range c.life.states {
		if !t.performing {
			continue
		}
		b = append(append(b, c.id...), ',')
		b = append(s.w.appendDate(b, s.w.bounds[k]), ',')
		b = append(strconv.AppendFloat(b, t.hazard, 'f', 8, 64), ',')
		b = append(strconv.AppendFloat(b, t.pd, 'f', 8, 64), ',')
		b = append(strconv.AppendFloat(b, t.health, 'f', 4, 64), '\n')
		if k+1 < len(s.w.bounds) {
			s.counts.Exposure += float64(s.w.bounds[k+1].Sub(s.w.bounds[k])) / month
			s.counts.Expected += s.w.atRisk(k, t.hazard)
		}
	}
	s.truth[truthHazard].bytes = b
	for _, f := range c.life.failures {
		s.counts.Defaults++
		cured := ""
		if f.cured < never {
			cured = f.cured.String()
		}
		out := &s.truth[truthDefaults]
		out.bytes = fmt.Appendf(out.bytes, "%s,%s,%s,%s,%s,%s,%s\n", c.id, f.on, f.on.Add(f.knownIn), cured, causes[f.cause].code, causes[f.cause].en, causes[f.cause].zh)
	}
}

// A book is the folder being written, with the places of its files.
type book struct {
	folder folder
	w      *world
	files  []*file // by table and delivery; nil until the first row
	truth  [len(truthFiles)]*file
	sum    Summary
	moved  moved
	buf    []byte
}

func newBook(dir string, w *world) *book {
	return &book{
		folder: folder{dir: dir, made: map[string]bool{}}, w: w,
		files: make([]*file, (int(news)+len(feeds))*len(w.deliveries)),
		sum:   Summary{Dirt: map[string]int{}}, moved: newMoved(w),
	}
}

// common writes what belongs to no customer: the calendar and the exchange rates; and the heads of truth/.
func (b *book) common() error {
	for i, t := range truthFiles {
		b.truth[i] = b.folder.file(t.name, "")
		if err := b.folder.append(b.truth[i], []byte(t.header)); err != nil {
			return err
		}
	}
	days := []byte("day,is_business,name,known_at\n")
	for d := asof.On(firstYear, 1, 1); d <= asof.On(lastYear, 12, 31); d = d.Add(1) {
		days = b.w.appendDate(days, d)
		days = fmt.Appendf(days, ",%t,%s,2019-12-31 00:00:00\n", b.w.business(d), b.w.holiday[d.Sub(b.w.first)])
	}
	if err := b.folder.append(b.folder.file("calendar.csv", ""), days); err != nil {
		return err
	}
	for k, e := range b.w.bounds {
		f := b.w.delivery(max(e, b.w.from))
		name := fmt.Sprintf("fx_rates-%s.csv", b.w.deliveries[f])
		out := b.folder.files[len(b.folder.files)-1]
		if out.name != name {
			out = b.folder.file(name, "")
			if err := b.folder.append(out, []byte("currency,valid_on,rate,known_at\n")); err != nil {
				return err
			}
		}
		rows := ""
		for i, currency := range []string{"USD", "EUR"} {
			rows += fmt.Sprintf("%s,%s,%.4f,%s 01:15:00\n", currency, e, b.w.rates[k][i], e)
		}
		if err := b.folder.append(out, []byte(rows)); err != nil {
			return err
		}
	}
	return nil
}

// take appends what a block adds.
func (b *book) take(s *scribe) error {
	starts := map[int]int{} // lines before the block, of the files with dirt
	for _, p := range s.dirty {
		if f := b.files[p.file]; f != nil {
			starts[p.file] = f.lines
		} else {
			starts[p.file] = 1 // the header
		}
	}
	for i := range s.outputs {
		out := &s.outputs[i]
		if out.lines == 0 {
			continue
		}
		f := b.files[i]
		if f == nil {
			t, day := table(i/len(b.w.deliveries)), b.w.deliveries[i%len(b.w.deliveries)].String()
			head := ""
			if t >= news {
				f = b.folder.file(fmt.Sprintf("news/%s-%s.rss", feeds[t-news].code, day), feedFoot)
				head = feeds[t-news].head()
			} else {
				f = b.folder.file(fmt.Sprintf(tables[t].file, day), "")
				head = tables[t].header
			}
			f.lines = strings.Count(head, "\n")
			b.files[i] = f
			if err := b.folder.append(f, []byte(head)); err != nil {
				return err
			}
		}
		f.lines += out.lines
		if err := b.folder.append(f, out.bytes); err != nil {
			return err
		}
	}
	for i := range s.truth {
		if err := b.folder.append(b.truth[i], s.truth[i].bytes); err != nil {
			return err
		}
	}
	b.buf = b.buf[:0]
	for _, p := range s.dirty {
		b.sum.Dirt[p.kind]++
		b.buf = fmt.Appendf(b.buf, "%s,%d,%s,%s,%s\n", b.files[p.file].name, starts[p.file]+p.line, p.kind, p.column, p.note)
	}
	if err := b.folder.append(b.truth[truthDirt], b.buf); err != nil {
		return err
	}
	for i := range s.moved {
		for k, v := range s.moved[i] {
			b.moved[i][k] += v
		}
	}
	c := s.counts
	b.sum.Customers += c.Customers
	b.sum.Defaults += c.Defaults
	b.sum.Exposure += c.Exposure
	b.sum.Expected += c.Expected
	for i, n := range c.Rows {
		b.sum.Rows[i] += n
	}
	return nil
}
