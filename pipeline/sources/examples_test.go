package sources

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// example is a configuration of configs/examples, as far as a pull needs it, over the data set of the same name.
func example(t testing.TB, b *book, name, set, day string) ([]Source, Night) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "configs", "examples", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		TimeZone string   `yaml:"time_zone"`
		Sources  []Source `yaml:"sources"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	if errs := Check(c.Sources); len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
	n := b.night(1, day)
	if n.Zone, err = time.LoadLocation(c.TimeZone); err != nil {
		t.Fatal(err)
	}
	n.Cut = n.AsOf.Cut(n.Zone)
	n.Input = shared(t, set)
	return c.Sources, n
}

// bySource indexes counts.
func bySource(counts []Counts) map[string]Counts {
	m := map[string]Counts{}
	for _, c := range counts {
		m[c.Source] = c
	}
	return m
}

func TestTaiwan(t *testing.T) {
	shared(t, "taiwan-credit-default")
	b := newBook(t)
	s, n := example(t, b, "taiwan", "taiwan-credit-default", "2005-11-30")
	c := bySource(b.pulled(n, s...))
	wantCounts(t, c["customers"], 30000, 30000, 0, 0, 0)
	wantCounts(t, c["contracts"], 30000, 30000, 0, 0, 0)
	wantCounts(t, c["bills"], 30000, 30000-795, 795, 0, 0)      // 795 clients never had a balance
	wantCounts(t, c["payments"], 30000, 30000-1432, 1432, 0, 0) // 1 432 clients paid nothing
	wantCounts(t, c["repayment_status"], 30000, 30000, 0, 0, 0)
	wantCounts(t, c["outcomes"], 30000, 6636, 30000-6636, 0, 0)
	b.want("SELECT kind, count() FROM creditwatch.transactions GROUP BY kind ORDER BY kind", "credit_note|1307", "invoice|179152", "payment|143103")
	// The ledger foots to the September bills, as the file has them.
	b.want("SELECT sum(if(kind = 'invoice', amount, -amount)) FROM creditwatch.transactions", "1536699927")
	b.want("SELECT customer_id, sum(if(kind = 'invoice', amount, -amount)) FROM creditwatch.transactions WHERE customer_id IN ('1', '2', '3') GROUP BY customer_id ORDER BY customer_id", "1|3913", "2|2682", "3|29239")
	b.want("SELECT round(avg(credit_limit), 2), count() FROM creditwatch.customers", "167484.32|30000")
	b.want("SELECT score, rated_on FROM creditwatch.external_ratings WHERE customer_id = '1' ORDER BY rated_on DESC", "2|2005-09-30", "2|2005-08-31", "-1|2005-07-31", "-1|2005-06-30", "-2|2005-05-31", "-2|2005-04-30")
	// By the end of the cohort's day everything is known but the outcomes.
	cohort := "toDateTime64('2005-10-01 00:00:00', 3, 'Asia/Taipei')"
	b.want("SELECT count() FROM creditwatch.transactions WHERE known_at >= "+cohort, "0")
	b.want("SELECT count() FROM creditwatch.external_ratings WHERE known_at >= "+cohort, "0")
	b.want("SELECT count() FROM creditwatch.outcomes WHERE known_at < "+cohort, "0")
	b.want("SELECT DISTINCT event, occurred_on, known_at FROM creditwatch.outcomes", "default|2005-10-31|2005-10-31 16:00:00Z")
	b.want("SELECT DISTINCT reason FROM creditwatch.rejects", "left out by where")
}

func TestIBMLatePayments(t *testing.T) {
	shared(t, "ibm-late-payments")
	b := newBook(t)
	s, n := example(t, b, "ibm-late-payments", "ibm-late-payments", "2013-12-31")
	c := bySource(b.pulled(n, s...))
	wantCounts(t, c["customers"], 2466, 100, 0, 2366, 0)
	wantCounts(t, c["invoices"], 2466, 2466, 0, 0, 0)
	wantCounts(t, c["payments"], 2466, 2466, 0, 0, 0)
	wantCounts(t, c["disputes"], 2466, 561, 1905, 0, 0)
	wantCounts(t, c["late_payments"], 2466, 877, 1589, 0, 0)
	b.want("SELECT kind, count(), sum(amount) FROM creditwatch.transactions WHERE kind IN ('invoice', 'payment') GROUP BY kind ORDER BY kind", "invoice|2466|147703.18", "payment|2466|147703.18")
	b.want("SELECT occurred_on, due_on, amount, document_id, known_at FROM creditwatch.transactions WHERE transaction_id = 'I0000611365'", "2013-01-02|2013-02-01|55.94|0000611365|2013-01-02 00:00:00Z")
	b.want("SELECT count() FROM creditwatch.transactions AS i INNER JOIN creditwatch.transactions AS p ON p.applies_to = i.document_id WHERE i.kind = 'invoice' AND p.kind = 'payment' AND p.occurred_on > i.due_on", "877")
}

func TestSupplierLedger(t *testing.T) {
	shared(t, "supplier-ledger-udyam")
	b := newBook(t)
	s, n := example(t, b, "supplier-ledger-udyam", "supplier-ledger-udyam", "2018-12-31")
	c := bySource(b.pulled(n, s...))
	wantCounts(t, c["customers"], 8753, 3276, 0, 8753-3276, 0)
	wantCounts(t, c["invoices"], 8753, 8753, 0, 0, 0)
	wantCounts(t, c["payments"], 8753, 8753, 0, 0, 0)
	wantCounts(t, c["late_payments"], 8753, 1524, 8753-1524, 0, 0)
	b.want("SELECT kind, sum(amount) FROM creditwatch.transactions GROUP BY kind ORDER BY kind", "invoice|20314878.65", "payment|19574901.73")
	b.want("SELECT count() FROM creditwatch.transactions WHERE toDate(known_at, 'Europe/London') < occurred_on", "0")
	b.want("SELECT occurred_on, due_on, amount, reason, known_at FROM creditwatch.transactions WHERE transaction_id = 'I2'", "2011-04-26|2011-05-26|672.78|Milk x 7 ltrs|2011-04-26 10:50:00Z")
}

func TestOnlineRetail(t *testing.T) {
	shared(t, "online-retail")
	b := newBook(t)
	s, n := example(t, b, "online-retail", "online-retail", "2011-12-09")
	n.Clock = time.Now
	counts := b.pulled(n, s...)
	c := bySource(counts)
	for _, c := range counts {
		t.Logf("%s: %d rows in %s, %.0f rows/s", c.Source, c.Read, c.Took.Round(time.Millisecond), float64(c.Read)/c.Took.Seconds())
	}
	wantCounts(t, c["customers"], 541909, 4380, 135080, 541909-4380-135080, 8)
	wantCounts(t, c["transactions"], 541909, 406789, 135120, 0, 0)
	b.want("SELECT column, reason, count() FROM creditwatch.rejects WHERE source = 'transactions' GROUP BY column, reason ORDER BY column", "|left out by where|2515", "customer_id|is needed and empty|132605")
	const sum = `SELECT round(sum(v), 2) FROM (
		SELECT if(kind = 'invoice', amount, -amount) AS v FROM creditwatch.transactions
		UNION ALL
		SELECT toDecimal64(g[1], 4) * toDecimal64(g[2], 4) FROM (
			SELECT extractGroups(raw, ',(-?[0-9]+),[0-9-]{10} [0-9:]{8},(-?[0-9.]+),[^,]*,[^,]*$') AS g FROM creditwatch.rejects WHERE source = 'transactions'))`
	b.want(sum, "9747747.93")
	b.want("SELECT uniqExact(document_id) FROM creditwatch.transactions", "22186")
}

func TestNewsFeeds(t *testing.T) {
	shared(t, "news-feeds")
	b := newBook(t)
	s, n := example(t, b, "news-feeds", "news-feeds", "2025-03-01")
	c := bySource(b.pulled(n, s...))
	wantCounts(t, c["filings"], 285, 285, 0, 0, 0)
	wantCounts(t, c["news"], 436, 411, 15, 10, 0) // one feed is there twice, plain and packed
	b.want("SELECT countIf(match(url, '^https?://')), countIf(title = ''), countIf(known_at < fetched_at), countIf(position(body, '<script') > 0) FROM creditwatch.articles", "696|0|0|0")
}
