package jobs

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"creditwatch/models/validation"
)

func benchCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "measure the program on tables of its own making: models, against other libraries",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(benchModelsCommand(a), benchTaskCommand(a))
	return c
}

// A benchTask is one run of one library on one table, in a process of its own.
type benchTask struct {
	benchTable
	Library string  `json:"library"`
	Trees   int     `json:"trees"`
	Leaves  int     `json:"leaves"`
	Depth   int     `json:"depth"` // 0: no bound
	Bins    int     `json:"bins"`  // beside that of missing values
	Rate    float64 `json:"rate"`
	Threads int     `json:"threads"`
	Rounds  int     `json:"rounds"` // trainings
	Scores  string  `json:"scores"` // file for the log-odds of the held-out rows
}

// A benchAnswer is what a process measured of itself.
type benchAnswer struct {
	Train     []float64 `json:"train"`     // seconds of each training: bins and trees, from the table in memory
	Processor []float64 `json:"processor"` // the same in seconds of all processors
	Score     []float64 `json:"score"`     // seconds of each scoring of the held-out rows
	Bare      float64   `json:"bare"`      // peak of memory in bytes, before the table
	Peak      float64   `json:"peak"`
}

// A benchResult is what is said of a library on a table.
type benchResult struct {
	Library        string  `json:"library"`
	TrainSeconds   float64 `json:"train_seconds"`
	Processor      float64 `json:"processor_seconds"`
	RowsPerSecond  float64 `json:"score_rows_per_second"`
	AUC            float64 `json:"auc"`
	PeakBytes      float64 `json:"peak_bytes"`
	PeakPerTable   float64 `json:"peak_per_table"` // without what the process takes bare
	TrainRatio     float64 `json:"train_ratio,omitempty"`
	ProcessorRatio float64 `json:"processor_ratio,omitempty"`
	ScoreRatio     float64 `json:"score_ratio,omitempty"`
	AUCAhead       float64 `json:"auc_ahead,omitempty"`
}

// A benchSize is a table's training rows and columns, and what must hold there.
type benchSize struct {
	rows, columns int
	most          map[string]float64 // training seconds, ours to the library's, at most
	memory        bool               // whether benchMemory must hold: beside a small table the program itself counts
}

var benchSizes = []benchSize{
	{30_000, 25, map[string]float64{"xgboost": 1, "lightgbm": 1}, true},
	{150_000, 10, nil, true},
	{1_000_000, 60, map[string]float64{"xgboost": 0.5, "lightgbm": 1}, true},
}

// What must hold besides.
const (
	benchScore  = 2.0    // rows a second, ours to either library's, at least
	benchAUC    = -0.001 // AUC, ours less the library's, at least
	benchMemory = 3.0    // peak of memory to the Arrow table, at most
)

// held is how many rows are scored: enough for AUCs of the same trees, grown by others, to agree to a thousandth or so.
func (s benchSize) held() int {
	if s.rows < 10_000 {
		return 2000 // of a table to try it on
	}
	return max(s.rows/4, 30_000)
}

// own is the name of our side among the libraries.
const own = "creditwatch"

//go:embed bench/peers.py
var peersScript string

