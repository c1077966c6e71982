package sources

import (
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// arrowSample is two rows over the types that ledgers come in.
func arrowSample(t *testing.T) arrow.Record {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.BinaryTypes.String},
		{Name: "amount", Type: &arrow.Decimal128Type{Precision: 18, Scale: 4}, Nullable: true},
		{Name: "on", Type: arrow.FixedWidthTypes.Date32},
		{Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us},
		{Name: "n", Type: arrow.PrimitiveTypes.Int64},
		{Name: "f", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"a", "b\x00"}, nil)
	b.Field(1).(*array.Decimal128Builder).AppendValues([]decimal128.Num{decimal128.FromI64(-50), {}}, []bool{true, false})
	day := arrow.Date32FromTime(time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	b.Field(2).(*array.Date32Builder).AppendValues([]arrow.Date32{day, day}, nil)
	at := arrow.Timestamp(time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC).UnixMicro())
	b.Field(3).(*array.TimestampBuilder).AppendValues([]arrow.Timestamp{at, at}, nil)
	b.Field(4).(*array.Int64Builder).AppendValues([]int64{9007199254740993, -1}, nil)
	b.Field(5).(*array.Float64Builder).AppendValues([]float64{1e21, 0.1}, nil)
	return b.NewRecord()
}

var columnarWant = []string{
	"1: a|-0.0050|2026-03-04|2026-03-04T05:06:07.008Z|9007199254740993|1000000000000000000000",
	`2! column "id" holds NUL or bytes that are not utf-8`,
}

func TestArrow(t *testing.T) {
	rec := arrowSample(t)
	defer rec.Release()
	for _, kind := range []string{"file", "stream"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			f, err := os.Create(filepath.Join(dir, "x.arrow"))
			if err != nil {
				t.Fatal(err)
			}
			if kind == "file" {
				w, err := ipc.NewFileWriter(f, ipc.WithSchema(rec.Schema()))
				if err == nil {
					err = w.Write(rec)
				}
				if err != nil || w.Close() != nil {
					t.Fatal(err)
				}
			} else {
				w := ipc.NewWriter(f, ipc.WithSchema(rec.Schema()))
				if err := w.Write(rec); err != nil || w.Close() != nil {
					t.Fatal(err)
				}
			}
			f.Close()
			checkColumnar(t, dir, "x.arrow")
		})
	}
}

type parquetSample struct {
	ID     string    `parquet:"id"`
	Amount *int64    `parquet:"amount,decimal(4:18),optional"`
	On     int32     `parquet:"on,date"`
	At     time.Time `parquet:"at,timestamp(microsecond)"`
	N      int64     `parquet:"n"`
	F      float64   `parquet:"f"`
}

func TestParquet(t *testing.T) {
	dir := t.TempDir()
	amount := int64(-50)
	day := int32(time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	at := time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)
	rows := []parquetSample{{"a", &amount, day, at, 9007199254740993, 1e21}, {"b\x00", nil, day, at, -1, 0.1}}
	if err := parquet.WriteFile(filepath.Join(dir, "x.parquet"), rows); err != nil {
		t.Fatal(err)
	}
	checkColumnar(t, dir, "x.parquet")
}

// checkColumnar reads a sample, and then halves of it, which must be refused.
func checkColumnar(t *testing.T, dir, file string) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	in, err := look(root, Source{}, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, done, err := in.open(root)
	if err != nil {
		t.Fatal(err)
	}
	got, list := readAll(t, r)
	if err := done(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(columnarWant, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if want := `"amount":null,`; !strings.Contains(list[1].Raw, want) || !strings.Contains(list[1].Raw, `b\\x00`) {
		t.Errorf("raw %s, want %s in it", list[1].Raw, want)
	}
	whole, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 7, len(whole) / 3, len(whole) / 2} {
		if err := os.WriteFile(filepath.Join(dir, file), whole[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		in, err := look(root, Source{}, file, nil)
		if err == nil {
			r, done, openErr := in.open(root)
			if openErr != nil {
				continue
			}
			var row Row
			for err == nil {
				err = r.Next(&row)
			}
			done()
			if err.Error() == "EOF" {
				t.Errorf("the first %d of %d bytes read as a whole file", n, len(whole))
			}
		}
	}
}

func TestDecimalText(t *testing.T) {
	for _, c := range []struct {
		digits string
		scale  int
		want   string
	}{{"5", 4, "0.0005"}, {"-12345", 2, "-123.45"}, {"0", 4, "0.0000"}, {"7", -2, "700"}, {"7", 0, "7"}} {
		v, _ := new(big.Int).SetString(c.digits, 10)
		if got := decimalText(v, c.scale); got != c.want {
			t.Errorf("%s with scale %d = %s, want %s", c.digits, c.scale, got, c.want)
		}
	}
	if got := bigEndian([]byte{0xff, 0x85}).Int64(); got != -123 {
		t.Errorf("two's complement: %d, want -123", got)
	}
}

func TestZstd(t *testing.T) {
	dir := t.TempDir()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	packed := w.EncodeAll([]byte("a,b\n"+strings.Repeat("1,2\n", 9000)), nil)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for n, wantErr := range map[int]bool{len(packed): false, len(packed) - 1: true, len(packed) / 2: true} {
		if err := os.WriteFile(filepath.Join(dir, "x.csv.zst"), packed[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := look(root, Source{}, "x.csv.zst", nil); (err != nil) != wantErr || err != nil && !strings.Contains(err.Error(), "file is not whole") {
			t.Errorf("%d of %d bytes: error %v", n, len(packed), err)
		}
	}
}
