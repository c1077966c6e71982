package features

import (
	"regexp"
	"strings"
	"testing"
)

func TestCatalogIsWhole(t *testing.T) {
	known := map[string]bool{}
	for _, f := range families {
		known[f.name] = true
	}
	seen := map[string]bool{}
	for _, f := range Catalog {
		if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(f.Name) || seen[f.Name] {
			t.Errorf("%s: names are lower case, unique", f.Name)
		}
		seen[f.Name] = true
		if f.Unit == "" || f.EN == "" || f.ZH == "" || f.Why == "" {
			t.Errorf("%s: unit, both names and a reason are required", f.Name)
		}
		if !known[f.Family] {
			t.Errorf("%s: family %q has no file in sql/", f.Name, f.Family)
			continue
		}
		if !strings.Contains(sqlOf(f.Family), "AS "+f.Name) && !strings.Contains(sqlOf(f.Family), f.Name+",") {
			t.Errorf("%s: sql/%s.sql does not yield it", f.Name, f.Family)
		}
		if f.Counts {
			for _, fam := range families {
				if fam.name == f.Family && fam.ledger == "" && f.Family != "customers" {
					t.Errorf("%s: counted, but family %s names no ledger table", f.Name, f.Family)
				}
			}
		}
	}
	if n := len(ModelFeatures()); n < 80 {
		t.Errorf("%d model features, want at least 80", n)
	}
}

func TestSQLNamesItsGrainAndNoClock(t *testing.T) {
	entries, err := sqlFiles.ReadDir("sql")
	if err != nil {
		t.Fatal(err)
	}
	clock := regexp.MustCompile(`(?i)\b(now|now64|today|yesterday)\s*\(`)
	for _, e := range entries {
		text := sqlOf(strings.TrimSuffix(e.Name(), ".sql"))
		if !strings.HasPrefix(text, "-- "+strings.TrimSuffix(e.Name(), ".sql")+": ") || !strings.Contains(text, "\n-- Grain: ") {
			t.Errorf("%s: the first lines say what it is and its grain", e.Name())
		}
		if m := clock.FindString(text); m != "" {
			t.Errorf("%s: reads the clock: %s", e.Name(), m)
		}
		if strings.Contains(text, "SELECT *") && e.Name() != "ratings.sql" {
			t.Errorf("%s: SELECT *", e.Name())
		}
	}
}
