package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/ebitengine/purego"
)

// childEnv marks a process as an engine: a test binary that finds it set runs the engine instead of its tests.
const childEnv = "CREDITWATCH_ENGINE_CHILD"

// MaybeChild turns this process into the engine, and never returns, when it was started as one. Every test binary
// that opens an embedded warehouse calls it first in TestMain; main may call it too, though the hidden command
// that ends in [RunChild] does the same.
func MaybeChild() {
	if os.Getenv(childEnv) != "" && len(os.Args) > 1 && os.Args[1] == "engine" {
		os.Exit(RunChild(os.Args[2:]))
	}
}

// RunChild is the engine process: args are the library or program and its arguments. It returns the exit code when
// the engine ends, which it does on SIGTERM and when the process that holds the other end of standard input goes
// away, however that one ended: an engine is never orphaned.
func RunChild(args []string) int {
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "engine: want a library or program and its arguments; this command is not for people")
		return 2
	}
	run := runLibrary
	if !isLibrary(args[0]) {
		run = runProgram
	}
	if err := run(args[0], args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func isLibrary(path string) bool {
	ext := filepath.Ext(path)
	return ext == ".so" || ext == ".dylib"
}

// graceOfStop is how long an engine told to stop may take to write what it holds before it is killed.
const graceOfStop = 15 * time.Second

// runLibrary opens libchdb in this process and runs its command line, which is that of `clickhouse local`.
func runLibrary(path string, args []string) error {
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return fmt.Errorf("open engine library: %w", err)
	}
	var (
		query       func(argc int32, argv **byte) uintptr
		resultError func(result uintptr) string
	)
	purego.RegisterLibFunc(&query, lib, "chdb_query_cmdline")
	purego.RegisterLibFunc(&resultError, lib, "chdb_result_error")

	go func() {
		io.Copy(io.Discard, os.Stdin) //nolint:errcheck // any end of it means the parent is gone
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(graceOfStop)
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}()

	argv := make([]*byte, 0, len(args)+2)
	for _, a := range append([]string{"clickhouse"}, args...) {
		argv = append(argv, &append([]byte(a), 0)[0])
	}
	argv = append(argv, nil)
	result := query(int32(len(argv)-1), &argv[0])
	runtime.KeepAlive(argv)
	if result == 0 {
		return errors.New("engine ended without a result")
	}
	if msg := resultError(result); msg != "" {
		return errors.New(msg)
	}
	return nil
}

// runProgram runs a clickhouse program as a child of its own and passes on the end of the parent and SIGTERM.
func runProgram(path string, args []string) error {
	cmd := exec.Command(path, append([]string{"local"}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = dieWithParent()
	runtime.LockOSThread() // the kernel ties "die with parent" to the thread that started the child
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start engine program: %w", err)
	}
	go func() {
		io.Copy(io.Discard, os.Stdin) //nolint:errcheck // any end of it means the parent is gone
		stop <- syscall.SIGTERM
	}()
	go func() {
		<-stop
		cmd.Process.Signal(syscall.SIGTERM)
		time.Sleep(graceOfStop)
		cmd.Process.Kill()
	}()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// childEnvironment is what the engine may see of ours: enough to find its files and to reach object stores and
// proxies. Secrets of the configuration come from the environment, and SQL can read /proc/self/environ.
func childEnvironment() []string {
	keep := []string{childEnv + "=1", "TZ=UTC"}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
			"SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy":
			keep = append(keep, kv)
		default:
			if strings.HasPrefix(name, "AWS_") {
				keep = append(keep, kv)
			}
		}
	}
	return keep
}
