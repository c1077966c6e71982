package jobs

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// A benchTable says what lies in an invented table's file: the default flag and then the columns, each as the float64 of
// all its rows, lowest byte first. NaN is missing; the last columns hold the numbers of texts.
type benchTable struct {
	Path    string `json:"path"`
	Rows    int    `json:"rows"` // to train on; they come first
	Held    int    `json:"held"` // to be scored
	Columns int    `json:"columns"`
	Texts   []int  `json:"texts"` // how many texts each of the last columns has
}

func (t *benchTable) all() int { return t.Rows + t.Held }

// cells is the size of the table in memory: what Arrow takes for its numbers.
func (t *benchTable) bytes() int { return 8 * t.all() * (t.Columns + 1) }

// benchTexts are how many texts the text columns have: few enough for our learner to take them as categories, as the
// others do, and not to put default rates in their place.
var benchTexts = []int{12, 16}

// shapes are how the columns are spread: z is standard normal, u uniform.
var shapes = []func(z, u float64) float64{
	func(z, _ float64) float64 { return z },                                                   // a ratio's logarithm
	func(z, _ float64) float64 { return math.Round(100*math.Exp(8+1.5*z)) / 100 },             // an amount
	func(z, _ float64) float64 { return math.Floor(math.Exp(0.9*z) * 1.5) },                   // a count
	func(z, u float64) float64 { return max(0, 1/(1+math.Exp(-1.7*z))-0.35*u-0.1) },           // a share, often none
	func(z, _ float64) float64 { return math.Round(18 * math.Sinh(z)) },                       // days, early and late
	func(z, _ float64) float64 { return 0.5 + 0.5*math.Erf(z/math.Sqrt2) },                    // a rank
	func(z, _ float64) float64 { return math.Copysign(math.Log1p(math.Abs(z)*3), z) * 12345 }, // a balance
}

// writeBenchTable invents a table: two hidden traits run through its columns; the log-odds of default rise and fall with
// a dozen of them, with products, thresholds, texts and with whether a number is there at all. The same seed gives the
// same bytes.
func writeBenchTable(t benchTable, seed uint64) (err error) {
	f, err := os.Create(t.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	n := t.all()
	r := rand.New(rand.NewPCG(seed, uint64(t.Columns)))
	numbers := t.Columns - len(t.Texts)
	traits := [2][]float64{make([]float64, n), make([]float64, n)}
	for i := range n {
		traits[0][i], traits[1][i] = r.NormFloat64(), r.NormFloat64()
	}
	eta, last := make([]float64, n), make([]float64, n)
	column := make([]float64, n)
	put := func() error {
		var cell [8]byte
		for _, v := range column {
			binary.LittleEndian.PutUint64(cell[:], math.Float64bits(v))
			if _, err := w.Write(cell[:]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := put(); err != nil { // room for the flag, which is known at the end
		return err
	}
	for c := range numbers {
		shape, load, missing := shapes[c%len(shapes)], 0.7*r.Float64(), 0.0
		if c%3 == 2 {
			missing = 0.02 + 0.3*r.Float64()
		}
		weight := 0.8 / (1 + float64(c%12)*float64(1+c/12))
		for i := range n {
			z := load*traits[c%2][i] + math.Sqrt(1-load*load)*r.NormFloat64()
			switch c % 12 {
			case 0, 1, 5, 8:
				eta[i] += weight * z
			case 2:
				eta[i] += weight * z * last[i]
			case 3:
				eta[i] += weight * (math.Abs(z) - 0.8)
			case 4:
				if z > 0.8 && last[i] < 0 {
					eta[i] += 3 * weight
				}
			default:
				eta[i] -= weight * math.Tanh(2*z)
			}
			last[i] = z
			column[i] = shape(z, r.Float64())
			if r.Float64() < missing {
				column[i] = math.NaN()
				eta[i] += 0.4 * weight
			}
		}
		if err := put(); err != nil {
			return err
		}
	}
	for _, texts := range t.Texts {
		effect := make([]float64, texts)
		for k := range effect {
			effect[k] = 0.5 * r.NormFloat64()
		}
		for i := range n {
			k := int(float64(texts) * math.Pow(r.Float64(), 1.8))
			column[i] = float64(k)
			eta[i] += effect[k]
		}
		if err := put(); err != nil {
			return err
		}
	}
	for i := range n {
		column[i] = 0
		if r.Float64() < 1/(1+math.Exp(2.2-eta[i])) {
			column[i] = 1
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	w.Reset(f)
	if err := put(); err != nil {
		return err
	}
	return w.Flush()
}

// read makes the file an Arrow record without a flag, texts as a dictionary, and returns the flags.
func (t *benchTable) read() (arrow.Record, []uint8, error) {
	f, err := os.Open(t.Path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	n := t.all()
	next := func() ([]float64, *memory.Buffer, error) {
		buffer := memory.NewBufferBytes(make([]byte, 8*n))
		values := arrow.Float64Traits.CastFromBytes(buffer.Bytes())
		return values, buffer, binary.Read(f, binary.LittleEndian, values)
	}
	values, _, err := next()
	if err != nil {
		return nil, nil, err
	}
	flag := make([]uint8, n)
	for i, v := range values {
		flag[i] = uint8(v)
	}
	names, cols := make([]string, t.Columns), make([]arrow.Array, t.Columns)
	for c := range t.Columns {
		values, buffer, err := next()
		if err != nil {
			return nil, nil, err
		}
		names[c] = fmt.Sprintf("c%02d", c)
		if k := c - (t.Columns - len(t.Texts)); k >= 0 {
			cols[c] = benchTextColumn(values, t.Texts[k])
			continue
		}
		valid, nulls := make([]byte, (n+7)/8), 0
		for i, v := range values {
			if v == v {
				valid[i>>3] |= 1 << (i & 7)
			} else {
				nulls++
			}
		}
		data := array.NewData(arrow.PrimitiveTypes.Float64, n, []*memory.Buffer{memory.NewBufferBytes(valid), buffer}, nil, nulls, 0)
		cols[c] = array.NewFloat64Data(data)
		data.Release()
	}
	fields := make([]arrow.Field, t.Columns)
	for c := range fields {
		fields[c] = arrow.Field{Name: names[c], Type: cols[c].DataType(), Nullable: true}
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), cols, int64(n)), flag, nil
}

func benchTextColumn(values []float64, texts int) arrow.Array {
	words := array.NewStringBuilder(memory.DefaultAllocator)
	defer words.Release()
	for k := range texts {
		words.Append(fmt.Sprintf("text %02d", k))
	}
	index := array.NewUint8Builder(memory.DefaultAllocator)
	defer index.Release()
	index.Reserve(len(values))
	for _, v := range values {
		index.UnsafeAppend(uint8(v))
	}
	i, d := index.NewArray(), words.NewArray()
	defer i.Release()
	defer d.Release()
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}, i, d)
}
