// Package jobs is the command line: every command is a file of its name, listed in [commands].
//
// Results go to standard output, everything else to standard error; progress is shown only on a terminal. The exit
// code tells a scheduler what to do:
//
//	0        done
//	1        a stage failed; nothing new was published; run again
//	2        wrong call or configuration; nothing was touched
//	3        stopped by a gate: the data are not fit to be published
//	4        another process holds this date
//	5        a needed service is unreachable, or the database may have lost rows; run again later, or restore
//	130, 143 interrupted; safe to run again
package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/sources"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/engine"
)

// commands lists every command; to add one: a file of its name and a row here.
var commands = []func(*app) *cobra.Command{
	demoCommand, runCommand, retryCommand, backfillCommand, scheduleCommand, serveCommand, sqlCommand, statusCommand, runsCommand, quarantineCommand, explainCommand, fileCommand, warningsCommand, replayCommand, whatifCommand, actionsCommand, modelsCommand, simulateCommand, evaluateCommand, evaluateNewsCommand, newsCommand, benchCommand, validateCommand, doctorCommand, verifyCommand, retentionCommand, eraseCommand, backupCommand, restoreCommand, installCommand, versionCommand, hashPasswordCommand,
}

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitGate        = 3
	exitHeld        = 4
	exitUnreachable = 5
)

// errUsage marks a wrong call.
var errUsage = errors.New("wrong call")

// usage makes an error of a wrong call.
func usage(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

type usageError struct{ error }

func (u *usageError) Is(target error) bool { return target == errUsage }
func (u *usageError) Unwrap() error        { return u.error }

// An app is one call of the program.
type app struct {
	in          io.Reader
	out, errOut io.Writer
	clock       func() time.Time // the only clock of the program

	config string
	data   string
	set    []string
	log    string
	quiet  bool
	json   bool
	cpu    string // file for a CPU profile
}

// Main runs the program and returns its exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // a night lives on large tables for seconds: collecting half as often costs a tenth more memory and saves a fifth of our time
	}
	engine.MaybeChild() // the program is its own engine when it is called so
	a := &app{in: in, out: out, errOut: errOut, clock: time.Now}
	ctx, stop, interrupted := watchSignals()
	defer stop()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if _, err := a.logger(); err != nil { // a wrong --log touches nothing
			return err
		}
		return a.profile()
	}
	err := root.ExecuteContext(ctx)
	pprof.StopCPUProfile()
	code := a.exitCode(err, interrupted())
	switch {
	case code == 130 || code == 143:
		a.tell(zerolog.WarnLevel, "creditwatch: interrupted; what was published stays, run it again to go on")
	case err != nil:
		a.tell(zerolog.ErrorLevel, "creditwatch: "+err.Error())
	}
	return code
}

// tell says a line to whoever watches standard error: a person, or with --log json a machine.
func (a *app) tell(level zerolog.Level, line string) {
	if log, err := a.logger(); err == nil && a.log == "json" {
		log.WithLevel(level).Msg(printable(line))
		return
	}
	fmt.Fprintln(a.errOut, printable(line))
}

// profile starts the CPU profile that was asked for.
func (a *app) profile() error {
	if a.cpu == "" {
		return nil
	}
	f, err := os.Create(a.cpu)
	if err != nil {
		return usage("--cpu-profile: %w", err)
	}
	return pprof.StartCPUProfile(f)
}

// watchSignals ends the context at Ctrl-C and SIGTERM and remembers which it was. A second signal ends the program at
// once, as is the habit.
func watchSignals() (context.Context, func(), func() os.Signal) {
	ctx, cancel := context.WithCancel(context.Background())
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	got := make(chan os.Signal, 1)
	go func() {
		s, ok := <-ch
		if !ok {
			return
		}
		got <- s
		signal.Stop(ch)
		cancel()
	}()
	stop := func() { signal.Stop(ch); close(ch); cancel() }
	return ctx, stop, func() os.Signal {
		select {
		case s := <-got:
			return s
		default:
			return nil
		}
	}
}

