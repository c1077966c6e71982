package news

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"creditwatch/pipeline/asof"
	"pgregory.net/rapid"
)

func TestToneOfHeadlines(t *testing.T) {
	m, _ := NewMatcher(firms)
	for _, c := range []struct {
		title string
		sign  int
	}{
		{"恒达机械：股东拟减持不超2%股份", 1},
		{"恒达机械：控股股东承诺不减持公司股份", -1},
		{"恒达机械：前三季净利同比增32%", -1},
		{"恒达机械：前三季净利同比下降32%", 1},
		{"恒达机械：亏损收窄", -1},
		{"恒达机械：亏损扩大", 1},
		{"恒达机械：负债率上升", 1},
		{"恒达机械拟收购华东一家化工厂", -1},
		{"恒达机械终止收购华东一家化工厂", 1},
		{"恒达机械：重大资产重组失败", 1},
		{"恒达机械账户解除冻结", -1},
		{"恒达机械账户被冻结", 1},
		{"恒达机械中标两亿元项目", -1},
		{"恒达机械被申请破产清算", 1},
		{"恒达机械召开股东大会", 0},
		{"Acme wins contract from carmaker", -1},
		{"Acme loses contract with carmaker", 1},
		{"Acme profit rises 12%", -1},
		{"Acme profit falls 12%", 1},
		{"Acme costs rise sharply", 1},
		{"Acme scraps takeover of rival", 1},
		{"Acme agrees takeover of rival", -1},
		{"Acme files for bankruptcy", 1},
		{"Acme emerges from bankruptcy", -1},
		{"Acme opens new plant", -1},
		{"Acme shuts plant after explosion", 1},
		{"Acme holds its annual meeting", 0},
	} {
		tone := m.Tone(c.title, m.Events(article(c.title, "press")))
		if got := int(math.Copysign(1, tone)); tone == 0 && c.sign != 0 || tone != 0 && got != c.sign {
			t.Errorf("%s: tone %.1f, want sign %d", c.title, tone, c.sign)
		}
	}
}

// seedHeadlines are the labelled headlines of the shared data set.
func seedHeadlines(t testing.TB) []Headline {
	var out []Headline
	for _, r := range seed(t) {
		on, err := asof.Parse(r.date)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Headline{Date: on, Companies: strings.Split(r.company, ","), Ticker: r.ticker, Title: r.title, Bad: r.label == "0"})
	}
	return out
}

// The figures to beat: a published word list ranks these headlines at 0.735, a trained model of the literature's size at 0.987 in folds and 0.985 in time.
func TestScoreRanksRealHeadlines(t *testing.T) {
	all := seedHeadlines(t)
	e, err := Evaluate(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s over %s: AUC %.4f, rules alone %.4f, precision %.3f, recall %.3f", e.Method, e.Groups, *e.AUC, *e.RuleAUC, *e.PrecisionValue, *e.RecallValue)
	if e.Method != "cross-fitted" || e.Groups != "companies" || *e.AUC < 0.985 || *e.RuleAUC < 0.975 {
		t.Errorf("AUC %.4f (%s), rules %.4f; want 0.985 and 0.975", *e.AUC, e.Method, *e.RuleAUC)
	}
	if e.Rows != 7046 || e.Negative != 1899 || e.Matched < e.Named-2 {
		t.Errorf("%d rows, %d negative, %d of %d names matched", e.Rows, e.Negative, e.Matched, e.Named)
	}
	for _, c := range []struct {
		name  string
		learn func(i int, h Headline) bool
		least float64
	}{
		{"mod 5", func(i int, _ Headline) bool { return (i+1)%5 != 0 }, 0.985},
		{"before July 2018", func(_ int, h Headline) bool { return h.Date < asof.MustParse("2018-07-01") }, 0.985},
	} {
		var train, data []Headline
		for i, h := range all {
			if c.learn(i, h) {
				train = append(train, h)
			} else {
				data = append(data, h)
			}
		}
		e, err := Evaluate(data, train)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: learnt from %d (%d left out), judged on %d: AUC %.4f, rules alone %.4f", c.name, e.Trained, e.LeftOut, e.Rows, *e.AUC, *e.RuleAUC)
		if *e.AUC < c.least {
			t.Errorf("%s: AUC %.4f, want %.3f", c.name, *e.AUC, c.least)
		}
	}
}

// labelled makes n headlines whose words tell their label, but for noise.
func labelled(n int, seed uint64) []Label {
	r := rand.New(rand.NewPCG(seed, 2))
	bad, good := []string{"亏损", "违约", "下滑", "fire at plant"}, []string{"盈利", "中标", "增长", "opens plant"}
	out := make([]Label, n)
	for i := range out {
		isBad := r.IntN(3) == 0
		words := good
		if isBad != (r.IntN(12) == 0) {
			words = bad
		}
		out[i] = Label{Text: []rune(fmt.Sprintf("%c:%s %d月 x%d", namedRune, words[r.IntN(4)], r.IntN(12), r.IntN(50))), Tone: float64(r.IntN(3) - 1), Bad: isBad}
	}
	return out
}

func TestTrainingIsTheSameInAnyOrder(t *testing.T) {
	labels := labelled(600, 1)
	first, err := Train(labels)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := first.MarshalBinary()
	if len(want) > 200_000 {
		t.Errorf("classifier of %d bytes", len(want))
	}
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(labels), func(a, b int) { labels[a], labels[b] = labels[b], labels[a] })
	second, err := Train(labels)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := second.MarshalBinary(); !bytes.Equal(got, want) {
		t.Error("another order of the headlines gives another classifier")
	}
	var kept Classifier
	if err := kept.UnmarshalBinary(want); err != nil {
		t.Fatal(err)
	}
	for _, l := range labels[:50] {
		if kept.LogOdds(l) != first.LogOdds(l) {
			t.Fatal("a kept classifier scores otherwise")
		}
	}
}

