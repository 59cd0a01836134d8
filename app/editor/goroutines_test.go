package editor

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"image"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/tools"
)

// unguarded are the goroutines that may panic for good, with the reason.
var unguarded = map[string]string{
	"app/jobs/jobs.go:workers.Go":  "run guards each job, and nothing else is done there",
	"canvas/journal/journal.go:go": "one that went on after a panic could write a history that never was; the file holds all until then",
	"canvas/sandbox/sandbox.go:go": "run recovers from another's code",
}

// TestNoGoroutineIsBare: a panic on a goroutine of its own ends the program, with the picture
// and all that is computed. So each calls fault.Guard, or is started by Desk.Go or a
// fault.Group.
func TestNoGoroutineIsBare(t *testing.T) {
	used := map[string]bool{}
	for _, top := range []string{"app", "pipeline", "canvas", "tools", "assets"} {
		rooms := map[string]map[string]*ast.File{}
		err := filepath.WalkDir(filepath.Join("..", "..", top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if rooms[filepath.Dir(path)] == nil {
				rooms[filepath.Dir(path)] = map[string]*ast.File{}
			}
			rooms[filepath.Dir(path)][strings.TrimPrefix(filepath.ToSlash(path), "../../")] = f
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, room := range rooms {
			for path, names := range bare(room) {
				for _, name := range names {
					if at := path + ":" + name; unguarded[at] == "" {
						t.Errorf("%s starts a goroutine without fault.Guard", at)
					} else {
						used[at] = true
					}
				}
			}
		}
	}
	for at := range unguarded {
		if !used[at] {
			t.Errorf("%s is excepted and not there", at)
		}
	}
}

// TestBareGoroutinesAreFound, in all forms.
func TestBareGoroutinesAreFound(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
type s struct { all sync.WaitGroup }
func a() { go work(); go func() { work() }(); var wg sync.WaitGroup; wg.Go(work); s.all.Go(func() { work() }) }
func b() { go func() { _ = fault.Guard("b", work) }(); var g fault.Group; g.Go(work); d.Go("b", work, nil); wg.Go(func() { _ = fault.Guard("b", work) }) }`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(bare(map[string]*ast.File{"x.go": f})["x.go"], " "); got != "go go wg.Go all.Go" {
		t.Errorf("found %q, want four", got)
	}
}

// bare lists what starts a goroutine without a guard in the files of a package: "go", or
// "name.Go" of a sync.WaitGroup of that name.
func bare(files map[string]*ast.File) map[string][]string {
	groups := map[string]bool{}
	out := map[string][]string{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				groups[n.Names[0].Name] = groups[n.Names[0].Name] || selects(n.Type, "sync", "WaitGroup")
			case *ast.Field:
				if len(n.Names) > 0 && selects(n.Type, "sync", "WaitGroup") {
					groups[n.Names[0].Name] = true
				}
			}
			return true
		})
	}
	for path, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if !guards(n.Call.Fun) {
					out[path] = append(out[path], "go")
				}
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" && groups[last(s.X)] && !guards(n.Args[0]) {
					out[path] = append(out[path], last(s.X)+".Go")
				}
			}
			return true
		})
	}
	return out
}

// guards says whether a function literal calls fault.Guard.
func guards(fun ast.Expr) (found bool) {
	lit, ok := fun.(*ast.FuncLit)
	if !ok {
		return false
	}
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			found = found || selects(call.Fun, "fault", "Guard")
		}
		return !found
	})
	return found
}

func selects(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	return ok && s.Sel.Name == name && last(s.X) == pkg
}

// last is the last name of a chain of selectors.
func last(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// TestAPanicBesideTheWindowIsSaid and ends what it belongs to: the preview of a change, a
// tool's work; the picture is as before and the next one runs.
func TestAPanicBesideTheWindowIsSaid(t *testing.T) {
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 100, 80), 1))
	before, steps := b.State(), b.steps()
	b.BeginTrial("Blur", func(context.Context, *canvas.State, canvas.LayerID, image.Rectangle, float64, func(float64)) (*canvas.State, error) {
		panic("no such sigma")
	})
	b.until("the end of the trial", func() bool { return b.Trying() == "" })
	b.do(tools.Work{Label: "Gradient", Do: func(context.Context, *canvas.State) (*canvas.State, error) { panic("no such slope") }})
	b.until("the end of the work", func() bool { return !b.Working() })
	said := strings.Join(b.said, "\n")
	if !strings.Contains(said, "no such sigma") || !strings.Contains(said, "no such slope") || b.said[len(b.said)-1] == "" {
		t.Errorf("said %q, want both panics, the last one standing", b.said)
	}
	if b.State() != before || b.steps() != steps {
		t.Error("the picture has changed")
	}
}
