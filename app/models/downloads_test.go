package models

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"pentimento/app/desk/desktest"
	"pentimento/app/fetch"
	"pentimento/app/settings"
	"pentimento/pipeline"
)

// internet is a server that has one model, and counts who asks.
func internet(t *testing.T) (s *httptest.Server, asked *atomic.Int32) {
	t.Helper()
	keyring.MockInit()
	t.Setenv("HF_TOKEN", "")
	t.Setenv("CIVITAI_TOKEN", "")
	data, err := os.ReadFile(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	asked = &atomic.Int32{}
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("ETag", `"v"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(s.Close)
	return s, asked
}

// downloading is a desk with downloads, whose window's goroutine is the test's: run does what was posted.
func downloading(t *testing.T, s *httptest.Server, folder string, set func(*settings.Settings)) (d *Downloads, told *desktest.Desk, run func(until func() bool)) {
	t.Helper()
	told = desktest.New(t)
	posted := make(chan func(), 1000)
	told.Desk.Post = func(f func()) { posted <- f }
	told.Settings.DownloadsTo = filepath.Join(folder, "models")
	if set != nil {
		set(&told.Settings.Settings)
	}
	m := New(told.Desk, nil, pipeline.New(nil).TextWindow)
	c := fetch.New(filepath.Join(folder, "downloads"), "test")
	c.HuggingFace.Base, c.Civitai.Base = s.URL, s.URL+"/civitai"
	d = NewDownloads(m, c)
	t.Cleanup(func() { d.Close(); m.Close() })
	return d, told, func(until func() bool) {
		t.Helper()
		for end := time.After(10 * time.Second); !until(); {
			select {
			case f := <-posted:
				f()
			case <-end:
				t.Fatalf("it does not come: %+v", d.List())
			}
		}
	}
}

// TestNothingGoesOutUntilItIsAskedFor: not at the start, not by a look at the catalogue, and not after the
// switch was turned off; then a file comes, is offered, and opens.
func TestNothingGoesOutUntilItIsAskedFor(t *testing.T) {
	s, asked := internet(t)
	folder := t.TempDir()
	d, told, run := downloading(t, s, folder, nil)
	q, err := d.Question("hf:owner/repo/dream.safetensors")
	if err != nil || !strings.Contains(strings.Join(q.Lines, "\n"), strings.TrimPrefix(s.URL, "http://")) || !strings.Contains(strings.Join(q.Lines, "\n"), "switched off") {
		t.Errorf("%+v, %v", q, err)
	}
	for _, e := range fetch.Catalogue {
		if q, err := d.Question(e.ID); err != nil || !strings.Contains(strings.Join(q.Lines, "\n"), e.Licence) {
			t.Errorf("%s: %+v, %v", e.ID, q, err)
		}
	}
	var refused error
	d.LookUp(strings.Repeat("0", 64), false, func(_ fetch.Known, err error) { refused = err })
	run(func() bool { return refused != nil })
	if !strings.Contains(refused.Error(), "switched off") || asked.Load() != 0 || d.Online() || len(told.Settings.Hosts) != 0 {
		t.Fatalf("%v, after %d requests, online %v, hosts %v", refused, asked.Load(), d.Online(), told.Settings.Hosts)
	}

	d.Start(q.Want)
	run(func() bool { l := d.List(); return len(l) == 1 && l[0].State == fetch.Done })
	run(func() bool { return len(told.Settings.Hosts) == 1 })
	if !told.Settings.Online || told.Settings.Hosts[0] != strings.TrimPrefix(s.URL, "http://") {
		t.Errorf("online %v, hosts %v", told.Settings.Online, told.Settings.Hosts)
	}
	item := d.List()[0]
	if !Usable(item) || !strings.Contains(DownloadLine(item), "dream.safetensors") {
		t.Errorf("%+v: %s", item, DownloadLine(item))
	}
	d.Use(item)
	if got := told.Settings.Fill.Model; got != filepath.Join(folder, "models", "dream.safetensors") {
		t.Errorf("the model is %q", got)
	}
	run(func() bool { return len(d.List()) == 0 })
	told.Settings.Models = nil
	before := asked.Load()
	d.SetOnline(false)
	d.desk.Go("x", func() { d.queue.Add(q.Want, t.TempDir()) }, nil)
	run(func() bool { l := d.List(); return len(l) == 1 && l[0].State == fetch.Failed })
	if asked.Load() != before || told.Settings.Online {
		t.Error("the switch is off, and the host was spoken to")
	}
}

// TestUnfinishedDownloadsWaitForTheSwitch at the next start.
func TestUnfinishedDownloadsWaitForTheSwitch(t *testing.T) {
	s, asked := internet(t)
	for _, on := range []bool{false, true} {
		folder := t.TempDir()
		c := fetch.New(filepath.Join(folder, "downloads"), "test")
		c.HuggingFace.Base = s.URL
		w, err := c.Parse("hf:owner/repo/dream.safetensors")
		if err != nil {
			t.Fatal(err)
		}
		q := fetch.NewQueue(c, 1, func() {})
		q.Close() // the program ends before it begins
		q.Add(w, filepath.Join(folder, "models"))
		before := asked.Load()
		d, _, run := downloading(t, s, folder, func(s *settings.Settings) { s.Online = on })
		want := map[bool]fetch.State{false: fetch.Paused, true: fetch.Done}[on]
		run(func() bool { l := d.List(); return len(l) == 1 && l[0].State == want })
		if (asked.Load() != before) != on {
			t.Errorf("online %v: %d requests", on, asked.Load()-before)
		}
	}
}

// TestATokenIsInNoSettings.
func TestATokenIsInNoSettings(t *testing.T) {
	s, _ := internet(t)
	d, told, run := downloading(t, s, t.TempDir(), nil)
	where, done := "", false
	d.KeepToken(d.Services()[1], "hf_topsecret", func(err error) {
		if done = true; err != nil {
			t.Error(err)
		}
	})
	run(func() bool { return done })
	d.TokenAt(d.Services()[1], func(at string) { where = at })
	run(func() bool { return where != "" })
	d.Start(fetch.Want{From: "hf:a/b/c.safetensors", URL: s.URL + "/a/b/resolve/main/c.safetensors", Name: "c.safetensors"})
	run(func() bool { l := d.List(); return len(l) == 1 && l[0].State == fetch.Done })
	all, err := json.Marshal(told.Settings.Settings)
	if err != nil || where != "key ring" || bytes.Contains(all, []byte("topsecret")) {
		t.Errorf("the token is in the %s; settings %s, %v", where, all, err)
	}
}
