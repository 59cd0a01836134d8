package fetch

import (
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestAFileComesWhole, with its hash, under its name, and nothing else lies there.
func TestAFileComesWhole(t *testing.T) {
	data := model(300_000, 1)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="../../dream.safetensors"`)
		serve(w, req, data, `"v1"`, -1)
	})
	got, err := r.fetch(r.want("/x?y=z"))
	if err != nil {
		t.Fatal(err)
	}
	if got.SHA256 != sumOf(data) || got.Size != int64(len(data)) || got.Path != filepath.Join(r.into, "dream.safetensors") {
		t.Errorf("got %+v", got)
	}
	r.holds("dream.safetensors", data)
	if f := r.files(); f != "dream.safetensors" {
		t.Errorf("there are %s", f)
	}
	if left := r.client.Unfinished(); len(left) != 0 {
		t.Errorf("%v is remembered as unfinished", left)
	}
	w := r.want("/x?y=z")
	w.SHA256 = got.SHA256
	w.Name = "dream.safetensors"
	before := len(r.asked)
	if got, err := r.fetch(w); err != nil || !got.There || len(r.asked) != before {
		t.Errorf("a second time: %+v, %v after %d requests; want none for what is there", got, err, len(r.asked)-before)
	}
}

// TestACutDownloadGoesOn where it was cut off, however often, as long as something comes.
func TestACutDownloadGoesOn(t *testing.T) {
	data := model(200_000, 2)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) { serve(w, req, data, `"v1"`, 30_000) })
	if _, err := r.fetch(r.want("/a.safetensors")); err != nil {
		t.Fatal(err)
	}
	r.holds("a.safetensors", data)
	if n := len(r.asked); n < 7 || n > 7 && runtime.GOOS != "windows" { // which drops what came just before a cut
		t.Errorf("%d requests", n)
	}
	at := 0
	for _, q := range r.asked[1:] {
		was := at
		if _, err := fmt.Sscanf(q.Header.Get("Range"), "bytes=%d-", &at); err != nil || at <= was {
			t.Errorf("asked for %q after byte %d", q.Header.Get("Range"), was)
		}
	}
}

// TestServersThatLie: what a server may do wrong, and what becomes of the file.
func TestServersThatLie(t *testing.T) {
	data, other := model(100_000, 3), model(100_000, 4)
	n := 0 // requests of a case
	ranged := func(req *http.Request) bool { return req.Header.Get("Range") != "" }
	for name, c := range map[string]struct {
		answer     http.HandlerFunc
		err, hint  string // "" is none
		note, left string
		data       []byte
	}{
		"stalls, then goes on": {func(w http.ResponseWriter, req *http.Request) {
			if n == 1 {
				w.Header().Set("Content-Length", fmt.Sprint(len(data)))
				w.Header().Set("ETag", `"v1"`)
				_, _ = w.Write(data[:50_000])
				w.(http.Flusher).Flush()
				<-req.Context().Done()
				return
			}
			serve(w, req, data, `"v1"`, -1)
		}, "", "", "", "a.safetensors", data},
		"stalls for good": {func(w http.ResponseWriter, req *http.Request) { <-req.Context().Done() }, "stalled", "try again later", "", "", nil},
		"says too much": {func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)+5000))
			w.Header().Set("ETag", `"v1"`)
			if !ranged(req) {
				_, _ = w.Write(data)
				panic(http.ErrAbortHandler)
			}
			w.Header().Del("Content-Length")
			w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(data)))
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		}, "does not let the download go on", "", "no more of the file", "a.safetensors.part", nil},
		"says too little": {func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Content-Length", "60000")
			_, _ = w.Write(data[:60_000])
		}, "found 60000 bytes, want", "too early", "", "", nil},
		"says nothing and ends early": {func(w http.ResponseWriter, req *http.Request) {
			c, buf, _ := w.(http.Hijacker).Hijack()
			fmt.Fprintf(buf, "HTTP/1.0 200 OK\r\n\r\n%s", data[:60_000])
			buf.Flush()
			c.Close()
		}, "found 60000 bytes, want", "too early", "", "", nil},
		"says nothing and is right": {func(w http.ResponseWriter, req *http.Request) {
			c, buf, _ := w.(http.Hijacker).Hijack()
			fmt.Fprintf(buf, "HTTP/1.0 200 OK\r\n\r\n%s", data)
			buf.Flush()
			c.Close()
		}, "", "", "", "a.safetensors", data},
		"sends a page": {func(w http.ResponseWriter, req *http.Request) {
			fmt.Fprint(w, "<!doctype html><html><title>Log in &amp; be\nhappy</title>")
		}, "found a web page (“Log in & be happy”)", "token", "", "", nil},
		"sends a page though it is called a file": {func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			fmt.Fprint(w, "\n <html>", strings.Repeat("x", 5000))
		}, "found a web page", "", "", "", nil},
		"sends a message": {func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"error":"no\u0007pe"}`)
		}, "found a message of the site", "", "", "", nil},
		"sends a page in place of the rest": {func(w http.ResponseWriter, req *http.Request) {
			if n == 1 {
				serve(w, req, data, `"v1"`, 40_000)
			}
			fmt.Fprint(w, "<html><title>Gone</title>")
		}, "found a web page", "", "", "a.safetensors.part", nil},
		"changes the file": {func(w http.ResponseWriter, req *http.Request) {
			if n == 1 {
				serve(w, req, data, `"v1"`, 40_000)
			}
			serve(w, req, other, `"v2"`, -1)
		}, "", "", "has changed at the server", "a.safetensors", other},
		"changes the file and does not look at If-Range": {func(w http.ResponseWriter, req *http.Request) {
			if n == 1 {
				serve(w, req, data, `"v1"`, 40_000)
			}
			if ranged(req) {
				req.Header.Set("If-Range", `"v2"`)
			}
			serve(w, req, other, `"v2"`, -1)
		}, "", "", "has changed at the server", "a.safetensors", other},
		"knows no ranges": {func(w http.ResponseWriter, req *http.Request) {
			req.Header.Del("Range")
			serve(w, req, data, `"v1"`, map[bool]int{true: 40_000, false: -1}[n == 1])
		}, "", "", "can't go on where it ended", "a.safetensors", data},
		"gives no version": {func(w http.ResponseWriter, req *http.Request) {
			serve(w, req, data, "", map[bool]int{true: 40_000, false: -1}[n == 1])
		}, "", "", "can't go on where it ended", "a.safetensors", data},
		"sends another part once": {func(w http.ResponseWriter, req *http.Request) {
			if n == 2 {
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", 10, len(data)-1, len(data)))
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(data[10:])
				return
			}
			serve(w, req, data, `"v1"`, map[bool]int{true: 40_000, false: -1}[n == 1])
		}, "", "", "another part than was asked for", "a.safetensors", data},
		"sends more than it says": {func(w http.ResponseWriter, req *http.Request) {
			if n == 1 {
				serve(w, req, data, `"v1"`, 40_000)
			}
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 40000-%d/%d", len(data)-1, len(data)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(append(data[40_000:len(data):len(data)], "more"...))
		}, "found more than the", "", "", "a.safetensors.part", nil},
		"packs it": {func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("\x1f\x8b\x08"))
		}, "packed with gzip", "", "", "", nil},
		"leads in a circle": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, fmt.Sprintf("/a.safetensors?%d", n), http.StatusFound)
		}, "more than ten redirects", "circle", "", "", nil},
		"leads to http": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "http://models.invalid/a?signature=secret", http.StatusFound)
		}, `found "http", want https`, "changed on its way", "", "", nil},
		"wants a login": {func(w http.ResponseWriter, req *http.Request) { w.WriteHeader(401) }, "status 401", "token", "", "", nil},
		"forbids":       {func(w http.ResponseWriter, req *http.Request) { w.WriteHeader(403) }, "status 403", "token", "", "", nil},
		"has nothing":   {func(w http.ResponseWriter, req *http.Request) { w.WriteHeader(404) }, "status 404", "no such file", "", "", nil},
		"is asked too often once": {func(w http.ResponseWriter, req *http.Request) {
			if n == 1 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(429)
				return
			}
			serve(w, req, data, `"v1"`, -1)
		}, "", "", "", "a.safetensors", data},
		"is asked too often for today": {func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(429)
		}, "status 429", "2h0m0s", "", "", nil},
		"is broken": {func(w http.ResponseWriter, req *http.Request) { w.WriteHeader(500) }, "status 500", "3 tries", "", "", nil},
		"is broken once": {func(w http.ResponseWriter, req *http.Request) {
			if n == 1 {
				w.WriteHeader(502)
				return
			}
			serve(w, req, data, `"v1"`, -1)
		}, "", "", "", "a.safetensors", data},
	} {
		t.Run(name, func(t *testing.T) {
			n = 0
			r := newRig(t, func(w http.ResponseWriter, req *http.Request) { n++; c.answer(w, req) })
			r.client.Least = 1000
			_, err := r.fetch(r.want("/a.safetensors"))
			if c.err != "" {
				failed(t, err, c.err, c.hint)
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Errorf("%v says a signature", err)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if c.data != nil {
				r.holds("a.safetensors", c.data)
			}
			if f := r.files(); f != c.left {
				t.Errorf("there are %q, want %q", f, c.left)
			}
			if said := strings.Join(r.notes, "; "); !strings.Contains(said, c.note) {
				t.Errorf("it says %q, want %q", said, c.note)
			}
		})
	}
}

// TestASlowDripIsNoDownload: what brings a byte now and then is as good as nothing.
func TestASlowDripIsNoDownload(t *testing.T) {
	data := model(50_000, 5)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Header().Set("ETag", `"v1"`)
		for _, b := range data {
			if _, err := w.Write([]byte{b}); err != nil || req.Context().Err() != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	r.client.Least = 2000
	start := time.Now()
	_, err := r.fetch(r.want("/a.safetensors"))
	failed(t, err, "stalled", "3 tries")
	if gone := time.Since(start); gone > 3*time.Second {
		t.Errorf("it took %v to see", gone)
	}
}