// stays reports whether an error stays until somebody changes the command or the configuration: doing the same again does not help.
func stays(err error) bool {
	return errors.Is(err, errUsage) || errors.Is(err, sources.ErrConfig) || errors.Is(err, pipeline.ErrZone) || errors.Is(err, pipeline.ErrExpired)
}

func (a *app) exitCode(err error, sig os.Signal) int {
	switch {
	case err == nil:
		return exitDone
	case sig == os.Interrupt:
		return 130
	case sig == syscall.SIGTERM:
		return 143
	case stays(err):
		return exitUsage
	case errors.Is(err, pipeline.ErrGate), errors.Is(err, sources.ErrData):
		return exitGate
	case errors.Is(err, pipeline.ErrHeld):
		return exitHeld
	case errors.Is(err, warehouse.ErrUnreachable), errors.Is(err, sources.ErrUnreachable), errors.Is(err, errBroken):
		return exitUnreachable
	case strings.HasPrefix(err.Error(), "unknown command"), strings.HasPrefix(err.Error(), "unknown flag"), strings.HasPrefix(err.Error(), "unknown shorthand"):
		return exitUsage
	}
	return exitFailed
}

// printable drops control characters and marks of direction, which a hostile name could use to rewrite the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unprintable(r) {
			return -1
		}
		return r
	}, s)
}

func unprintable(r rune) bool {
	const joiners = "\u200c\u200d" // of emoji and of Persian
	return unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) && !strings.ContainsRune(joiners, r)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "creditwatch",
		Short:         "which business customers may not pay, why, how much is at stake and what to do",
		Long:          "creditwatch scores a company's business customers every night.\n\nStart with:  creditwatch demo",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	f := root.PersistentFlags()
	f.StringVar(&a.config, "config", "", "configuration file (default: creditwatch.yaml in the data directory, if there is one)")
	f.StringVar(&a.data, "data", defaultData(), "data directory: the embedded database, reports")
	f.StringArrayVar(&a.set, "set", nil, "set a key of the configuration: --set train.every=week (repeatable)")
	f.StringVar(&a.log, "log", "console", "log format: console or json")
	f.BoolVar(&a.quiet, "quiet", false, "no progress and no log below warnings")
	f.BoolVar(&a.json, "json", false, "results as JSON")
	f.StringVar(&a.cpu, "cpu-profile", "", "write a CPU profile to this file")
	f.MarkHidden("cpu-profile")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, make := range commands {
		c := make(a)
		if args := c.Args; args != nil {
			c.Args = func(c *cobra.Command, given []string) error {
				if err := args(c, given); err != nil {
					return &usageError{err}
				}
				return nil
			}
		}
		root.AddCommand(c)
	}
	return root
}

func defaultData() string {
	if dir := os.Getenv("CREDITWATCH_DATA"); dir != "" {
		return dir
	}
	return "data"
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

// load reads the configuration: the file of --config, else creditwatch.yaml in the data directory, else the defaults.
func (a *app) load() (configs.Config, error) {
	path := a.config
	if path == "" {
		if p := filepath.Join(a.data, "creditwatch.yaml"); exists(p) {
			path = p
		}
	}
	c, err := configs.Load(path, os.Environ(), a.set)
	if err != nil {
		return c, &usageError{err}
	}
	return c, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// logger writes to standard error: for people, or JSON lines.
func (a *app) logger() (zerolog.Logger, error) {
	var w io.Writer
	switch a.log {
	case "json":
		w = a.errOut
	case "console":
		w = zerolog.ConsoleWriter{Out: a.errOut, NoColor: !isTerminal(a.errOut) || os.Getenv("NO_COLOR") != "", TimeFormat: time.TimeOnly,
			FormatErrFieldValue: func(v any) string { return printable(fmt.Sprint(v)) }}
	default:
		return zerolog.Nop(), usage("--log %s: want console or json", a.log)
	}
	level := zerolog.InfoLevel
	if a.quiet {
		level = zerolog.WarnLevel
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger(), nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// say returns where progress goes: a line on standard error when a person watches, nowhere else.
func (a *app) say() func(string) {
	if a.quiet || !isTerminal(a.errOut) {
		return nil
	}
	return func(line string) { fmt.Fprintf(a.errOut, "  · %s\n", printable(line)) }
}
