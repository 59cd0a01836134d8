package ort

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

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
	for _, way := range []string{"cancelled", "closed"} {
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
			time.AfterFunc(50*time.Millisecond, cancel)
			for err := error(nil); err == nil; {
				_, err = s.Run(ctx, map[string]*tensor.Tensor{"x": x})
			}
		}
		if left := anonymous(t) - before; left > least/4 {
			t.Errorf("%s: %d MB of working memory are still held", way, left)
		}
		_ = s.Close()
	}
}