func benchModelsCommand(a *app) *cobra.Command {
	var sizes []string
	var python string
	var repeat int
	var seed uint64
	var quick bool
	o := benchTask{}
	c := &cobra.Command{
		Use:   "models",
		Short: "train and score boosted trees beside xgboost, lightgbm and scikit-learn",
		Long: "Invent tables, train boosted trees on them and score rows held out; where a Python with xgboost, lightgbm or scikit-learn is\n" +
			"found, do the same with these, on the same file, in turns, each run in a process of its own. All grow as many trees of as\n" +
			"many leaves (or of the same depth) over as many bins with the same rate, penalties and threads. Text columns are categories to\n" +
			"all. Training counts everything from the table in memory to the model: an Arrow record here, a matrix of float32 there.\n" +
			"Figures are medians over the runs; ratios are of ours to the library's.",
		Example: "  creditwatch bench models --sizes 30000x25,1000000x60 --python venv/bin/python",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if quick {
				sizes, o.Trees, repeat = []string{"2000x12"}, 10, 1
			}
			var want []benchSize
			for _, text := range sizes {
				s, err := parseBenchSize(text)
				if err != nil {
					return err
				}
				want = append(want, s)
			}
			switch {
			case o.Trees < 1 || o.Leaves < 2 || o.Depth < 0 || o.Depth > 20 || o.Threads < 1 || repeat < 1:
				return usage("--trees, --threads and --repeat must be 1 or more, --leaves 2 or more, --depth 0 to 20")
			case o.Bins < 2 || o.Bins > 254:
				return usage("--bins %d: want 2 to 254", o.Bins)
			case !(o.Rate > 0 && o.Rate <= 1):
				return usage("--rate %v: want above 0 and up to 1", o.Rate)
			}
			if o.Depth > 0 {
				o.Leaves = 1 << o.Depth // the depth alone bounds the trees
			}
			dir, err := os.MkdirTemp("", "creditwatch-bench-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			b := &bench{app: a, dir: dir, python: python, repeat: repeat, seed: seed, task: o}
			return b.run(cmd.Context(), want)
		},
	}
	f := c.Flags()
	var all []string
	for _, s := range benchSizes {
		all = append(all, fmt.Sprintf("%dx%d", s.rows, s.columns))
	}
	f.StringSliceVar(&sizes, "sizes", all, "tables: training rows x columns")
	f.StringVar(&python, "python", "python3", "a Python with the libraries to compare with")
	f.IntVar(&repeat, "repeat", 5, "runs of every library on every table")
	f.Uint64Var(&seed, "seed", 1, "seed of the tables")
	f.BoolVar(&quick, "quick", false, "one run on a small table, to see that it works")
	f.IntVar(&o.Trees, "trees", 100, "trees")
	f.IntVar(&o.Leaves, "leaves", 31, "leaves of a tree at most, grown best first")
	f.IntVar(&o.Depth, "depth", 0, "instead of leaves: depth of a tree; 0 = no bound")
	f.IntVar(&o.Bins, "bins", 254, "bins of a column at most, beside that of missing values")
	f.Float64Var(&o.Rate, "rate", 0.1, "learning rate")
	f.IntVar(&o.Threads, "threads", 2, "threads")
	return c
}

func parseBenchSize(text string) (benchSize, error) {
	rows, columns, ok := strings.Cut(text, "x")
	n, err := strconv.Atoi(rows)
	p, err2 := strconv.Atoi(columns)
	if !ok || err != nil || err2 != nil || n < 1000 || p < 1 || p > 1000 {
		return benchSize{}, usage("--sizes %s: want rows x columns as 30000x25, 1000 rows or more, 1 to 1000 columns", text)
	}
	s := benchSize{rows: n, columns: p}
	if i := slices.IndexFunc(benchSizes, func(known benchSize) bool { return known.rows == n && known.columns == p }); i >= 0 {
		s = benchSizes[i]
	}
	return s, nil
}

// A bench is one call of `bench models`.
type bench struct {
	*app
	dir    string
	python string
	repeat int
	seed   uint64
	task   benchTask
}

// benchReport is the answer with --json.
type benchReport struct {
	Processors int               `json:"processors"`
	Go         string            `json:"go"`
	Peers      map[string]string `json:"peers"` // version, "" for one that is absent
	Tables     []benchTableFound `json:"tables"`
}

type benchTableFound struct {
	Rows    int           `json:"rows"`
	Held    int           `json:"held"`
	Columns int           `json:"columns"`
	Texts   int           `json:"text_columns"`
	Bytes   int           `json:"bytes"` // of the Arrow table
	Trees   int           `json:"trees"`
	Leaves  int           `json:"leaves"`
	Depth   int           `json:"depth"`
	Bins    int           `json:"bins"`
	Rate    float64       `json:"rate"`
	Threads int           `json:"threads"`
	Runs    int           `json:"runs"`
	Results []benchResult `json:"results"` // ours first
}

// peers are the libraries to be compared with, in the order they are shown.
var peers = []string{"xgboost", "lightgbm", "sklearn"}

func (b *bench) run(ctx context.Context, sizes []benchSize) error {
	found, reason := b.findPeers(ctx)
	report := benchReport{Processors: runtime.NumCPU(), Go: runtime.Version(), Peers: found}
	libraries := []string{own}
	for _, p := range peers {
		if found[p] != "" {
			libraries = append(libraries, p)
		}
	}
	if !b.json {
		b.showPeers(found, reason)
	}
	for _, s := range sizes {
		t, err := b.table(ctx, s, libraries)
		if err != nil {
			return err
		}
		report.Tables = append(report.Tables, t)
		if !b.json {
			if err := b.show(s, t); err != nil {
				return err
			}
		}
	}
	if b.json {
		return json.NewEncoder(b.out).Encode(report)
	}
	return nil
}