// At the minimum the constant, which bears no penalty, makes the chances add up to the number of bad headlines; and every weight is
// pulled by its penalty as much as by the headlines, which a numerical derivative of the loss would show.
func TestTrainingReachesTheMinimum(t *testing.T) {
	labels := labelled(900, 5)
	c, err := Train(labels)
	if err != nil {
		t.Fatal(err)
	}
	expected, pull := 0.0, map[uint32]float64{}
	for _, l := range labels {
		p := chance(c.LogOdds(l))
		expected += p
		d := p
		if l.Bad {
			d--
		}
		for _, x := range pieces(l.Text) {
			pull[x.at] += d * float64(x.value)
		}
	}
	if math.Abs(expected-float64(c.Bad)) > 0.05 {
		t.Errorf("%.3f bad headlines expected, %d there", expected, c.Bad)
	}
	for at, p := range pull {
		if rest := p + ridge*float64(c.weights[at]); math.Abs(rest) > 0.02 {
			t.Fatalf("weight %d is pulled by %.4f", at, rest)
		}
	}
}

func TestClassifierRefusesWhatItIsNot(t *testing.T) {
	c, err := Train(labelled(400, 7))
	if err != nil {
		t.Fatal(err)
	}
	good, _ := c.MarshalBinary()
	other := bytes.Replace(good, []byte(classifierForm()), []byte("0123456789abcdef"), 1)
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for name, data := range map[string][]byte{"nothing": nil, "cut short": good[:len(good)-1], "a bit flipped": flipped, "another version": other, "text": []byte(strings.Repeat("x", 1000))} {
		if err := new(Classifier).UnmarshalBinary(data); !errors.Is(err, ErrClassifier) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, labels := range [][]Label{nil, labelled(100, 1), labelled(400, 1)[:0]} {
		if _, err := Train(labels); !errors.Is(err, ErrFewLabels) {
			t.Errorf("%d labels: %v", len(labels), err)
		}
	}
}

func TestFewLabelsLeaveTheRules(t *testing.T) {
	data := []Headline{
		{Companies: []string{"恒达机械"}, Title: "恒达机械被申请破产", Bad: true}, {Companies: []string{"恒达机械"}, Title: "恒达机械中标"},
		{Companies: []string{"Acme"}, Title: "Acme defaults on its bonds", Bad: true}, {Companies: []string{"Acme"}, Title: "Acme denies default"},
	}
	e, err := Evaluate(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Method != "rules" || *e.AUC != 1 || *e.RecallValue != 1 {
		t.Errorf("%+v", e)
	}
	e, err = Evaluate(data[:1], nil)
	if err != nil || e.AUC != nil {
		t.Errorf("one label: AUC %v, %v; want none", e.AUC, err)
	}
	if _, err := Evaluate(nil, nil); !errors.Is(err, ErrFewLabels) {
		t.Errorf("no headline: %v", err)
	}
}

// No headline, and none that differs in figures or marks only, is learnt from and judged at once; nor are two of one company.
func TestFoldsKeepApartWhatIsAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		firm := rapid.SampledFrom(strings.Fields("甲乙 丙丁 戊己 庚辛 壬癸 子丑 寅卯 辰巳 午未 申酉 戌亥 天地"))
		var data []Headline
		for range rapid.IntRange(10, 80).Draw(t, "n") {
			f := firm.Draw(t, "firm")
			data = append(data, Headline{Companies: []string{f}, Title: fmt.Sprintf("%s：净利增%d%%", f, rapid.IntRange(0, 9).Draw(t, "by"))})
		}
		fold, groups := folds(data)
		home := map[string]int{}
		for i, h := range data {
			key := likeness(h.Title)
			if groups == "companies" {
				key = h.Companies[0]
			}
			if at, ok := home[key]; ok && at != fold[i] {
				t.Fatalf("%s is in folds %d and %d", key, at, fold[i])
			}
			home[key] = fold[i]
		}
	})
}

func TestAUCIsTheShareOfPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		score, bad := make([]float64, n), make([]bool, n)
		for i := range score {
			score[i], bad[i] = float64(rapid.IntRange(0, 5).Draw(t, "s")), rapid.Bool().Draw(t, "b")
		}
		won, pairs := 0.0, 0
		for i := range score {
			for j := range score {
				if bad[i] && !bad[j] {
					pairs++
					switch {
					case score[i] > score[j]:
						won++
					case score[i] == score[j]:
						won += 0.5
					}
				}
			}
		}
		got := auc(score, bad)
		if (got == nil) != (pairs == 0) || got != nil && math.Abs(*got-won/float64(pairs)) > 1e-12 {
			t.Fatalf("AUC %v, want %v of %d", got, won, pairs)
		}
	})
}

// Worked by hand from the formula, and as published for 45 of 50.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		s    Share
		want [2]float64
	}{{Share{45, 50}, [2]float64{0.7864, 0.9565}}, {Share{0, 10}, [2]float64{0, 0.2775}}, {Share{10, 10}, [2]float64{0.7225, 1}}, {Share{}, [2]float64{0, 1}}} {
		got := c.s.Wilson()
		if math.Abs(got[0]-c.want[0]) > 5e-5 || math.Abs(got[1]-c.want[1]) > 5e-5 {
			t.Errorf("%+v: %.4f, want %.4f", c.s, got, c.want)
		}
	}
}

func BenchmarkTrain(b *testing.B) {
	labels, _ := read(seedHeadlines(b), nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Train(labels); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(labels))*float64(b.N)/b.Elapsed().Seconds(), "headlines/s")
}
