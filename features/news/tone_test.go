package news

import (
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
)

func TestToneDev(t *testing.T) {
	rows := seed(t)
	m, _ := NewMatcher(seedCustomers(rows))
	type sc struct {
		s, w  float64
		neg   bool
		title string
	}
	var all []sc
	for _, r := range rows {
		on, _ := asof.Parse(r.date)
		published := on.Time()
		var ev []Event
		for _, e := range m.Events(Article{ID: r.ticker, SourceClass: "press", Title: r.title, PublishedAt: &published, KnownAt: published.Add(time.Hour)}) {
			if slices.Contains(strings.Split(r.company, ","), e.CustomerID) {
				ev = append(ev, e)
			}
		}
		all = append(all, sc{m.Tone(r.title, ev), toneOfEvents(ev), r.label == "0", r.title})
	}
	auc := func(f func(sc) float64) float64 {
		x := slices.Clone(all)
		sort.Slice(x, func(a, b int) bool { return f(x[a]) < f(x[b]) })
		sum, n := 0.0, 0
		for i := 0; i < len(x); {
			j := i
			for j < len(x) && f(x[j]) == f(x[i]) {
				j++
			}
			for k := i; k < j; k++ {
				if x[k].neg {
					sum += float64(i+j+1) / 2
					n++
				}
			}
			i = j
		}
		return (sum - float64(n)*float64(n+1)/2) / float64(n) / float64(len(x)-n)
	}
	t.Logf("AUC tone %.4f events %.4f", auc(func(s sc) float64 { return s.s }), auc(func(s sc) float64 { return s.w }))
	zero := [2]int{}
	for _, s := range all {
		if s.s == 0 {
			if s.neg {
				zero[0]++
			} else {
				zero[1]++
			}
		}
	}
	t.Logf("silent: %v", zero)
	f, _ := os.Create("/tmp/w/news/tone.txt")
	sort.SliceStable(all, func(a, b int) bool { return all[a].s > all[b].s })
	for _, s := range all {
		fmt.Fprintf(f, "%v %.1f %.1f %s\n", map[bool]string{true: "N", false: "P"}[s.neg], s.s, s.w, s.title)
	}
	f.Close()
}

func aucOf(score []float64, bad []bool) float64 {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return score[order[a]] < score[order[b]] })
	sum, n := 0.0, 0
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && score[order[j]] == score[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			if bad[order[k]] {
				sum += float64(i+j+1) / 2
				n++
			}
		}
		i = j
	}
	return (sum - float64(n)*float64(n+1)/2) / float64(n) / float64(len(order)-n)
}

func TestLearnDev(t *testing.T) {
	rows := seed(t)
	m, _ := NewMatcher(seedCustomers(rows))
	labels := make([]Label, len(rows))
	for i, r := range rows {
		on, _ := asof.Parse(r.date)
		published := on.Time()
		var ev []Event
		for _, e := range m.Events(Article{ID: r.ticker, SourceClass: "press", Title: r.title, PublishedAt: &published, KnownAt: published.Add(time.Hour)}) {
			if slices.Contains(strings.Split(r.company, ","), e.CustomerID) {
				ev = append(ev, e)
			}
		}
		labels[i] = m.Headline(r.title, ev)
		labels[i].Bad = r.label == "0"
	}
	score := make([]float64, len(rows))
	bad := make([]bool, len(rows))
	start := time.Now()
	for k := range 5 {
		var tr []Label
		for i := range rows {
			if i%5 != k {
				tr = append(tr, labels[i])
			}
		}
		c, err := Train(tr)
		if err != nil {
			t.Fatal(err)
		}
		if k == 0 {
			t.Logf("rule weight %.3f bias %.3f", c.ofRules, c.bias)
		}
		for i := range rows {
			if i%5 == k {
				score[i] = c.LogOdds(labels[i])
			}
			bad[i] = labels[i].Bad
		}
	}
	t.Logf("mod5 %.4f in %s", aucOf(score, bad), time.Since(start))
	for _, k := range []int{0, 1, 2, 3, 4} {
		var s []float64
		var b []bool
		for i := range rows {
			if i%5 == k {
				s = append(s, score[i])
				b = append(b, bad[i])
			}
		}
		t.Logf("fold %d %.4f", k, aucOf(s, b))
	}
	var tr []Label
	for i, r := range rows {
		if r.date < "2018-07-01" {
			tr = append(tr, labels[i])
		}
	}
	c, err := Train(tr)
	if err != nil {
		t.Fatal(err)
	}
	var s, rl []float64
	var b []bool
	for i, r := range rows {
		if r.date >= "2018-07-01" {
			s = append(s, c.LogOdds(labels[i]))
			rl = append(rl, labels[i].Tone)
			b = append(b, labels[i].Bad)
		}
	}
	t.Logf("in time %.4f rules alone %.4f (%d)", aucOf(s, b), aucOf(rl, b), len(s))
}
