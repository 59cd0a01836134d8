package editor

import (
	"image"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/app/library"
	"pentimento/canvas"
	"pentimento/tools"
)

func TestActionsAreOneSoundTable(t *testing.T) {
	ids := map[string]bool{}
	keys := map[string]string{}
	for i := range Actions {
		a := &Actions[i]
		if a.ID == "" || a.Name == "" || a.Run == nil || ids[a.ID] {
			t.Errorf("action %q is incomplete or twice there", a.ID)
		}
		ids[a.ID] = true
		if a.Menu != "" && !slices.Contains(Menus, a.Menu) {
			t.Errorf("%s stands in menu %q, which is none", a.ID, a.Menu)
		}
		for _, k := range a.Keys {
			// Two actions may share a key only where the first can be disabled.
			if first, taken := keys[k]; taken && Find(first).Enabled == nil {
				t.Errorf("key %q of %s never gets past %s", k, a.ID, first)
			} else if !taken {
				keys[k] = a.ID
			}
		}
	}
	for _, row := range tools.All {
		if Find("tool."+row.Name) == nil {
			t.Errorf("tool %s has no action", row.Name)
		}
	}
}

// TestNoKeyIsTakenTwice: in a program that has everything (a library, a model, work on the
// canvas), no two actions that could both run share a key. Only while a candidate is shown
// may the candidate's actions hide others of their keys.
func TestNoKeyIsTakenTwice(t *testing.T) {
	b, _ := beginner(t)
	b.SetFill(diffusing)
	b.Provenance.Library, b.Keeping.Folder = library.Open(t.TempDir(), 1<<30), t.TempDir()
	t.Cleanup(b.Provenance.Close) // it writes the candidates down: before its folder goes
	b.Sample, b.Settings.Recent = []byte{1}, []string{"one"}
	for i := range 2 { // two places, the first of which is accepted
		b.arriveAt(image.Rect(0, 0, 64, 64), diffusion("kite", int64(i)), 1)
	}
	b.Fills.Accept()
	b.AddLayer()
	b.Undo()
	b.maskRect(image.Rect(9, 9, 20, 20))
	b.Edit("third", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 128, 128)) })
	b.Undo()
	for _, shown := range []bool{true, false} {
		if !shown {
			b.Fills.DiscardAll() // can be brought back
		}
		if hasCandidate(b.Editor) != shown {
			t.Fatalf("a candidate is on show: %v", !shown)
		}
		first := map[string]string{}
		for i := range Actions {
			a := &Actions[i]
			for _, key := range a.Keys {
				switch by := first[key]; {
				case !a.Can(b.Editor):
				case by == "":
					first[key] = a.ID
				case !shown || !strings.HasPrefix(by, "candidate."):
					t.Errorf("%s can run and %s has its key %s", a.ID, by, key)
				}
			}
		}
		for _, id := range []string{"library.open", "live.toggle", "recipe.made", "edit.undo", "edit.redo"} {
			if !Find(id).Can(b.Editor) {
				t.Errorf("%s cannot run: the program of this test is not full", id)
			}
		}
	}
}

// TestEveryActionSurvivesAnyMoment runs every action in every situation: none may panic,
// and each leaves a picture that can be undone to the start.
func TestEveryActionSurvivesAnyMoment(t *testing.T) {
	situations := map[string]func(*bench){
		"empty":   func(b *bench) {},
		"picture": func(b *bench) { b.put(texture(image.Rect(0, 0, 64, 64), 1)) },
		"masked":  func(b *bench) { b.put(texture(image.Rect(0, 0, 64, 64), 1)); b.maskRect(image.Rect(9, 9, 20, 20)) },
		"candidate": func(b *bench) {
			b.put(texture(image.Rect(0, 0, 64, 64), 1))
			b.maskRect(image.Rect(9, 9, 20, 20))
			b.Fills.Fill()
			b.until("it", func() bool { return hasCandidate(b.Editor) })
		},
		"drawing": func(b *bench) { b.SetTool("brush"); b.Press(tools.Pointer{X: 5, Y: 5, Pressure: 1}) },
	}
	if testing.Short() { // the race detector makes a hundred actions take a minute each time
		delete(situations, "candidate")
		delete(situations, "picture")
	}
	for name, prepare := range situations {
		for i := range Actions {
			a := &Actions[i]
			b := newBench(t)
			b.save = filepath.Join(t.TempDir(), "x.png")
			prepare(b)
			if !a.Can(b.Editor) {
				continue
			}
			a.Run(b.Editor)
			b.idle()
			b.CancelTool()
			if strings.HasPrefix(a.ID, "file.") {
				continue // may have started a new document
			}
			b.GoTo(0)
			if !b.Committed().Content().Empty() || b.doc.Editing() {
				t.Errorf("%s, %s: the first step of history is not the empty picture", name, a.ID)
			}
		}
	}
}
