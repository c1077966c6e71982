package models

import (
	"math"
	"math/rand/v2"
	"slices"
)

// smoothing is what a bin's counts are raised by, so that a bin without defaults has a weight of evidence too.
const smoothing = 0.5

// WoE is ln((G_b/G)/(B_b/B)) with smoothing added to the bin's counts.
func WoE(good, bad, totalGood, totalBad, smoothing float64) float64 {
	return math.Log((good + smoothing) / totalGood / ((bad + smoothing) / totalBad))
}

// smoothWoE is a bin's weight of evidence. Half a row of each kind draws a bin of few rows towards even odds, which in a
// book of few defaults lies far beyond the book's own: one row that paid would be evidence of default. So smoothing may
// take a bin to the book's odds, not past them.
func smoothWoE(bin, total mass) float64 {
	woe := WoE(bin.good, bin.bad, total.good, total.bad, smoothing)
	if raw := bin.good*total.bad - bin.bad*total.good; raw*woe <= 0 {
		return 0
	}
	return woe
}

// IV is the information value of bins whose WoE are set.
func IV(bins []Bin) float64 {
	good, bad := 0.0, 0.0
	for _, b := range bins {
		good, bad = good+b.Good, bad+b.Bad
	}
	iv := 0.0
	for _, b := range bins {
		iv += (b.Good/good - b.Bad/bad) * b.WoE
	}
	return iv
}

// An IVBand says how much a feature tells by itself.
type IVBand struct {
	Name, EN, ZH string
	Below        float64 // its upper bound
}

// IVBands are the bands of information value, weakest first. What is suspect tells more than honest features do: it may
// have been learnt only after the default.
var IVBands = []IVBand{
	{"none", "tells nothing", "无预测力", 0.02},
	{"weak", "weak", "弱", 0.10},
	{"medium", "medium", "中等", 0.30},
	{"strong", "strong", "强", 0.50},
	{"suspect", "suspiciously strong: look for leakage", "强得可疑，须排查数据泄漏", math.Inf(1)},
}

// BandOf returns the band of an information value; 0.50 is not yet suspect.
func BandOf(iv float64) IVBand {
	for _, b := range IVBands[:3] {
		if iv < b.Below {
			return b
		}
	}
	if iv <= IVBands[3].Below {
		return IVBands[3]
	}
	return IVBands[4]
}

// Chance is what the information value of a feature looks like when outcomes are dealt out to its rows by chance, and the
// feature is binned anew each time.
type Chance struct {
	Mean float64 `json:"mean"`
	P95  float64 `json:"p95"` // 95 % of the shuffles give at most this
	P    float64 `json:"p"`   // share of shuffles, the true outcomes among them, that tell as much
}

// permutedRows bounds the rows that outcomes are dealt out to: chance gives n times the rows an nth of the IV, so that
// fewer rows than there are do as well.
const permutedRows = 10000

// permute asks of every feature what IV chance would give it. Optimal bins find something in everything, and the more the
// finer a feature can be cut; only shuffling tells how much.
func (d *design) permute(b Binning, seed uint64) {
	if b.Permuted <= 0 {
		return
	}
	// Rows of one defaulter repeated are as many rows only in name.
	rows := d.total.n() / d.cut.repeats
	scale := min(1, permutedRows/rows)
	b.PerBin, b.PerTurn, b.PerLight = b.PerBin/d.cut.repeats, b.PerTurn/d.cut.repeats, b.PerLight/d.cut.repeats
	b.MinBad = int(math.Ceil(float64(b.MinBad) * scale))
	each(len(d.features), func(i int) {
		f := &d.features[i]
		if f.Dropped != "" {
			return
		}
		c := &d.cut.columns[i]
		source := rand.New(rand.NewPCG(seed, hash64(c.Name)))
		codes, whole, bad := shuffled(d.cut.counts(i, d.places), d.total, rows*scale)
		chance, as := Chance{}, 1
		var ivs []float64
		for range b.Permuted {
			of, total := codes.deal(whole, bad, source)
			null, _ := b.feature(c, of, total)
			iv := null.IV * scale
			ivs = append(ivs, iv)
			if iv >= f.IV {
				as++
			}
		}
		slices.Sort(ivs)
		chance.Mean = mean(ivs)
		chance.P95 = ivs[min(len(ivs)-1, int(math.Ceil(0.95*float64(len(ivs)+1)))-1)]
		chance.P = float64(as) / float64(len(ivs)+1)
		f.Chance = &chance
	})
}

// deck is how many rows there are of every code.
type deck [256]int

// shuffled returns the rows by code, scaled to about n in all, and how many of all default.
func shuffled(of *[256]mass, total mass, n float64) (codes *deck, whole, bad int) {
	codes = &deck{}
	for code, m := range of {
		codes[code] = int(math.Round(m.n() * n / total.n()))
		whole += codes[code]
	}
	return codes, whole, min(whole-1, max(1, int(math.Round(total.bad*n/total.n()))))
}

// deal gives the defaults to rows at random.
func (codes *deck) deal(whole, bad int, source *rand.Rand) (*[256]mass, mass) {
	of, total := &[256]mass{}, mass{float64(whole - bad), float64(bad)}
	for code, n := range codes {
		for range n {
			if source.IntN(whole) < bad {
				of[code].bad++
				bad--
			} else {
				of[code].good++
			}
			whole--
		}
	}
	return of, total
}
