package jobs

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"creditwatch/configs"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

//go:embed metrics.sql
var metricsSQL string

// fresh is for how long one answer of the warehouse serves every scrape, and patience how long a scrape waits for it.
const (
	fresh    = 10 * time.Second
	patience = 5 * time.Second
)

// A gauge of the warehouse: its name in metrics.sql, its name outside, the labels of the two columns.
type gauge struct {
	key, name, help string
	labels          []string
}

// gauges lists what metrics.sql gives; to add one: a row here and one there. No label may name a customer, no value may be
// an amount of one.
var gauges = []gauge{
	{"date", "creditwatch_published_date_seconds", "newest published business date, as the time its day begins in UTC", nil},
	{"published_at", "creditwatch_published_at_seconds", "when the newest night was published", nil},
	{"nights", "creditwatch_nights_published", "published nights", nil},
	{"night_seconds", "creditwatch_night_seconds", "duration of the newest published night over all its attempts", nil},
	{"stage_seconds", "creditwatch_stage_seconds", "duration of a stage of the newest published night", []string{"stage"}},
	{"stage_rows", "creditwatch_stage_rows", "rows kept by a stage of the newest published night", []string{"stage"}},
	{"source_rows", "creditwatch_source_rows", "rows of a source in the newest published night: read = accepted + rejected + duplicates", []string{"source", "outcome"}},
	{"warnings_open", "creditwatch_warnings_open", "open warnings of the newest published night: tier 1 score, 2 behaviour, 3 external; severity 1 info to 4 critical", []string{"tier", "severity"}},
	{"checks", "creditwatch_checks", "checks of the newest published night by their light", []string{"light"}},
	{"quality", "creditwatch_data_quality_score", "score of data quality of the newest published night, 0 to 100", nil},
	{"runs", "creditwatch_runs", "attempts at nights by their last state", []string{"state"}},
}

var (
	upMetric       = prometheus.NewDesc("creditwatch_warehouse_up", "1 if the warehouse answered", nil, nil)
	restartsMetric = prometheus.NewDesc("creditwatch_engine_restarts_total", "how often the embedded engine died and was started again by this process", nil, nil)
	lagMetric      = prometheus.NewDesc("creditwatch_published_age_days", "days from the newest published business date to today in the configured zone; 1 is yesterday", nil, nil)
	nextMetric     = prometheus.NewDesc("creditwatch_next_night_seconds", "when the night of today is due by schedule.cron", nil, nil)
	buildMetric    = prometheus.NewDesc("creditwatch_build_info", "version of the program", []string{"version", "schema"}, nil)
)

// A collector asks the warehouse when it is scraped, at most once in [fresh].
type collector struct {
	app      *app
	query    rows.Querier
	restarts func() int
	config   configs.Config
	gauges   map[string]described

	mu   sync.Mutex
	read time.Time
	last []reading
	err  error
}

type described struct {
	*prometheus.Desc
	labels int
}

type reading struct {
	key    string
	labels [2]string
	value  float64
}

// registry returns the metrics of the warehouse and of this process.
func (a *app) registry(db *warehouse.DB, c configs.Config) *prometheus.Registry {
	m := &collector{app: a, query: db, restarts: db.Restarts, config: c, gauges: map[string]described{}}
	for _, g := range gauges {
		m.gauges[g.key] = described{prometheus.NewDesc(g.name, g.help, g.labels, nil), len(g.labels)}
	}
	r := prometheus.NewRegistry()
	r.MustRegister(m)
	return r
}

func (m *collector) Describe(out chan<- *prometheus.Desc) {
	for _, g := range m.gauges {
		out <- g.Desc
	}
	for _, d := range []*prometheus.Desc{upMetric, restartsMetric, lagMetric, nextMetric, buildMetric} {
		out <- d
	}
}

func (m *collector) Collect(out chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	out <- prometheus.MustNewConstMetric(restartsMetric, prometheus.CounterValue, float64(m.restarts()))
	send(buildMetric, 1, version(), strconv.Itoa(warehouse.LatestSchema()))
	now := m.app.clock()
	if today := asof.Of(now.In(m.config.Zone)); m.config.Schedule.Cron != "" {
		if due := nextNight(m.config, now, today); !due.IsZero() {
			send(nextMetric, float64(due.Unix()))
		}
	}
	last, err := m.readings(now)
	if err != nil {
		send(upMetric, 0) // the rest is left out rather than said as it was
		return
	}
	send(upMetric, 1)
	for _, r := range last {
		g, ok := m.gauges[r.key]
		if !ok {
			out <- prometheus.NewInvalidMetric(upMetric, errors.New("metrics.sql gives "+r.key+", which no gauge names"))
			continue
		}
		send(g.Desc, r.value, r.labels[:g.labels]...)
		if r.key == "date" {
			send(lagMetric, float64(asof.Of(now.In(m.config.Zone))-asof.Of(time.Unix(int64(r.value), 0).UTC())))
		}
	}
}

// nextNight is when the next night is due: that of today, or of the first business date after it.
func nextNight(c configs.Config, now time.Time, today asof.Date) time.Time {
	w := watchman{Schedule: c.Schedule, zone: c.Zone, clock: func() time.Time { return now }}
	t := w.timetable()
	for d := today.Add(-1); d < today.Add(32); d = d.Add(1) {
		if at := t.DueAt(d); t.Days.Is(d) && at.After(now) {
			return at
		}
	}
	return time.Time{}
}

func (m *collector) readings(now time.Time) ([]reading, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if age := now.Sub(m.read); age >= 0 && age < fresh {
		return m.last, m.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m.last = nil
	m.err = rows.Each(ctx, m.query, "metrics", metricsSQL, nil, func(r *rows.Row) error {
		m.last = append(m.last, reading{r.Text("metric"), [2]string{r.Text("a"), r.Text("b")}, *r.Float("value")})
		return nil
	})
	m.read = now
	if log, err := m.app.logger(); m.err != nil && err == nil {
		log.Warn().Err(m.err).Msg("metrics cannot be read")
	}
	return m.last, m.err
}

// writeMetrics puts the metrics of a finished night where node_exporter finds them, whole or not at all.
func (a *app) writeMetrics(db *warehouse.DB, c configs.Config) error {
	if c.Monitor.Textfile == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(c.Monitor.Textfile), 0o755); err != nil {
		return err
	}
	return prometheus.WriteToTextfile(c.Monitor.Textfile, a.registry(db, c))
}
