package simulator

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"time"

	"creditwatch/pipeline/asof"
)

// A story is an event with how it is told; several feeds print it.
type story struct {
	happening
	about    string // customer_id, empty if none
	names    names
	on       asof.Date
	polarity string // affirmed, denied, hypothetical, reversed
	role     string // subject, plaintiff, counterparty, mentioned
	stage    string
	decoy    string // empty = true and about the customer
	prints   []int  // feeds
}

// A reporter writes the articles about one customer, or about nobody.
type reporter struct {
	*scribe
	dice  dice
	code  string // of ids
	count int
}

// press picks feeds for a story: the first is the original, the others reprint.
func (r *reporter) press(first, others int) []int {
	prints := []int{first}
	for range others {
		f := r.dice.between(wireZH, socialZH)
		seen := false
		for _, p := range prints {
			seen = seen || p == f
		}
		if !seen {
			prints = append(prints, f)
		}
	}
	return prints
}

// tell prints a story.
func (r *reporter) tell(t story) {
	r.count++
	id := fmt.Sprintf("%s-%02d", r.code, r.count)
	d := r.dice
	start := at(t.on, d)
	variant := d.IntN(2)
	for i, n := range t.prints {
		f := feeds[n]
		titles, name, body := t.zh, t.names.legal, bodies.zh[d.IntN(len(bodies.zh))]
		if english(n) {
			titles, name, body = t.en, t.names.english, bodies.en[d.IntN(len(bodies.en))]
		}
		lead := name
		if d.chance(0.35) && f.class != "official" { // the short name in the headline, the full one below
			if lead = t.names.short; english(n) {
				lead = t.names.shortEnglish
			}
		}
		title := titles[(variant+i/3)%len(titles)]
		text := title
		if strings.Contains(title, "%s") {
			title, text = fmt.Sprintf(title, lead), fmt.Sprintf(title, name)
		}
		if i > 0 && d.chance(0.3) {
			title = map[bool]string{true: "Update: ", false: "快讯："}[english(n)] + title
		}
		stop := map[bool]string{true: ". ", false: "。"}[english(n)]
		published := start + instant(d.between(f.slow[0], f.slow[1])*3600+d.IntN(3600))
		guid := fmt.Sprintf("%s-%s", f.code, strings.ToLower(id))
		url := fmt.Sprintf("https://%s.example/%s/%s.html", f.code, published.date().Time().Format("2006/01"), strings.ToLower(id))
		from := r.begin()
		r.buf = append(r.buf, "<item><title>"...)
		r.escaped(title)
		r.buf = append(r.buf, "</title><link>"...)
		r.escaped(url)
		r.buf = append(r.buf, "</link><guid isPermaLink=\"false\">"...)
		r.escaped(guid)
		r.buf = append(r.buf, "</guid><pubDate>"...)
		r.buf = published.time().In(cst).AppendFormat(r.buf, time.RFC1123Z)
		r.buf = append(r.buf, "</pubDate><category>"...)
		r.buf = append(r.buf, f.class...)
		r.buf = append(r.buf, "</category><description>"...)
		r.escaped(text + stop + body)
		r.buf = append(r.buf, "</description></item>\n"...)
		r.keep(news+table(n), from, published)

		decoy := t.decoy
		if decoy == "" && i > 0 {
			decoy = "reprint"
		}
		if published.date() <= r.w.to {
			out := &r.truth[truthNews]
			out.bytes = fmt.Appendf(out.bytes, "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", url, guid, published.time().Format(time.DateTime), f.code, t.about, t.code, t.polarity, t.role, t.stage, id, decoy)
		}
	}
}

var cst = time.FixedZone("CST", shanghai)

func (r *reporter) escaped(s string) {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	r.buf = append(r.buf, b.String()...)
}

