package jobs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// TestModelsOfRealNights walks through what becomes of models: the first night has a champion, a training that fails leaves it, two persons
// promote another model, one returns to the first; a night run again gives what it gave.
func TestModelsOfRealNights(t *testing.T) {
	n := newNight(t, 150, "train.snapshots=0", "train.min_defaults=10", "train.learners=[scorecard,boosted]", "train.canary_rows=1000")
	data := n.base
	ask := func(args ...string) string {
		t.Helper()
		c := program(t, nil, append([]string{"--data", data}, args...)...)
		c.want(t, 0)
		return c.out.String()
	}
	db := warehousetest.OpenAt(t, data) // every call below joins this engine
	query := func(sql string) string {
		t.Helper()
		var out bytes.Buffer
		if err := db.Print(t.Context(), &out, sql, "TSV"); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return strings.TrimSpace(out.String())
	}
	night := func(date asof.Date, env []string, set ...string) {
		t.Helper()
		args := append([]string{}, n.args...)
		for _, s := range set {
			args = append(args, "--set", s)
		}
		program(t, env, append(args, "--data", data, "run", "--date", date.String())...).want(t, 0)
	}
	page := func(date asof.Date, lang string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(data, "reports", fmt.Sprintf("creditwatch-%s-%s.html", date, lang)))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}

	first := query("SELECT model_id FROM models WHERE is_champion")
	if got := query("SELECT decision, retrained, live FROM promotions"); got != "first\ttrue\t"+first || first == "" {
		t.Fatalf("first night: %q, champion %q", got, first)
	}
	other := query("SELECT model_id FROM models WHERE NOT is_champion")
	if got := query("SELECT count() FROM models WHERE notEmpty(hash) AND size > 0 AND notEmpty(code) AND rows > 0 AND defaults > 0 AND window_from <= window_to AND notEmpty(parameters) AND canaries = 'passed' AND seed = 1 AND unseen_modulo + isNotNull(unseen_from) > 0"); got != "2" {
		t.Errorf("%s models are registered whole, want 2", got)
	}
	if got := query("SELECT groupArray(metric) FROM (SELECT metric FROM model_metrics WHERE sample = 'canary' AND NOT match(metric, ':') ORDER BY metric)"); got != "['permuted_auc','permuted_defaults','permuted_rest','permuted_se','same_bytes','suspicious_features']" {
		t.Errorf("canaries: %s", got)
	}
	card := ask("models", "show", "champion")
	for _, want := range []string{"# Model " + first, "## Purpose", "within 12 months", "role in the newest night that has it: champion (2026-06-29)", "canaries of the training: passed", "## Limits", "validated as champion: ", "SHA-256 ", "| holdout | auc |", "## Features, by weight", "first (rule)"} {
		if !strings.Contains(card, want) {
			t.Errorf("the card lacks %q:\n%s", want, card)
		}
	}
	if zh := ask("models", "show", first, "--lang", "zh"); !strings.Contains(zh, "# 模型 "+first) || !strings.Contains(zh, "## 用途") || strings.Contains(zh, "## Purpose") {
		t.Errorf("the Chinese card:\n%s", zh)
	}
	var parsed cardFile
	if err := json.Unmarshal([]byte(ask("--json", "models", "show", other)), &parsed); err != nil || parsed.Model != other || len(parsed.Features) < 50 {
		t.Errorf("the card as JSON: %+v, %v", parsed, err)
	}

	// Trainings that fail: the champion scores, the night is published and says why.
	for _, c := range []struct {
		shows, finding, en, zh string
		env                    []string
		set                    []string
	}{
		{"an error", "training_failed", "training gave no model: train.fit: injected fault", "训练未产生模型", []string{"CREDITWATCH_FAULT=train.fit#1=error"}, nil},
		{"too few defaults", "too_few_defaults", "too few defaults to train on", "违约样本太少", nil, []string{"train.min_defaults=100000"}},
	} {
		night(secondNight, c.env, c.set...)
		if got := query("SELECT decision, finding, live, retrained FROM promotions WHERE as_of = '2026-06-30'"); got != fmt.Sprintf("failed\t%s\t%s\tfalse", c.finding, first) {
			t.Errorf("%s: %q", c.shows, got)
		}
		if got := query("SELECT uniqExact(model_id), any(model_id), uniqExact(pd_12m) > 3 FROM score_history WHERE as_of = '2026-06-30' AND isNotNull(pd_12m)"); got != "1\t"+first+"\t1" {
			t.Errorf("%s: scored by %q", c.shows, got)
		}
		for lang, want := range map[string]string{"en": c.en, "zh": c.zh} {
			if !strings.Contains(page(secondNight, lang), want) {
				t.Errorf("%s: the %s page lacks %q", c.shows, lang, want)
			}
		}
	}

	// People decide; safe twice.
	promote := []string{"models", "promote", other, "--by", "Ana Silva", "--approved-by", "Li Wei", "--reason", "ranks the new region better"}
	said := ask(promote...)
	decided := regexp.MustCompile(`^decided: ` + other + ` is champion in place of ` + first + ` from the night of 2026-07-01 on \(decision [0-9a-f]{16}\)\n$`)
	if !decided.MatchString(said) {
		t.Errorf("promote says %q", said)
	}
	if again := ask(promote...); again != "decided already"+strings.TrimPrefix(said, "decided") {
		t.Errorf("promote again says %q", again)
	}
	third := secondNight.Add(1)
	night(third, nil)
	if got := query("SELECT decision, live, decided_by, approved_by FROM promotions WHERE as_of = '2026-07-01' AND seq = 1"); got != "appointed\t"+other+"\tAna Silva\tLi Wei" {
		t.Errorf("the night after the decision: %q", got)
	}
	if !strings.Contains(page(third, "en"), "Ana Silva promoted "+other) || !strings.Contains(page(third, "zh"), "Li Wei 批准") {
		t.Error("the page does not say who promoted")
	}
	if got := ask("models", "live", "--date", "2026-07-01"); !strings.Contains(got, other) || !strings.Contains(got, "appointed") || strings.Contains(got, "\n2026-06-29") {
		t.Errorf("live on the third night:\n%s", got)
	}
	if said := ask("models", "rollback", "--by", "Ana Silva", "--reason", "PDs too low in steel"); !strings.HasPrefix(said, "decided: "+first+" is champion in place of "+other+" from the night of 2026-07-02 on") {
		t.Errorf("rollback says %q", said)
	}
	night(third.Add(1), nil)
	if got := query("SELECT live_from, live_until, model_id FROM live_models ORDER BY live_from"); got != "2026-06-29\t2026-06-30\t"+first+"\n2026-07-01\t2026-07-01\t"+other+"\n2026-07-02\t\\N\t"+first {
		t.Errorf("what was live:\n%s", got)
	}
	if got := ask("models", "show", other); !strings.Contains(got, "2026-07-01 – 2026-07-01") || !strings.Contains(got, "appointed (Ana Silva, Li Wei)") {
		t.Errorf("the card of the model taken back:\n%s", got)
	}

	// A night run again over the same decisions has the same rows.
	sum := "SELECT groupArray(h) FROM (SELECT table, sum(h) AS h FROM (SELECT 'models' AS table, cityHash64(as_of, model_id, role, hash, note) AS h FROM models WHERE as_of = '2026-07-01' UNION ALL SELECT 'promotions', cityHash64(seq, decision, live, text_en, toString(measured)) FROM promotions WHERE as_of = '2026-07-01') GROUP BY table ORDER BY table)"
	was := query(sum)
	night(third, nil)
	if is := query(sum); is != was {
		t.Errorf("the third night again: %s, was %s", is, was)
	}

	// An artefact that has been tampered with is refused on the next night, and the last good champion scores.
	if err := db.Exec(t.Context(), "ALTER TABLE creditwatch.models_rows UPDATE artefact = replaceOne(artefact, substring(artefact, 2000, 4), 'AAAA') WHERE is_champion AND as_of = '2026-07-02' SETTINGS mutations_sync = 1", nil); err != nil {
		t.Fatal(err)
	}
	night(third.Add(2), nil, "train.every=month")
	if got := query("SELECT decision, finding, live FROM promotions WHERE as_of = '2026-07-03' ORDER BY seq LIMIT 1"); got != "refused\thash\t"+first {
		t.Errorf("a tampered artefact: %q", got)
	}
}

// cardFile is what a reader of the JSON card relies on.
type cardFile struct {
	Model    string `json:"model"`
	Features []struct {
		Name      string `json:"name"`
		Direction int    `json:"direction"`
	} `json:"features"`
}
