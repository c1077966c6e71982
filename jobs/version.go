package jobs

import (
	_ "embed"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/spf13/cobra"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/engine"
)

// licences names the licence of every module that the program is built of, a module and its SPDX expression a line. A test holds it
// against the modules and the texts that come with them.
//
//go:embed licences.txt
var licences string

func versionCommand(a *app) *cobra.Command {
	var sbom bool
	c := &cobra.Command{
		Use:   "version",
		Short: "the version, or with --sbom what the program is built of",
		Long: "Print the version. With --sbom print a bill of materials as CycloneDX 1.6 JSON: every module with its version, its sum of\n" +
			"go.sum and its licence, and the engine library with the hash by which it is fetched.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return fmt.Errorf("this program was built without its list of modules")
			}
			if sbom {
				return writeBOM(a.out, info)
			}
			line := fmt.Sprintf("creditwatch %s, schema %04d, %s %s/%s", version(), warehouse.LatestSchema(), info.GoVersion, runtime.GOOS, runtime.GOARCH)
			if pin, ok := engine.Pinned(); ok {
				line += fmt.Sprintf(", engine %s %s", pin.Package, pin.Version)
			}
			_, err := fmt.Fprintln(a.out, line)
			return err
		},
	}
	c.Flags().BoolVar(&sbom, "sbom", false, "print the bill of materials (CycloneDX JSON)")
	return c
}

// writeBOM writes the bill of materials; the same program gives the same bytes.
func writeBOM(w io.Writer, info *debug.BuildInfo) error {
	spdx := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(licences), "\n") {
		module, expression, _ := strings.Cut(line, " ")
		spdx[module] = expression
	}
	licensed := func(expression string) *cyclonedx.Licenses {
		if expression == "" {
			return nil // unknown is not none
		}
		return &cyclonedx.Licenses{{Expression: expression}}
	}
	self := cyclonedx.Component{
		BOMRef: "pkg:golang/creditwatch", Type: cyclonedx.ComponentTypeApplication, Name: "creditwatch", Version: version(), Licenses: licensed("Apache-2.0"),
		Properties: &[]cyclonedx.Property{{Name: "go:version", Value: info.GoVersion}, {Name: "go:platform", Value: runtime.GOOS + "/" + runtime.GOARCH}},
	}
	var parts []cyclonedx.Component
	var refs []string
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		purl := "pkg:golang/" + m.Path + "@" + url.PathEscape(m.Version)
		parts = append(parts, cyclonedx.Component{
			BOMRef: purl, PackageURL: purl, Type: cyclonedx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, Scope: cyclonedx.ScopeRequired,
			Licenses: licensed(spdx[m.Path]), Properties: &[]cyclonedx.Property{{Name: "go:sum", Value: m.Sum}},
		})
		refs = append(refs, purl)
	}
	if pin, ok := engine.Pinned(); ok {
		purl := "pkg:npm/" + strings.Replace(pin.Package, "@", "%40", 1) + "@" + pin.Version
		parts = append(parts, cyclonedx.Component{
			BOMRef: purl, PackageURL: purl, Type: cyclonedx.ComponentTypeLibrary, Name: pin.Package, Version: pin.Version, Scope: cyclonedx.ScopeOptional,
			Description: "embedded ClickHouse, fetched at the first start where no other engine is named",
			Licenses:    licensed(pin.License), Hashes: &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA512, Value: pin.SHA512}},
		})
		refs = append(refs, purl)
	}
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{Component: &self}
	bom.Components = &parts
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: self.BOMRef, Dependencies: &refs}}
	return cyclonedx.NewBOMEncoder(w, cyclonedx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).EncodeVersion(bom, cyclonedx.SpecVersion1_6)
}