// findPeers returns the versions of the libraries; why there is none where no Python answers.
func (b *bench) findPeers(ctx context.Context) (found map[string]string, reason string) {
	found = map[string]string{}
	for _, p := range peers {
		found[p] = ""
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, b.python, "-c", peersScript)
	cmd.Stderr = &said
	answer, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(answer, &found)
	}
	if err != nil {
		return found, fmt.Sprintf("%s: %v", b.python, err)
	}
	return found, strings.TrimSpace(said.String())
}

func (b *bench) showPeers(found map[string]string, reason string) {
	for _, p := range peers {
		if found[p] != "" {
			fmt.Fprintf(b.out, "%s %s\n", p, found[p])
		} else {
			fmt.Fprintf(b.out, "%s is absent: not compared\n", p)
		}
	}
	if reason != "" {
		fmt.Fprintln(b.errOut, printable(reason))
	}
}

// table measures every library on one table.
func (b *bench) table(ctx context.Context, s benchSize, libraries []string) (benchTableFound, error) {
	task := b.task
	task.benchTable = benchTable{Path: filepath.Join(b.dir, "table"), Rows: s.rows, Held: s.held(), Columns: s.columns}
	if s.columns >= 8 {
		task.Texts = benchTexts
	}
	task.Scores = filepath.Join(b.dir, "scores")
	task.Rounds = 1
	if s.rows*s.columns < 5_000_000 {
		task.Rounds = 3 // short enough that the start of a process would count
	}
	found := benchTableFound{Rows: task.Rows, Held: task.Held, Columns: task.Columns, Texts: len(task.Texts), Bytes: task.bytes(),
		Trees: task.Trees, Leaves: task.Leaves, Depth: task.Depth, Bins: task.Bins, Rate: task.Rate, Threads: task.Threads, Runs: b.repeat * task.Rounds}
	say := b.say()
	if say == nil {
		say = func(string) {}
	}
	say(fmt.Sprintf("inventing %d rows of %d columns", task.all(), task.Columns))
	if err := writeBenchTable(task.benchTable, b.seed); err != nil {
		return found, err
	}
	flag, err := task.heldFlags()
	if err != nil {
		return found, err
	}
	results := make([]benchResult, len(libraries))
	answers := make([][]benchAnswer, len(libraries))
	for k := range b.repeat { // in turns: what disturbs one disturbs the others
		for i, library := range libraries {
			say(fmt.Sprintf("%d x %d, run %d of %d: %s", task.Rows, task.Columns, k+1, b.repeat, library))
			task.Library = library
			answer, err := b.process(ctx, task)
			if err != nil {
				return found, fmt.Errorf("%s: %w", library, err)
			}
			answers[i] = append(answers[i], answer)
			if k == 0 {
				results[i].Library = library
				if results[i].AUC, err = aucOf(task.Scores, flag); err != nil {
					return found, fmt.Errorf("%s: %w", library, err)
				}
			}
		}
	}
	for i := range results {
		results[i].summarise(answers[i], task)
	}
	for i := range results[1:] {
		results[i+1].compare(results[0])
	}
	found.Results = results
	return found, nil
}

