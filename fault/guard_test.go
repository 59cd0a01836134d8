package fault

import (
	"io"
	"log"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

func quietly(t *testing.T) *strings.Builder {
	var said strings.Builder
	log.SetOutput(&said)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return &said
}

// nilMap is a map in which nothing can be put.
func nilMap() map[int]int { return nil }

func TestAPanicBecomesAnErrorWithItsPlace(t *testing.T) {
	said := quietly(t)
	err := Guard("the thumbnails", func() { nilMap()[1] = 1 })
	if err == nil || !strings.Contains(err.Error(), "the thumbnails") || !strings.Contains(err.Error(), "nil map") || Hint(err) == "" {
		t.Errorf("the error is %v with advice %q", err, Hint(err))
	}
	if !strings.Contains(said.String(), "guard_test.go") {
		t.Errorf("the log does not say where: %s", said)
	}
	if err := Guard("nothing", func() {}); err != nil {
		t.Error(err)
	}
}

// TestAPartPanicsWhereItIsWaitedFor, after all others have ended.
func TestAPartPanicsWhereItIsWaitedFor(t *testing.T) {
	quietly(t)
	var ended atomic.Int32
	err := Guard("all", func() {
		var g Group
		for i := range 8 {
			g.Go(func() {
				defer ended.Add(1)
				if i == 3 {
					panic(io.ErrUnexpectedEOF)
				}
			})
		}
		g.Wait()
	})
	if err == nil || ended.Load() != 8 {
		t.Errorf("%v after %d parts, want an error after 8", err, ended.Load())
	}
}
