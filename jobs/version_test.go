package jobs

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"

	"creditwatch/pipeline/warehouse/engine"
)

var updateLicences = flag.Bool("update-licences", false, "write licences.txt of the modules as they are")

// grants are the licences that the program may contain, each known by a sentence of its text. A text may have several, of
// parts of the module.
var grants = []struct{ spdx, sentence string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"BSD-3-Clause", "Redistribution and use in source and binary forms"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[sc]e|copying)(\.\w+)?$`)
	noNames     = regexp.MustCompile(`(?i)neither the name|names of its contributors`) // the third clause
	copyleft    = regexp.MustCompile(`(?i)GNU (affero |lesser )?general public licen[sc]e`)
)

// TestLicences: every module that is linked in comes under a licence that we may ship, and licences.txt says which.
func TestLicences(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", "creditwatch").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	var lines []string
	for i := 0; i < len(modules); i += 2 {
		path, dir := modules[i], modules[i+1]
		if slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, path+" ") }) {
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) {
				continue
			}
			data, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(strings.Fields(string(data)), " ")
			if copyleft.MatchString(text) && !strings.Contains(text, "Mozilla Public License") { // which speaks of it
				t.Errorf("%s: %s is copyleft", path, e.Name())
			}
			for _, g := range grants {
				spdx := g.spdx
				if spdx == "BSD-3-Clause" && !noNames.MatchString(text) {
					spdx = "BSD-2-Clause"
				}
				if strings.Contains(text, g.sentence) && !slices.Contains(found, spdx) {
					found = append(found, spdx)
				}
			}
		}
		if len(found) == 0 {
			t.Errorf("%s: no licence that is known here in %s", path, dir)
		}
		lines = append(lines, path+" "+strings.Join(found, " AND "))
	}
	slices.Sort(lines)
	want := strings.Join(lines, "\n") + "\n"
	if *updateLicences {
		if err := os.WriteFile("licences.txt", []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(lines) < 40 {
		t.Errorf("%d modules found; the program has more", len(lines))
	}
	named := strings.Split(licences, "\n")
	for _, line := range lines { // a row of a module that is no longer linked in does no harm
		if !slices.Contains(named, line) {
			t.Errorf("licences.txt lacks the row %q; go test ./jobs -run TestLicences -update-licences", line)
		}
	}
	if !slices.IsSorted(named[:len(named)-1]) {
		t.Error("licences.txt is not in order")
	}
}

// TestBOM: the bill of materials is read by the library of its format, names every module once, and is the same every time.
func TestBOM(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.99", Deps: []*debug.Module{
		{Path: "github.com/rs/zerolog", Version: "v1.35.1", Sum: "h1:abc="},
		{Path: "example.com/old", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/new", Version: "v0.0.0-2026+incompatible", Sum: "h1:def="}},
	}}
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := writeBOM(out, info); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Error("two bills of the same program differ")
	}
	bom := new(cyclonedx.BOM)
	if err := cyclonedx.NewBOMDecoder(&first, cyclonedx.BOMFileFormatJSON).Decode(bom); err != nil {
		t.Fatal(err)
	}
	parts := map[string]cyclonedx.Component{}
	for _, c := range *bom.Components {
		parts[c.Name] = c
	}
	if c := parts["github.com/rs/zerolog"]; c.Version != "v1.35.1" || (*c.Licenses)[0].Expression != "MIT" || (*c.Properties)[0].Value != "h1:abc=" || c.PackageURL != "pkg:golang/github.com/rs/zerolog@v1.35.1" {
		t.Errorf("zerolog: %+v", c)
	}
	if _, ok := parts["example.com/old"]; ok || parts["example.com/new"].Licenses != nil || parts["example.com/new"].Version == "" {
		t.Errorf("what is replaced: %+v", parts)
	}
	pin, ok := engine.Pinned()
	if !ok {
		t.Skip("no engine is pinned for this platform")
	}
	// The hash of package-lock.json, made hexadecimal by: base64 -d | xxd -p
	c := parts[pin.Package]
	if c.Hashes == nil || len((*c.Hashes)[0].Value) != 128 || !strings.HasPrefix((*c.Hashes)[0].Value, "5cff7b98ca") {
		t.Errorf("engine: %+v", c)
	}
}
