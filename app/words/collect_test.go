package words_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
)

// quiet are the rooms of app whose texts don't reach the window; all others are searched.
var quiet = map[string]string{
	"gpubench": "a measurement for engineers; its figures are JSON",
	"cli":      "what the verbs print is English", "engine": "errors, English", "pen": "names of devices", "jobs": "knows labels of others only", "words": "the catalogue",
	"library": "errors, English", "fetch": "errors, and notes that belong to them; the catalogue's texts are read from its table", "settings": "errors, and values on the disk", "commission": "errors, and texts of recipes",
}

// shown are the fields of tables that are translated where they are shown.
var shown = map[string]bool{"Name": true, "Help": true, "Why": true, "Also": true, "Menu": true, "Title": true, "Least": true}

// shownVars are the tables without such fields.
var shownVars = []string{"Menus", "keptTitles", "noPrompt", "ignored", "samePicture", "diffusionOnly", "themeNames", "yesNo", "transformLabel", "alignNames"}

// steps are the methods that take the label of a history step, which stays English on the
// disk and is translated in the history panel.
var steps = []string{"Begin", "Edit", "property", "setMask", "reshape", "reshapeThen", "rework", "BeginTrial", "Adjust", "adjustAtOnce", "selects", "reselect", "found", "selectThing", "selectFound", "selectBy", "layFound", "layFinds", "step", "CoverRegion"}

// hidden are the calls and fields whose texts are not for the window.
var (
	hiddenCalls = []string{"NewProc", "errors.New", "fmt.Errorf", "fault.New", "os.Getenv", "strings.HasPrefix", "strings.TrimPrefix", "strings.TrimSuffix", "editor.Find", "ed.Key",
		"Value", "Int", "Float", "Get", "pickGiven"} // the last: keys of recipes
	hiddenFields = []string{"Keys", "Sampler", "Schedule", "program"}
)

// exceptions are texts that stay as they are, each with its reason.
var exceptions = map[string]string{
	"Pentimento": "the program's name", " — Pentimento": "the program's name", "Pentimento ": "the program's name",
	"A command of a usual length": "measures a line", "A step of some length": "measures a line", " fill": "in a history step, which is kept in English", "Open ": "in a history step",
	"UserComment": "a key of EXIF", "Tools": "a menu's id, translated with the others", "x %d, y %d   ": "coordinates",
	"ComfyUI/models/checkpoints": "a folder", "Models": "a folder", "Downloads": "a folder",
	"A1111": "a program", "ComfyUI": "a program", "InvokeAI": "a program", "Documents/ComfyUI": "a folder", "StabilityMatrix/Models": "a folder", "which can't be read": "a piece of an error",
	"IN%02d": "a block, as people call it everywhere", "M00": "a block", "OUT%02d": "a block", "BF16": "a type as files call it",
	`--(?:ckpt-dir|vae-dir|lora-dir|lyco-dir|embeddings-dir|hypernetwork-dir|controlnet-dir|esrgan-models-path|realesrgan-models-path|text-encoder-dir|unet-dir|models-dir|ckpt-dirs|lora-dirs)[= ]+(?:"([^"]+)"|'([^']+)'|([^\s"']+))`: "a pattern",
	`[ \x{a0}]?\(([^()\s]{1,16})\)(?:\.?[\pL\d_]+)?`: "a pattern",
}

// key is a key of the table of actions.
var key = regexp.MustCompile(`^((Ctrl|Shift|Alt)\+)*(.|F\d+|Ctrl|Shift|Alt|Enter|Escape|Left|Right|Up|Down|Delete|Backspace|Space|Tab|Home|End|PageUp|PageDown|Insert)?$`)

// environment is the name of a variable of the environment, or a word in capitals.
var environment = regexp.MustCompile(`^[A-Z][A-Z_]+$`)

type site struct {
	at   token.Position
	text string
}

// texts is what the rooms of the window say.
type texts struct {
	ids              map[string]string // to the form for one thing, "" for texts without number
	outside, misfits []site
	excepted         map[string]bool
}

var collected = sync.OnceValues(func() (*texts, error) {
	c := &texts{ids: map[string]string{}, excepted: map[string]bool{}}
	rooms := []string{"../../tools", "../../pipeline"}
	entries, err := os.ReadDir("..")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() && quiet[e.Name()] == "" {
			rooms = append(rooms, "../"+e.Name())
		}
	}
	for _, room := range rooms {
		files, err := filepath.Glob(room + "/*.go")
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("%s: no files, %v", room, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			w := &walk{texts: c, set: token.NewFileSet(), tools: filepath.Base(room) == "tools"}
			f, err := parser.ParseFile(w.set, path, nil, 0)
			if err != nil {
				return nil, err
			}
			if filepath.Base(room) == "pipeline" {
				ast.Inspect(f, w.told)
			} else {
				ast.Inspect(f, w.visit)
			}
		}
	}
	fromTables(c.ids)
	return c, nil
})

