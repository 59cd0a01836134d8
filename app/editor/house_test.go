package editor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheReadmeSaysWhereThingsAreAdded: every path in the table of "How to add …" is there,
// and every table that it names is declared in the file that it names.
func TestTheReadmeSaysWhereThingsAreAdded(t *testing.T) {
	root := filepath.Join("..", "..")
	data, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(data), "## How to add …")
	if !ok {
		t.Fatal(`README.md has no section "How to add …"`)
	}
	section, _, _ = strings.Cut(section, "A new folder")
	paths := regexp.MustCompile("`([a-z][a-zA-Z_/]*(?:/|\\.go|\\.json))`")
	tables := regexp.MustCompile("`([A-Za-z]+)` in `([a-zA-Z_/]+\\.go)`")
	rows, named := 0, 0
	for _, line := range strings.Split(section, "\n") {
		if !strings.HasPrefix(line, "| a") {
			continue
		}
		rows++
		for _, m := range paths.FindAllStringSubmatch(line, -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil && m[1] != "en.json" {
				t.Errorf("%s\nnames %s: %v", line, m[1], err)
			}
		}
		for _, m := range tables.FindAllStringSubmatch(line, -1) {
			named++
			if !declares(t, filepath.Join(root, m[2]), m[1]) {
				t.Errorf("%s declares no list %s", m[2], m[1])
			}
		}
	}
	if rows < 12 || named < 11 {
		t.Errorf("%d rows with %d tables", rows, named)
	}
}

// declares says whether a file declares a package variable that is a list.
func declares(t *testing.T, path, name string) bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for i, n := range v.Names {
				if n.Name != name {
					continue
				}
				_, typed := v.Type.(*ast.ArrayType)
				return typed || i < len(v.Values) && isList(v.Values[i])
			}
		}
	}
	return false
}

func isList(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CompositeLit:
		_, ok := e.Type.(*ast.ArrayType)
		return ok
	case *ast.CallExpr: // slices.Concat of lists
		s, ok := e.Fun.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "Concat"
	}
	return false
}
