package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// npmFiles pin the engine library by version and integrity hash. The lock file names no download address, so npm
// asks whatever registry the user has configured.
//
//go:embed npm/package.json npm/package-lock.json
var npmFiles embed.FS

// packages names the npm package of each platform that the lock file pins.
var packages = map[string]string{
	"linux/amd64": "@chdb/lib-linux-x64-gnu",
}

// overrideEnv names a library or program to use as the engine, before anything else is looked at.
const overrideEnv = "CREDITWATCH_ENGINE"

// ErrNotFound reports that no engine could be had; its text says what to do about it.
var ErrNotFound = errors.New("no ClickHouse engine")

// notFound joins the cause with the three ways out.
func notFound(cause error) error {
	return fmt.Errorf(`%w: %w
Any one of these helps:
  1. install Node.js with npm (20 or newer) and allow it to reach its registry; the engine is then fetched once (180 MB) into the user's cache;
  2. install ClickHouse (24 or newer) so that the program "clickhouse" is on PATH;
  3. set %s to libchdb.so or a clickhouse program, or set warehouse.address to a ClickHouse server, for example http://host:8123`,
		ErrNotFound, cause, overrideEnv)
}

// Locate returns the library or program to run as the engine: the one that CREDITWATCH_ENGINE names, else a
// `clickhouse` on PATH that is new enough, else the pinned library, fetched with npm on the first call of a user.
// progress hears one line per step of that fetch and may be nil.
func Locate(ctx context.Context, progress func(string)) (string, error) {
	if path := os.Getenv(overrideEnv); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", notFound(fmt.Errorf("%s: %w", overrideEnv, err))
		}
		return filepath.Abs(path)
	}
	if path, ok := onPath(ctx); ok {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", notFound(err)
	}
	path, err := install(ctx, filepath.Join(cache, "creditwatch", "engine"), npmCI, progress)
	if err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", notFound(err)
	}
	return path, nil
}

var versionLine = regexp.MustCompile(`\b(\d{2,})\.\d+\.\d+`)

// onPath looks for a `clickhouse` that can open its ports in local mode.
func onPath(ctx context.Context) (string, bool) {
	path, err := exec.LookPath("clickhouse")
	if err != nil {
		return "", false
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "local", "--version").Output()
	m := versionLine.FindSubmatch(out)
	if err != nil || m == nil {
		return "", false
	}
	if major, _ := strconv.Atoi(string(m[1])); major < 24 {
		return "", false
	}
	// Older local modes refuse the statement; one that knows it listens on the port given and ends.
	port, err := freePort()
	if err != nil {
		return "", false
	}
	dir, err := os.MkdirTemp("", "creditwatch-probe-")
	if err != nil {
		return "", false
	}
	defer os.RemoveAll(dir)
	err = exec.CommandContext(ctx, path, "local", "--path="+dir, "--http_port="+strconv.Itoa(port),
		"--listen_host=127.0.0.1", "--query", "SYSTEM START LISTEN HTTP").Run()
	return path, err == nil
}

// npmCI installs what the package-lock.json in dir pins; npm refuses bytes whose integrity hash differs.
func npmCI(ctx context.Context, dir string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("npm is not on PATH: %w", err)
	}
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
	cmd.Dir = dir
	cmd.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("npm ci: %w: %s", err, lastLines(out.String(), 6))
	}
	return nil
}

// mark is written beside an installed library after its hash was taken; later starts compare the size.
type mark struct {
	Library string `json:"library"` // relative to the mark
	Size    int64  `json:"size"`
	SHA256  string `json:"sha256"`
}

const markFile = "installed.json"

