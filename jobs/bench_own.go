package jobs

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"creditwatch/models"
	"creditwatch/models/boost"
)

// benchTaskCommand is our side of `bench models`, as a process of its own.
func benchTaskCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "task JSON",
		Short:  "one run of bench models; not for people",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var task benchTask
			if err := json.Unmarshal([]byte(args[0]), &task); err != nil {
				return usage("bench task: %w", err)
			}
			answer, err := a.trainAndScore(task)
			if err != nil {
				return err
			}
			return json.NewEncoder(a.out).Encode(answer)
		},
	}
}

func (a *app) trainAndScore(task benchTask) (answer benchAnswer, err error) {
	answer.Bare, _ = used()
	rec, flag, err := task.read()
	if err != nil {
		return answer, fmt.Errorf("%s: %w", task.Path, err)
	}
	defer rec.Release()
	var names []string
	for _, f := range rec.Schema().Fields() {
		names = append(names, f.Name)
	}
	train, held := rec.NewSlice(0, int64(task.Rows)), rec.NewSlice(int64(task.Rows), int64(task.all()))
	defer train.Release()
	defer held.Release()
	var learner *models.Boosted
	for range task.Rounds {
		runtime.GC() // of the round before
		learner = &models.Boosted{Options: boost.Options{Trees: task.Trees, Leaves: task.Leaves, Depth: task.Depth, Bins: task.Bins, Rate: task.Rate}, Seed: 1}
		at := a.clock()
		_, before := used()
		grid, err := models.NewGrid(train, names, flag[:task.Rows])
		if err != nil {
			return answer, err
		}
		if err := learner.Fit(grid); err != nil {
			return answer, err
		}
		answer.Train = append(answer.Train, a.clock().Sub(at).Seconds())
		_, now := used()
		answer.Processor = append(answer.Processor, now-before)
		grid.Release()
	}
	var scores []float64
	for range 5 {
		at := a.clock()
		grid, err := models.NewGrid(held, names, nil)
		if err != nil {
			return answer, err
		}
		if scores, err = learner.LogOdds(grid); err != nil {
			return answer, err
		}
		answer.Score = append(answer.Score, a.clock().Sub(at).Seconds())
		grid.Release()
	}
	raw, err := binary.Append(nil, binary.LittleEndian, scores)
	if err != nil {
		return answer, err
	}
	answer.Peak, _ = used()
	return answer, os.WriteFile(task.Scores, raw, 0o600)
}

// used returns this process's peak of memory in bytes and the seconds it has had of all processors.
func used() (peak, seconds float64) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	peak = float64(u.Maxrss)
	if runtime.GOOS != "darwin" { // where it is in bytes
		peak *= 1024
	}
	of := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return peak, of(u.Utime) + of(u.Stime)
}