func collect(t *testing.T) *texts {
	t.Helper()
	c, err := collected()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// walk looks at one file.
type walk struct {
	*texts
	set   *token.FileSet
	stack []ast.Node
	tools bool // every text there is a label or a name
}

func (w *walk) visit(n ast.Node) bool {
	if n == nil {
		w.stack = w.stack[:len(w.stack)-1]
		return true
	}
	switch x := n.(type) {
	case *ast.ImportSpec:
		return false
	case *ast.Field:
		if x.Tag != nil {
			return false
		}
	case *ast.CallExpr:
		w.call(x)
	case *ast.BasicLit:
		if x.Kind == token.STRING {
			text, _ := strconv.Unquote(x.Value)
			w.literal(x, text)
		}
	}
	w.stack = append(w.stack, n)
	return true
}

// told takes what package pipeline says of a run and of its problems, in full sentences;
// what it says with values stays English, as errors do.
func (w *walk) told(n ast.Node) bool {
	if x, ok := n.(*ast.CallExpr); ok && slices.Contains([]string{"c.block", "c.warn", "r.say"}, name(x.Fun)) {
		for _, arg := range x.Args {
			if text := literal(arg); strings.Contains(text, " ") {
				w.ids[text] = ""
			}
		}
	}
	return true
}

// call takes the ids of T and N, and compares their values with their verbs.
func (w *walk) call(x *ast.CallExpr) {
	forms := map[string]int{"words.T": 1, "words.N": 3}[name(x.Fun)]
	if forms == 0 || x.Ellipsis.IsValid() {
		return
	}
	id, one := literal(x.Args[forms-1]), ""
	if forms == 3 {
		one = literal(x.Args[1])
	}
	values := len(x.Args) - forms
	switch {
	case id == "": // a row of a table
	case forms == 1 && values > 0 && count(id) != values, forms == 1 && values == 0 && count(id) > 0 && !strings.Contains(id, " %"),
		forms == 3 && (count(id) != values+1 || count(one) != 0 && count(one) != count(id)), w.ids[id] != "" && w.ids[id] != one:
		w.misfits = append(w.misfits, site{w.set.Position(x.Pos()), id})
	default:
		w.ids[id] = one
	}
}

// literal puts a text into the catalogue, or into the list of those outside it.
func (w *walk) literal(x *ast.BasicLit, text string) {
	id := text
	if text == "" || !looksShown(text) && !slices.ContainsFunc(w.stack, isShown) {
		return
	}
up:
	for i := len(w.stack) - 1; i >= 0; i-- {
		switch p := w.stack[i].(type) {
		case *ast.BlockStmt, *ast.ReturnStmt, *ast.AssignStmt, *ast.ExprStmt:
			break up
		case *ast.BinaryExpr:
			if p.Op != token.ADD {
				return // a comparison
			}
			if i == len(w.stack)-1 && p.X == ast.Expr(x) {
				id = text + "%s"
			}
			continue
		case *ast.CaseClause:
			if slices.Contains(p.List, ast.Expr(x)) {
				return
			}
			break up
		case *ast.KeyValueExpr:
			field, _ := p.Key.(*ast.Ident)
			switch {
			case p.Key == ast.Expr(x), field != nil && slices.Contains(hiddenFields, field.Name):
				return
			case field != nil && shown[field.Name]:
				w.ids[id] = ""
				return
			}
			continue
		case *ast.CallExpr:
			called := name(p.Fun)
			method := called[strings.LastIndexByte(called, '.')+1:]
			switch {
			case called == "words.T", called == "words.N", slices.Contains(hiddenCalls, called), slices.Contains(hiddenCalls, method):
				return
			case slices.Contains(steps, method), called == "canvas.Open":
				w.ids[id] = ""
				return
			}
		case *ast.ValueSpec:
			if isShownVar(p) {
				w.ids[id] = ""
				return
			}
			continue
		case *ast.CompositeLit:
			continue
		}
	}
	switch {
	case exceptions[text] != "":
		w.excepted[text] = true
	case w.tools:
		w.ids[id] = ""
	default:
		w.outside = append(w.outside, site{w.set.Position(x.Pos()), text})
	}
}

// isShown says whether all texts of a node are translated where they are shown.
func isShown(n ast.Node) bool {
	if p, ok := n.(*ast.KeyValueExpr); ok {
		field, _ := p.Key.(*ast.Ident)
		return field != nil && shown[field.Name]
	}
	return isShownVar(n)
}

func isShownVar(n ast.Node) bool {
	v, ok := n.(*ast.ValueSpec)
	return ok && slices.Contains(shownVars, v.Names[0].Name)
}

// looksShown says whether a text begins with a capital or has a space, apart from verbs
// and signs, and isn't a key or the name of a variable.
func looksShown(text string) bool {
	bare := strings.TrimSpace(verb.ReplaceAllString(text, ""))
	if !strings.ContainsFunc(bare, unicode.IsLetter) || key.MatchString(text) || environment.MatchString(text) {
		return false
	}
	return unicode.IsUpper([]rune(text)[0]) || strings.Contains(text, " ")
}

// name is a function as it is called: "words.T", "Edit".
func name(fun ast.Expr) string {
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if of, ok := f.X.(*ast.Ident); ok {
			return of.Name + "." + f.Sel.Name
		}
		return "." + f.Sel.Name
	}
	return ""
}

func literal(x ast.Expr) string {
	if l, ok := x.(*ast.BasicLit); ok {
		s, _ := strconv.Unquote(l.Value)
		return s
	}
	return ""
}
