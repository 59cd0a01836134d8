package models

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pentimento/app/fetch"
)

// registry has one package with two networks, and counts who asks; broken lets it send something else.
func registry(t *testing.T, broken *atomic.Bool) (s *httptest.Server, rows []fetch.Network, asked *atomic.Int32) {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for _, name := range []string{"a.net", "b.net"} {
		data := bytes.Repeat([]byte(name), 20_000)
		err := w.WriteHeader(&tar.Header{Name: "package/" + name, Typeflag: tar.TypeReg, Size: int64(len(data)), Mode: 0o644})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		rows = append(rows, fetch.Network{ID: name, Name: name, File: "package/" + name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Licence: "Apache-2.0", Credit: "Somebody", Help: "what " + name + " is for"})
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	sum, long := sha256.Sum256(out.Bytes()), sha512.Sum512(out.Bytes())
	for i := range rows {
		rows[i].Package = fetch.Package{Name: "nets", Version: "1.0.0", Size: int64(out.Len()), SHA256: hex.EncodeToString(sum[:]), Integrity: base64.StdEncoding.EncodeToString(long[:])}
	}
	asked = &atomic.Int32{}
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if broken.Load() {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(out.Bytes()))
	}))
	t.Cleanup(s.Close)
	return s, rows, asked
}

// TestPartsComeWhenTheyAreAskedFor: before it nobody is spoken to and they cost something, after it they are here,
// and what was to be done then is done once; a failure is told, and does nothing.
func TestPartsComeWhenTheyAreAskedFor(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("XDG_DATA_HOME", folder)
	var broken atomic.Bool
	s, rows, asked := registry(t, &broken)
	d, told, run := downloading(t, s, folder, nil)
	run(func() bool { return d.models.parts.here != nil }) // nobody reads the table any more
	d.client.Registry.Base, d.client.Networks = s.URL, rows
	both := []string{"a.net", "b.net"}
	if note := d.PartsNote(both); !strings.Contains(note, "Apache-2.0") || d.models.NetworkOf(both) != "" || d.PartsNote(nil) != "" {
		t.Errorf("the note is %q", note)
	}
	q := d.PartsQuestion(both)
	if text := q.Title + strings.Join(q.Lines, "\n"); !strings.Contains(text, "2 networks") || !strings.Contains(text, "the package registry npm") || !strings.Contains(text, "200 kB stay") || !strings.Contains(text, "Somebody (nets 1.0.0)") || !strings.Contains(text, "switched off") || !strings.Contains(text, "a, 100 kB, Apache-2.0: what a.net is for\nb, 100 kB") {
		t.Errorf("the question is %s", text)
	}
	if q := d.PartsQuestion(both[:1]); q.Title != "Fetch the network a?" {
		t.Errorf("of one network it asks %q", q.Title)
	}
	if asked.Load() != 0 || d.Online() {
		t.Fatalf("%d requests before anybody agreed", asked.Load())
	}

	broken.Store(true)
	calls := 0
	d.FetchParts(both, func() { calls++ })
	if _, ok := d.PartsComing(both); !ok || !d.Online() {
		t.Error("it does not come")
	}
	run(func() bool { _, ok := d.PartsComing(both); return !ok })
	if len(told.Seen.Failed) != 1 || calls != 0 || d.models.NetworkOf(both) != "" {
		t.Errorf("failures %v, %d calls", told.Seen.Failed, calls)
	}

	broken.Store(false)
	d.FetchParts(both, func() { calls++ })
	d.FetchParts(both, func() { calls += 10 }) // they are on the way
	run(func() bool { return calls > 0 })
	if path := d.models.NetworkOf(both); path != filepath.Join(folder, "pentimento", "networks", "a.net") || calls != 1 || d.PartsNote(both) != "" {
		t.Errorf("%d calls, it is at %q", calls, path)
	}
	before := asked.Load()
	d.FetchParts(both, func() { calls++ })
	if asked.Load() != before || calls != 1 {
		t.Error("what is here is fetched again")
	}
}

// TestPartsWaitForOthers that are coming, also for such as fail.
func TestPartsWaitForOthers(t *testing.T) {
	for _, fails := range []bool{false, true} {
		folder := t.TempDir()
		t.Setenv("XDG_DATA_HOME", folder)
		var broken atomic.Bool
		s, rows, _ := registry(t, &broken)
		d, told, run := downloading(t, s, folder, nil)
		run(func() bool { return d.models.parts.here != nil }) // nobody reads the table any more
		if d.client.Registry.Base, d.client.Networks = s.URL, rows; fails {
			d.client.Networks[0].Package.Name, d.client.Networks[0].Package.Integrity = "other", "none"
		}
		first, second := 0, 0
		d.FetchParts([]string{"a.net"}, func() { first++ })
		d.FetchParts([]string{"b.net"}, func() { second++ })
		run(func() bool { return second > 0 && (first > 0 || fails) })
		if failed := len(told.Seen.Failed); d.models.NetworkOf([]string{"b.net"}) == "" || second != 1 || fails != (failed == 1) || fails != (first == 0) {
			t.Errorf("fails %v: called %d and %d times, failures %v", fails, first, second, told.Seen.Failed)
		}
	}
}
