package judge

import (
	"bytes"
	"strings"
	"testing"

	"creditwatch/jobs"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// said runs a command line and returns what it printed.
func said(t *testing.T, args ...string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := jobs.Main(args, strings.NewReader(""), &out, &errOut); code != 0 {
		t.Fatalf("creditwatch %s: exit code %d\n%s", strings.Join(args, " "), code, errOut.String())
	}
	return out.String()
}

func TestChineseHeadlinesAsANight(t *testing.T) {
	t.Parallel()
	input, data := shared(t, "cn-company-news"), warehousetest.MigratedDir(t)
	config := []string{"--data", data, "--config", example("cn-company-news"), "--set", "input=" + input}
	creditwatch(t, append(config, "run", "--date", "2019-02-28")...)
	db := warehousetest.OpenAt(t, data)
	// 2 623 lines bring a company that no line before them names, some of them several: 2 633 in all. 19 headlines come twice on their day.
	wantRows(t, ask(t, db, "SELECT source, read, accepted, rejected, duplicates FROM creditwatch.source_counts ORDER BY source", nil), "companies|7046|2623|0|4423", "headlines|7046|7027|0|19")
	wantRows(t, ask(t, db, "SELECT uniqExact(customer_id) FROM creditwatch.customers", nil), "2633")
	// The night learns from the labels, and judges itself on companies that it did not learn from.
	if auc, _ := number(t, db, "SELECT auc AS v FROM creditwatch.news_models", nil); auc < 0.985 {
		t.Errorf("headline classifier: AUC %.4f, want 0.985", auc)
	}
	wantRows(t, ask(t, db, "SELECT headlines, bad FROM creditwatch.news_models", nil), "7026|1897")
	// Tone agrees with the labels; what is about another role or only sounds bad stays S1.
	wantRows(t, ask(t, db, "SELECT max(severity) FROM creditwatch.news_events WHERE code = 'MEDIA' OR polarity = 'denied' OR role NOT IN ('subject', 'affiliate', 'victim', 'group')", nil), "1")
	tone, _ := number(t, db, `
SELECT arrayROCAUC(groupArray(tone), groupArray(toUInt8(assumeNotNull(is_bad_news)))) AS v
FROM creditwatch.news_events AS e INNER JOIN creditwatch.articles AS a ON a.article_id = e.article_id`, nil)
	if tone < 0.98 {
		t.Errorf("tone of the events ranks the labels at %.4f", tone)
	}
	grave := `SELECT countIf(is_bad_news) / count() AS v FROM creditwatch.news_events AS e INNER JOIN creditwatch.articles AS a ON a.article_id = e.article_id WHERE severity >= 3 AND polarity = 'affirmed' AND role = 'subject'`
	if precision, _ := number(t, db, grave, nil); precision < 0.9 {
		t.Errorf("S3+ events on bad news: %.3f, want 0.9", precision)
	}

	// A match that a person rejected does not come back, not in any reprint, and the night that forgets it is not stopped for it.
	event := ask(t, db, "SELECT event_id FROM creditwatch.news_events WHERE severity >= 3 ORDER BY event_id LIMIT 1", nil)[0]
	before, _ := number(t, db, "SELECT count() AS v FROM creditwatch.news_events", nil)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if out := said(t, append(config, "news", "verdict", event, "--wrong-customer", "--by", "Ana", "--reason", "namesake")...); !strings.HasPrefix(out, "entered: event "+event) {
		t.Errorf("verdict prints %q", out)
	}
	creditwatch(t, append(config, "run", "--date", "2019-03-01")...)
	db = warehousetest.OpenAt(t, data)
	wantRows(t, ask(t, db, "SELECT count() FROM creditwatch.news_events WHERE as_of = '2019-03-01' AND startsWith(event_id, {of:String})", map[string]any{"of": event[:strings.LastIndex(event, "/")+1]}), "0")
	if after, _ := number(t, db, "SELECT count() AS v FROM creditwatch.news_events WHERE as_of = '2019-03-01'", nil); after < before-5 || after >= before {
		t.Errorf("%g events, %g before the verdict: only what was rejected may go", after, before)
	}
	// The classifier of the night before serves again where nothing new was labelled.
	wantRows(t, ask(t, db, "SELECT uniqExact(model_id), count() FROM creditwatch.news_models", nil), "1|2")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if out := said(t, append(config, "news", "precision", "--json")...); !strings.Contains(out, `"right_ones":"0","verdicts":"1"`) {
		t.Errorf("precision prints %q", out)
	}
}
