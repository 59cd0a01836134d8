package ort

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// anonymous is what this process holds that is in no file, in MB, without Go's garbage.
func anonymous(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "RssAnon:" {
			return must(strconv.Atoi(f[1])) >> 10
		}
	}
	t.Fatal("no RssAnon")
	return 0
}

// TestWorkingMemoryGoesBackToTheSystem is what becomes of the arena that all sessions on the
// processor share: of a session that is closed, and of an evaluation that is ended early.
func TestWorkingMemoryGoesBackToTheSystem(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says how much of a process's memory is in no file")
	}
	const width, rows, least = 64, 300_000, 120 // values of 77 MB, of which two are needed at once
	g, _, _ := chain(t, width, 12)
	x := row(rows, width)
	open(t, g, model.Options{}).Close() // the library is loaded, and its threads are started
	for _, way := range []string{"cancelled", "cancelled between two evaluations", "closed"} {
		s := open(t, g, model.Options{})
		before := anonymous(t)
		run(t, s, x)
		if grown := anonymous(t) - before; grown < least {
			t.Fatalf("%s: an open session works in %d MB, want at least %d for this test to mean something", way, grown, least)
		}
		if way == "closed" {
			_ = s.Close()
		} else {
			ctx, cancel := context.WithCancel(context.Background())
			if way == "cancelled" {
				time.AfterFunc(50*time.Millisecond, cancel)
			} else {
				cancel()
			}
			for err := error(nil); err == nil; {
				_, err = s.Run(ctx, map[string]*tensor.Tensor{"x": x})
			}
			_ = begun.rest(context.Background()) // it ends at the next operator
		}
		if left := anonymous(t) - before; left > least/4 {
			t.Errorf("%s: %d MB of working memory are still held", way, left)
		}
		_ = s.Close()
	}
}

// TestNarrowWeightsStayInTheirFile is low-memory mode with weights of two bytes and of four: they
// are in memory only while they are used, and the numbers are those of the usual mode.
func TestNarrowWeightsStayInTheirFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says how much of a process's memory is in no file")
	}
	const width, n = 2048, 8 // 134 MB in fp32
	for _, narrow := range []bool{true, false} {
		g, path, values := chain(t, width, n)
		if narrow {
			var data []byte
			nodes := g.Nodes
			g.Nodes = nil
			for i, w := range values {
				g.Weights[i].Type, g.Weights[i].Offset, g.Weights[i].Length = graph.Float16, int64(len(data)), 2*width*width
				wide := fmt.Sprintf("wide%d", i)
				nodes[i].Inputs[1] = wide
				g.Nodes = append(g.Nodes, &graph.Node{Op: "Cast", Name: wide, Inputs: []string{g.Weights[i].Name}, Outputs: []string{wide}, Attrs: map[string]any{"to": int64(graph.Float32)}}, nodes[i])
				for _, v := range w {
					data = graph.AppendHalf(data, v)
				}
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		x := row(3, width)
		usual := open(t, g, model.Options{})
		want := run(t, usual, x)
		_ = usual.Close()
		before, file := anonymous(t), residentFile(t)
		s := open(t, g, model.Options{LowMemory: true})
		got := run(t, s, x)
		if held, mapped := anonymous(t)-before, (residentFile(t)-file)>>20; held > 40 || mapped > 40 {
			t.Errorf("narrow %v: between evaluations a session in low-memory mode holds %d MB, and %d MB of its file, want at most 40", narrow, held, mapped)
		}
		if !slices.Equal(got.Data, want.Data) {
			t.Errorf("narrow %v: other numbers than in the usual mode, by up to %g", narrow, worst(got.Data, want.Data))
		}
		_ = s.Close()
	}
}
