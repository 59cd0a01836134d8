package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pentimento/canvas/disk"
)

// TestHashes: the one asked for, the one the hub says, and the one that came first.
func TestHashes(t *testing.T) {
	data := model(20_000, 6)
	now := data
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/hub/") {
			w.Header().Set("X-Linked-Etag", `"`+sumOf(data)+`"`)
			w.Header().Set("X-Linked-Size", fmt.Sprint(len(data)))
			http.Redirect(w, req, "/cdn", http.StatusFound)
			return
		}
		serve(w, req, now, "", -1)
	})
	w := r.want("/a.safetensors")
	w.SHA256 = sumOf([]byte("another"))
	_, err := r.fetch(w)
	failed(t, err, "(asked for)", "not kept")
	if f := r.files(); f != "" {
		t.Errorf("there are %s", f)
	}
	w.SHA256 = "123"
	_, err = r.fetch(w)
	failed(t, err, "want 64 hex digits", "")

	w.SHA256 = ""
	if _, err := r.fetch(w); err != nil {
		t.Fatal(err)
	}
	now = model(20_000, 7)
	os.Remove(filepath.Join(r.into, "a.safetensors"))
	_, err = r.fetch(w)
	failed(t, err, "as it was when it came from there first", "--sha256 "+sumOf(now))
	if f := r.files(); f != "a.safetensors.part" {
		t.Errorf("there are %s", f)
	}
	before := len(r.asked)
	w.SHA256 = sumOf(now)
	if _, err = r.fetch(w); err != nil || len(r.asked) != before {
		t.Errorf("taking the new one: %v after %d requests, want none for what is there", err, len(r.asked)-before)
	}
	r.holds("a.safetensors", now)

	hub, err := r.client.Parse("hf:owner/repo/x.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.fetch(hub)
	failed(t, err, "by the site's own word", "")
	now = data
	if _, err = r.fetch(hub); err != nil {
		t.Error(err)
	}
}

// TestNothingIsOverwritten: no file of that name, no other program's .part, and none that comes meanwhile.
func TestNothingIsOverwritten(t *testing.T) {
	data := model(20_000, 8)
	var meanwhile func()
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		if meanwhile != nil {
			meanwhile()
		}
		serve(w, req, data, `"v"`, -1)
	})
	put := func(name string) {
		if err := os.WriteFile(filepath.Join(r.into, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("a.safetensors")
	_, err := r.fetch(r.want("/a.safetensors"))
	failed(t, err, "found another file of this name", "another folder")
	put("b.safetensors.part")
	_, err = r.fetch(r.want("/b.safetensors"))
	failed(t, err, "found another download's", "")
	r.client.write = func(f *os.File, p []byte) (int, error) {
		if strings.HasSuffix(f.Name(), "c.safetensors.part") {
			put("c.safetensors")
		}
		return f.Write(p)
	}
	_, err = r.fetch(r.want("/c.safetensors"))
	failed(t, err, "found another file of this name", "is kept as")
	for _, name := range []string{"a.safetensors", "b.safetensors.part", "c.safetensors"} {
		r.holds(name, []byte("mine"))
	}
}

// TestAFullDisk is seen before, and where it fills meanwhile what has come stays to go on with.
func TestAFullDisk(t *testing.T) {
	data := model(500_000, 9)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) { serve(w, req, data, `"v"`, -1) })
	r.client.Free = func(string) (int64, error) { return 100_000, nil }
	_, err := r.fetch(r.want("/a.safetensors"))
	failed(t, err, "found 100 kB free, want 68 MB", "another disk")
	if f := r.files(); f != "" {
		t.Errorf("there are %s", f)
	}
	r.client.Free = disk.Free
	room := 250_000
	r.client.write = func(f *os.File, p []byte) (int, error) {
		if len(p) > room {
			n, _ := f.Write(p[:room])
			room = 0
			return n, &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
		}
		room -= len(p)
		return f.Write(p)
	}
	_, err = r.fetch(r.want("/a.safetensors"))
	failed(t, err, "the disk is full", "free some space")
	room = 1 << 30
	if _, err := r.fetch(r.want("/a.safetensors")); err != nil {
		t.Fatal(err)
	}
	r.holds("a.safetensors", data)
	if last := r.asked[len(r.asked)-1].Header.Get("Range"); last == "" {
		t.Error("it began anew")
	}
}