// process runs the task in a process of its own.
func (b *bench) process(ctx context.Context, task benchTask) (benchAnswer, error) {
	var answer benchAnswer
	text, err := json.Marshal(task)
	if err != nil {
		return answer, err
	}
	var cmd *exec.Cmd
	if task.Library == own {
		self, err := os.Executable()
		if err != nil {
			return answer, err
		}
		cmd = exec.CommandContext(ctx, self, "bench", "task", string(text))
		cmd.Args[0] = "creditwatch"
		cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", task.Threads))
	} else {
		cmd = exec.CommandContext(ctx, b.python, "-c", peersScript, string(text))
		cmd.Env = append(os.Environ(), fmt.Sprintf("OMP_NUM_THREADS=%d", task.Threads))
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	line, err := cmd.Output()
	if err != nil {
		return answer, fmt.Errorf("%w\n%s", err, said.String())
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return answer, fmt.Errorf("answers %q: %w", line, err)
	}
	if len(answer.Train) == 0 || len(answer.Processor) == 0 || len(answer.Score) == 0 {
		return answer, fmt.Errorf("answers %q, want times", line)
	}
	return answer, nil
}

func (r *benchResult) summarise(answers []benchAnswer, task benchTask) {
	var train, processor, score, peak, bare []float64
	for _, a := range answers {
		train, processor, score = append(train, a.Train...), append(processor, a.Processor...), append(score, a.Score...)
		peak, bare = append(peak, a.Peak), append(bare, a.Peak-a.Bare)
	}
	r.TrainSeconds, r.Processor, r.PeakBytes = median(train), median(processor), median(peak)
	r.RowsPerSecond = float64(task.Held) / median(score)
	r.PeakPerTable = median(bare) / float64(task.bytes())
}

// compare sets the ratios of ours to the library's.
func (r *benchResult) compare(ours benchResult) {
	r.TrainRatio, r.ProcessorRatio = ours.TrainSeconds/r.TrainSeconds, ours.Processor/r.Processor
	r.ScoreRatio, r.AUCAhead = ours.RowsPerSecond/r.RowsPerSecond, ours.AUC-r.AUC
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// heldFlags reads the outcome of the rows to be scored.
func (t *benchTable) heldFlags() ([]uint8, error) {
	f, err := os.Open(t.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(int64(8*t.Rows), 0); err != nil {
		return nil, err
	}
	values := make([]float64, t.Held)
	if err := binary.Read(f, binary.LittleEndian, values); err != nil {
		return nil, err
	}
	flag := make([]uint8, t.Held)
	for i, v := range values {
		flag[i] = uint8(v)
	}
	return flag, nil
}

func aucOf(path string, flag []uint8) (float64, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	if len(raw) != 8*len(flag) {
		return 0, fmt.Errorf("%d bytes of scores, want %d", len(raw), 8*len(flag))
	}
	scores := make([]float64, len(flag))
	for i := range scores {
		scores[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	rank, err := validation.Rank(scores, flag)
	return rank.AUC, errors.Join(err, os.Remove(path))
}

// show prints a table's figures: of every library and what must hold against it.
func (b *bench) show(s benchSize, t benchTableFound) error {
	grown := fmt.Sprintf("of %d leaves", t.Leaves)
	if t.Depth > 0 {
		grown = fmt.Sprintf("of depth %d", t.Depth)
	}
	fmt.Fprintf(b.out, "\n%d x %d (%d of them texts), %d rows held out, %.0f MB; %d trees %s, %d bins, rate %v, %d threads; medians of %d\n",
		t.Rows, t.Columns, t.Texts, t.Held, float64(t.Bytes)/1e6, t.Trees, grown, t.Bins, t.Rate, t.Threads, t.Runs)
	head := []string{"library", "train s", "ratio", "", "cpu s", "ratio", "score rows/s", "ratio", "", "AUC", "ahead", "", "peak MB", "of table", ""}
	var table [][]string
	for i, r := range t.Results {
		row := []string{r.Library, fmt.Sprintf("%.3f", r.TrainSeconds), "", "", fmt.Sprintf("%.3f", r.Processor), "", fmt.Sprintf("%.0f", r.RowsPerSecond), "", "",
			fmt.Sprintf("%.4f", r.AUC), "", "", fmt.Sprintf("%.0f", r.PeakBytes/1e6), fmt.Sprintf("%.2f", r.PeakPerTable), ""}
		if i == 0 {
			row[14] = limit("<=", r.PeakPerTable, benchMemory, s.memory)
		} else {
			row[2], row[5], row[7], row[10] = fmt.Sprintf("%.2f", r.TrainRatio), fmt.Sprintf("%.2f", r.ProcessorRatio), fmt.Sprintf("%.2f", r.ScoreRatio), fmt.Sprintf("%+.4f", r.AUCAhead)
			most, asked := s.most[r.Library]
			row[3] = limit("<=", r.TrainRatio, most, asked)
			_, asked = benchSizes[0].most[r.Library]
			row[8], row[11] = limit(">=", r.ScoreRatio, benchScore, asked), limit(">=", r.AUCAhead, benchAUC, asked)
		}
		table = append(table, row)
	}
	return b.printTable(head, table)
}

// limit writes what a figure must be and whether it is.
func limit(sign string, value, bound float64, asked bool) string {
	if !asked {
		return ""
	}
	holds := value <= bound
	if sign == ">=" {
		holds = value >= bound
	}
	text := fmt.Sprintf("%s%v", sign, bound)
	if !holds {
		return text + " NO"
	}
	return text
}