// report writes the news about a customer.
func (r *reporter) report(c *customer) {
	d, w := r.dice, r.w
	subject := story{about: c.id, names: c.names, polarity: "affirmed", role: "subject", stage: "announced"}
	seen := sizes[c.size].seen
	for k := 0; k+1 < len(w.bounds); k++ {
		days := w.bounds[k+1].Sub(w.bounds[k])
		on := w.bounds[k].Add(d.between(1, days))
		if on < c.onboarded || c.life.inDefault(on) != nil {
			continue
		}
		share := float64(days) / month * seen
		x := c.life.health(on.Add(-10))
		if d.chance(min(0.004*math.Exp(-0.7*x), 0.2) * share) {
			t := subject
			t.happening, t.on, t.prints = mild[d.IntN(len(mild))], on, r.press(d.between(wireZH, pressEN), d.count(0.5))
			r.tell(t)
		}
		if x < -1 && d.chance(min(0.012*math.Exp(-1.1*(x+1)), 0.45)*min(share*1.5, 1)) {
			t := subject
			t.happening, t.on, t.prints = grave[d.IntN(len(grave))], on, r.press(d.between(wireZH, pressEN), d.count(1.2))
			if t.code == "ENFORCE" {
				t.prints[0], t.stage = officialZH, "executed"
			}
			r.tell(t)
		}
		r.decoys(c, subject, on, share)
	}
	for _, f := range c.life.failures {
		t := subject
		if d.chance(0.3 * seen) {
			t.happening, t.on, t.prints = debtDefault, f.on.Add(d.between(1, 20)), r.press(d.between(wireZH, pressEN), d.count(1))
			r.tell(t)
		}
		if f.cause == byFraud && d.chance(0.7) {
			t.happening, t.on, t.prints = fraud, f.on.Add(d.between(5, 40)), r.press(pressZH, d.count(1))
			r.tell(t)
		}
		if f.insolvent < never && d.chance(0.85) {
			t.happening, t.on, t.stage = insolvent, f.insolvent.Add(-d.between(0, 12)), "filed"
			t.prints = r.press(d.between(officialZH, officialEN), d.count(1+2*seen))
			r.tell(t)
		}
	}
}

// decoys writes stories that look like trouble and are none, and good news.
func (r *reporter) decoys(c *customer, subject story, on asof.Date, share float64) {
	d := r.dice
	for _, kind := range []struct {
		happening
		rate                        float64
		polarity, role, stage, name string
	}{
		{denied, 0.0035, "denied", "subject", "rumour", "denial"},
		{hypothetical, 0.0025, "hypothetical", "subject", "rumour", "hypothetical"},
		{plaintiff, 0.003, "affirmed", "plaintiff", "filed", "plaintiff"},
		{counterparty, 0.003, "affirmed", "counterparty", "filed", "counterparty"},
		{reversed, 0.0012, "reversed", "subject", "closed", "reversed"},
		{positive, 0.005, "affirmed", "subject", "announced", "positive"},
	} {
		if d.chance(kind.rate * share) {
			t := subject
			t.happening, t.on, t.polarity, t.role, t.stage, t.decoy = kind.happening, on, kind.polarity, kind.role, kind.stage, kind.name
			t.prints = r.press(d.between(wireZH, pressEN), d.count(0.6))
			r.tell(t)
		}
	}
	if d.chance(0.005 * share) { // trouble of another company of the same brand, in a city where no relative sits
		t := subject
		other := cities[(homeOf(r.w.seed, c.unit)+7*(6+d.IntN(10)))%len(cities)].words
		if other == c.city {
			return
		}
		t.names = companyNames(other, c.brand, c.trade, false, false)
		t.about, t.role, t.decoy, t.on = "", "mentioned", "namesake", on
		if t.happening = insolvent; d.chance(0.5) {
			t.happening = grave[d.IntN(len(grave))]
		}
		t.prints = r.press(d.between(officialZH, pressEN), d.count(0.6))
		r.tell(t)
	}
}

// market writes the news about nobody: noise, and the shocks to industries.
func (r *reporter) market() {
	d, w := r.dice, r.w
	for day := w.from; day <= w.to; day = day.Add(1) {
		if d.chance(0.3) {
			r.tell(story{happening: noise, on: day, polarity: "affirmed", role: "mentioned", stage: "announced", decoy: "market", prints: []int{d.between(wireZH, socialZH)}})
		}
	}
	for _, s := range w.shocks {
		for k := s.begin; k <= s.last && k+1 < len(w.bounds); k++ {
			for range 1 + d.count(1.5) {
				n := industries[s.industry]
				words := names{legal: n.zh, short: n.zh, english: n.en, shortEnglish: n.en}
				r.tell(story{
					happening: downturn, names: words, on: w.bounds[k].Add(d.between(1, 28)), polarity: "affirmed", role: "mentioned", stage: "announced",
					decoy: "industry", prints: r.press(d.between(wireZH, pressEN), d.count(0.7)),
				})
			}
		}
	}
}