// TestATokenStaysWithItsHost, and is written nowhere.
func TestATokenStaysWithItsHost(t *testing.T) {
	const token = "hf_verysecret0123456789"
	data := model(20_000, 10)
	seen := map[string]string{}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		seen["other"] = req.Header.Get("Authorization") + req.Header.Get("Referer") + req.URL.RawQuery
		if req.URL.Path == "/gone" {
			w.WriteHeader(403)
			return
		}
		serve(w, req, data, `"v"`, 15_000)
	}))
	defer other.Close()
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		seen["own"] = req.Header.Get("Authorization")
		to := other.URL + "/cdn"
		if strings.HasSuffix(req.URL.Path, "gone.safetensors") {
			to = other.URL + "/gone"
		}
		http.Redirect(w, req, to, http.StatusFound)
	})
	for _, s := range []Service{r.client.Civitai, r.client.HuggingFace} {
		if err := r.client.Tokens.Keep(t.Context(), s, token); err != nil {
			t.Fatal(err)
		}
		defer r.client.Tokens.Keep(context.Background(), s, "")
	}
	var said strings.Builder
	report := func(p Progress) { fmt.Fprintf(&said, "%+v\n", p) }
	for _, source := range []string{"hf:owner/repo/a.safetensors", "hf:owner/repo/gone.safetensors", r.server.URL + "/civitai/api/download/models/5?type=Model&token=" + token} {
		w, err := r.client.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		w.Name = "" // Civitai's is not asked for here
		w.Version = 0
		_, err = r.client.Fetch(t.Context(), w, Options{Into: r.into, Report: report})
		fmt.Fprintf(&said, "%v %+v\n", err, w)
		if seen["own"] != "Bearer "+token || seen["other"] != "" {
			t.Errorf("%s: the hosts were sent %v", source, seen)
		}
	}
	for _, folder := range []string{r.into, r.client.Folder} {
		err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				data, _ := os.ReadFile(path)
				fmt.Fprintf(&said, "%s %s\n", path, data)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(said.String(), "verysecret") {
		t.Errorf("the token is in what was written or said:\n%s", said.String())
	}
}

// TestNothingLeavesUnasked: without permission no packet goes out, nor to a host that a redirect names.
func TestNothingLeavesUnasked(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, other.URL, http.StatusFound)
	})
	w := r.want("/a.safetensors")
	r.client.Ask = func(_ context.Context, host string) error {
		if host != strings.TrimPrefix(r.server.URL, "http://") {
			return errors.New("not this one: " + host)
		}
		return nil
	}
	_, err := r.fetch(w)
	failed(t, err, "not this one", "")
	if reached {
		t.Error("the other host was spoken to")
	}
	r.client.Ask = nil
	before := len(r.asked)
	_, err = r.fetch(w)
	failed(t, err, "the Internet is switched off", "settings")
	_, err = r.client.LookUp(t.Context(), sumOf(nil), false)
	failed(t, err, "the Internet is switched off", "settings")
	if len(r.asked) != before {
		t.Error("the host was spoken to")
	}
}

// TestTwoDownloadsOfOneFile: the second is told.
func TestTwoDownloadsOfOneFile(t *testing.T) {
	data := model(20_000, 11)
	come, going := make(chan bool), make(chan bool)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		close(come)
		<-going
		serve(w, req, data, `"v"`, -1)
	})
	r.client.Idle = 5 * time.Second
	w := r.want("/a.safetensors")
	end := make(chan error, 1)
	go func() {
		_, err := r.client.Fetch(t.Context(), w, Options{Into: r.into})
		end <- err
	}()
	<-come
	_, err := r.another(r.client.Folder).Fetch(t.Context(), w, Options{Into: r.into})
	failed(t, err, "it is being downloaded already", "")
	close(going)
	if err := <-end; err != nil {
		t.Error(err)
	}
	r.holds("a.safetensors", data)
}

// TestACancelledDownloadGoesOn: what has come is kept, and only the rest is asked for.
func TestACancelledDownloadGoesOn(t *testing.T) {
	data := model(300_000, 12)
	first := true
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		if first {
			first = false
			w.Header().Set("ETag", `"v"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			_, _ = w.Write(data[:120_000])
			w.(http.Flusher).Flush()
			<-req.Context().Done()
			return
		}
		serve(w, req, data, `"v"`, -1)
	})
	r.client.Idle = 5 * time.Second
	ctx, cancel := context.WithCancel(t.Context())
	_, err := r.client.Fetch(ctx, r.want("/a.safetensors"), Options{Into: r.into, Report: func(p Progress) {
		if p.Done > 0 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	left := r.client.Unfinished()
	if len(left) != 1 || left[0].Synced == 0 || r.files() != "a.safetensors.part" {
		t.Fatalf("%+v and %s are left", left, r.files())
	}
	r.client = r.another(r.client.Folder)
	if _, err := r.fetch(left[0].Want); err != nil {
		t.Fatal(err)
	}
	r.holds("a.safetensors", data)
	if got := r.asked[1].Header.Get("Range"); got != fmt.Sprintf("bytes=%d-", left[0].Synced) {
		t.Errorf("then %q was asked for, and %d bytes are there", got, left[0].Synced)
	}
	if err := r.client.Drop(left[0]); err != nil {
		t.Error(err)
	}
	r.holds("a.safetensors", data)
}