// install returns the pinned library under root, fetching it if it is not there. The fetch goes into a directory
// beside the final one and is renamed when whole; a file lock keeps two processes from fetching twice.
func install(ctx context.Context, root string, fetch func(ctx context.Context, dir string) error, progress func(string)) (string, error) {
	if progress == nil {
		progress = func(string) {}
	}
	pkg, ok := packages[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return "", fmt.Errorf("no engine library is pinned for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	manifest, err := npmFiles.ReadFile("npm/package.json")
	if err != nil {
		return "", err
	}
	lock, err := npmFiles.ReadFile("npm/package-lock.json")
	if err != nil {
		return "", err
	}
	version, err := pinnedVersion(lock, pkg)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(lock)
	final := filepath.Join(root, version+"-"+hex.EncodeToString(sum[:4]))
	if path, err := installed(final); err == nil {
		return path, nil
	}

	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	guard := flock.New(final + ".lock")
	if got, err := guard.TryLock(); err != nil {
		return "", fmt.Errorf("lock %s: %w", guard.Path(), err)
	} else if !got {
		progress("waiting for another process that is fetching the ClickHouse engine")
		if _, err := guard.TryLockContext(ctx, 100*time.Millisecond); err != nil {
			return "", fmt.Errorf("lock %s: %w", guard.Path(), err)
		}
	}
	defer guard.Unlock() //nolint:errcheck // closing the file frees it
	if path, err := installed(final); err == nil {
		return path, nil // the other process has done it
	}

	stale, _ := filepath.Glob(final + ".part-*") // of a fetch that was killed; the lock is ours
	for _, dir := range append(stale, final) {
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
	}
	part, err := os.MkdirTemp(root, filepath.Base(final)+".part-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(part)
	for name, data := range map[string][]byte{"package.json": manifest, "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(part, name), data, 0o644); err != nil {
			return "", err
		}
	}
	progress(fmt.Sprintf("fetching the ClickHouse engine %s with npm, once for this user (180 MB)", version))
	began := time.Now()
	if err := fetch(ctx, part); err != nil {
		return "", err
	}
	lib := filepath.Join("node_modules", filepath.FromSlash(pkg), "libchdb.so")
	progress("checking the engine library")
	m, err := measure(part, lib)
	if err != nil {
		return "", fmt.Errorf("package %s %s: %w", pkg, version, err)
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(part, markFile), data, 0o644); err != nil {
		return "", err
	}
	if err := os.Rename(part, final); err != nil {
		return "", err
	}
	progress(fmt.Sprintf("the ClickHouse engine is ready after %s", time.Since(began).Round(time.Second)))
	return installed(final)
}

// installed returns the library that dir holds, if its mark is there and its size is the one marked. The hash is
// not taken again: half a second of every start, against a file that only its owner can write.
func installed(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, markFile))
	if err != nil {
		return "", err
	}
	var m mark
	if err := json.Unmarshal(data, &m); err != nil {
		return "", err
	}
	path := filepath.Join(dir, m.Library)
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() != m.Size {
		return "", fmt.Errorf("%s: has %d bytes, want %d", path, info.Size(), m.Size)
	}
	return path, nil
}

func measure(dir, lib string) (mark, error) {
	f, err := os.Open(filepath.Join(dir, lib))
	if err != nil {
		return mark{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return mark{}, err
	}
	return mark{Library: lib, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

func pinnedVersion(lock []byte, pkg string) (string, error) {
	var l struct {
		Packages map[string]struct{ Version string }
	}
	if err := json.Unmarshal(lock, &l); err != nil {
		return "", fmt.Errorf("package-lock.json: %w", err)
	}
	v := l.Packages["node_modules/"+pkg].Version
	if v == "" {
		return "", fmt.Errorf("package-lock.json: does not pin %s", pkg)
	}
	return v, nil
}

// lastLines returns the end of s as one line.
func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}

// A Pin is the engine library that this program fetches on a platform.
type Pin struct {
	Package, Version, License string
	SHA512                    string // of the package as the registry hands it out, hexadecimal
}

// Pinned returns the pin of this platform; false where there is none.
func Pinned() (Pin, bool) {
	name, ok := packages[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return Pin{}, false
	}
	text, err := npmFiles.ReadFile("npm/package-lock.json")
	if err != nil {
		panic(err) // embedded
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity, License string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		panic(err) // held by a test
	}
	p := lock.Packages["node_modules/"+name]
	sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.Integrity, "sha512-"))
	if err != nil {
		panic(err) // held by a test
	}
	return Pin{Package: name, Version: p.Version, License: p.License, SHA512: hex.EncodeToString(sum)}, true
}
