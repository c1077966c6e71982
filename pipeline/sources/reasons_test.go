package sources

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"creditwatch/pipeline/report"
)

// Every word of a column's check has its Chinese in the report: those of the ledger, and whatever this package passes to refuse.
func TestReasonsAreBilingual(t *testing.T) {
	var wants []string
	for _, table := range ledger {
		for _, c := range table.Columns {
			if c.Want != "" {
				wants = append(wants, c.Want)
			}
			if len(c.OneOf) > 0 {
				wants = append(wants, "one of "+strings.Join(c.OneOf, ", "))
			}
		}
	}
	wants = append(wants, wantDecimal, wantWhole, wantNumber, wantDay, wantInstant, wantFlag)
	refused := 0
	eachNode(t, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return
		}
		if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "refuse" {
			if want, ok := spelled(call.Args[0]); ok {
				wants = append(wants, want)
				refused++
			}
		}
	})
	if refused < 8 {
		t.Errorf("%d texts of refusals found in the source, want 8 or more", refused)
	}
	for _, want := range wants {
		for _, form := range []string{"the value 7 is not " + want, `the cell "7" is not ` + want} {
			if r := report.Reason(form); r.ZH == r.EN {
				t.Errorf("%q has no Chinese in the report", form)
			}
		}
	}
}

// The faults of lines and cells are said as literals in the readers.
func TestFaultsAreBilingual(t *testing.T) {
	found := 0
	check := func(fault string) {
		found++
		fault = strings.NewReplacer("%d", "7", "%s", "x").Replace(fault)
		if r := report.Reason(fault); r.ZH == r.EN {
			t.Errorf("%q has no Chinese in the report", fault)
		}
	}
	eachNode(t, func(n ast.Node) {
		assigned, ok := n.(*ast.AssignStmt)
		if !ok || len(assigned.Lhs) != len(assigned.Rhs) {
			return
		}
		for i, to := range assigned.Lhs {
			if s, ok := to.(*ast.SelectorExpr); !ok || s.Sel.Name != "Fault" {
				continue
			}
			said := assigned.Rhs[i]
			if call, ok := said.(*ast.CallExpr); ok && len(call.Args) > 0 { // fmt.Sprintf
				said = call.Args[0]
			}
			if fault, ok := spelled(said); ok && fault != "" && fault != "cell 7 7" { // whose words are those of value and instant, below
				check(fault)
			}
		}
	})
	for _, name := range []string{"scan", "fill", "members"} { // functions that return them
		eachNode(t, func(n ast.Node) {
			f, ok := n.(*ast.FuncDecl)
			if !ok || f.Name.Name != name {
				return
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
					if fault, ok := spelled(r.Results[len(r.Results)-1]); ok && strings.Contains(fault, " ") {
						check(fault)
					}
				}
				return true
			})
		})
	}
	eachNode(t, func(n ast.Node) {
		f, ok := n.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != "value" && f.Name.Name != "instant" {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 2 {
				if fault, ok := spelled(r.Results[1]); ok && fault != "" {
					check("cell B7 " + fault)
				}
			}
			return true
		})
	})
	if found < 18 {
		t.Errorf("%d texts of faults found in the source, want 18 or more", found)
	}
}

// spelled is a string in the source, as far as it is written there; x stands for what is put in.
func spelled(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		a, isA := spelled(e.X)
		b, isB := spelled(e.Y)
		if !isA && !isB {
			return "", false
		}
		return a + b, true
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			s, ok := spelled(e.Args[0])
			return strings.NewReplacer("%d", "7").Replace(s), ok
		}
	}
	return "7", false
}

// eachNode visits the source of this package, without its tests.
func eachNode(t *testing.T, visit func(ast.Node)) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { visit(n); return true })
	}
}
