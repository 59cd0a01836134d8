package fetch

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// until waits for a state of an item.
func until(t *testing.T, q *Queue, number int, state State) Item {
	t.Helper()
	for range 400 {
		for _, i := range q.List() {
			if i.Number == number && i.State == state {
				return i
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("item %d does not become %d: %+v", number, state, q.List())
	return Item{}
}

// TestTheQueue runs so many at once, is paused, goes on, and is taken up by the next run of the program.
func TestTheQueue(t *testing.T) {
	data := model(400_000, 30)
	var open, most atomic.Int32
	var free atomic.Bool
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		most.Store(max(most.Load(), open.Add(1)))
		defer open.Add(-1)
		if !free.Load() && req.Header.Get("Range") == "" {
			w.Header().Set("ETag", `"v"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			_, _ = w.Write(data[:100_000])
			w.(http.Flusher).Flush()
			<-req.Context().Done()
			return
		}
		serve(w, req, data, `"v"`, -1)
	})
	r.client.Idle = 10 * time.Second
	q := NewQueue(r.client, 2, func() {})
	for _, name := range []string{"a", "b", "c", "d"} {
		q.Add(r.want("/"+name+".safetensors"), r.into)
	}
	q.Add(r.want("/a.safetensors"), r.into)
	if n := len(q.List()); n != 4 {
		t.Errorf("%d items, want one a file", n)
	}
	for range 400 {
		if l := q.List(); l[0].Progress.Done > 0 && l[1].Progress.Done > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	q.Pause(1)
	until(t, q, 1, Paused)
	until(t, q, 3, Running)
	q.Remove(2)
	until(t, q, 4, Running)
	q.Pause(4)
	if i := until(t, q, 4, Paused); i.Err != nil {
		t.Error(i.Err)
	}
	q.Close()
	if most.Load() > 2 {
		t.Errorf("%d at once, want 2", most.Load())
	}
	if f := r.files(); !strings.HasPrefix(f, "a.safetensors.part") || strings.Contains(f, "b.") {
		t.Errorf("there are %s", f)
	}

	free.Store(true)
	q = NewQueue(r.another(r.client.Folder), 1, func() {})
	q.Resume(true)
	defer q.Close()
	if l := q.List(); len(l) != 3 || l[0].State != Paused || l[0].Progress.Done == 0 {
		t.Fatalf("the next run has %+v", l)
	}
	until(t, q, 2, Done) // c ran when the program ended
	q.Continue(1)
	q.Continue(3)
	until(t, q, 1, Done)
	until(t, q, 3, Done)
	for _, name := range []string{"a", "c", "d"} {
		r.holds(name+".safetensors", data)
	}
	if left := r.client.Unfinished(); len(left) != 0 {
		t.Errorf("%+v is left", left)
	}
}

// TestAQueryTellsFilesApart: two files of one address are two downloads, and the end of one leaves
// the other what has come of it, also after a restart.
func TestAQueryTellsFilesApart(t *testing.T) {
	data := model(300_000, 33)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("ETag", `"v"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Header().Set("Content-Disposition", `attachment; filename="`+req.URL.Query().Get("file")+`.safetensors"`)
		_, _ = w.Write(data[:100_000])
		w.(http.Flusher).Flush()
		<-req.Context().Done()
	})
	r.client.Idle = 10 * time.Second
	q := NewQueue(r.client, 2, func() {})
	for _, query := range []string{"?file=a", "?file=b", "?file=b"} {
		q.Add(r.want("/get"+query), r.into)
	}
	if n := len(q.List()); n != 2 {
		t.Fatalf("%d items, want one a file", n)
	}
	for _, number := range []int{1, 2} {
		for range 400 {
			if q.List()[number-1].Progress.Done > 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		q.Pause(number)
		until(t, q, number, Paused)
	}
	q.Close()
	if f := r.files(); f != "a.safetensors.part b.safetensors.part" {
		t.Fatalf("there are %s", f)
	}
	q = NewQueue(r.another(r.client.Folder), 2, func() {})
	q.Resume(false)
	defer q.Close()
	if n := len(q.List()); n != 2 {
		t.Fatalf("the next run has %d items, want 2", n)
	}
	q.Remove(1)
	if f := r.files(); f != "b.safetensors.part" {
		t.Errorf("after the first was removed there are %s", f)
	}
	if left := r.client.Unfinished(); len(left) != 1 || !strings.HasSuffix(left[0].URL, "file=b") {
		t.Errorf("remembered: %+v", left)
	}
}

// TestAFailureIsKeptWithItsReason, and is tried again when asked.
func TestAFailureIsKeptWithItsReason(t *testing.T) {
	data := model(10_000, 31)
	var good atomic.Bool
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		if !good.Load() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		serve(w, req, data, `"v"`, -1)
	})
	q := NewQueue(r.client, 1, func() {})
	defer q.Close()
	q.Add(r.want("/a.safetensors"), r.into)
	failed(t, until(t, q, 1, Failed).Err, "status 403", "token")
	good.Store(true)
	q.Continue(1)
	until(t, q, 1, Done)
	q.Remove(1)
	if len(q.List()) != 0 {
		t.Error("it stays in the list")
	}
	r.holds("a.safetensors", data)
}

// TestAKilledProgramGoesOn with what was on the disk.
func TestAKilledProgramGoesOn(t *testing.T) {
	if at := os.Getenv("PENTIMENTO_TEST_FETCH"); at != "" {
		victim(at)
		return
	}
	data := model(300_000, 32)
	first := make(chan bool, 1)
	first <- true
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		select {
		case <-first:
			w.Header().Set("ETag", `"v"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			for at := 0; at < 200_000; at += 20_000 {
				_, _ = w.Write(data[at : at+20_000])
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
			<-req.Context().Done()
		default:
			serve(w, req, data, `"v"`, -1)
		}
	})
	cmd := exec.Command(os.Args[0], "-test.run=^TestAKilledProgramGoesOn$")
	cmd.Env = append(os.Environ(), "PENTIMENTO_TEST_FETCH="+r.server.URL+"/a.safetensors|"+r.client.Folder+"|"+r.into)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	synced := int64(0)
	for range 500 {
		if l := r.client.Unfinished(); len(l) == 1 && l[0].Synced > 50_000 {
			synced = l[0].Synced
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if synced == 0 {
		t.Fatal("the other process has kept nothing")
	}
	if _, err := r.fetch(r.want("/a.safetensors")); err != nil {
		t.Fatal(err)
	}
	r.holds("a.safetensors", data)
	if got := r.asked[1].Header.Get("Range"); got == "" || len(r.asked) != 2 {
		t.Errorf("after %d bytes were kept, %q was asked for in %d requests", synced, got, len(r.asked))
	}
}

// victim fetches until it is killed.
func victim(at string) {
	parts := strings.Split(at, "|")
	c := New(parts[1], "test")
	c.Ask = func(context.Context, string) error { return nil }
	c.KeepEvery = 10 * time.Millisecond
	w, _ := c.Parse(parts[0])
	_, _ = c.Fetch(context.Background(), w, Options{Into: parts[2]})
}
