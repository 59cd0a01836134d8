package fetch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// Record is what is remembered of a file that is not whole yet, so that it goes on after a
// restart.
type Record struct {
	Want
	Into   string    `json:"into"`           // folder
	Path   string    `json:"path,omitempty"` // where it will lie, once its name is known
	Total  int64     `json:"total,omitempty"`
	Synced int64     `json:"synced,omitempty"` // bytes that are on the disk for certain
	ETag   string    `json:"etag,omitempty"`
	Date   string    `json:"date,omitempty"` // the server's Last-Modified
	Added  time.Time `json:"added"`
	Linked Linked    `json:"linked"`
	Paused bool      `json:"paused,omitempty"`
}

// ID names the record.
func (r *Record) ID() string { return r.id(r.Into) }

func (r *Record) part() string { return r.Path + ".part" }

func (c *Client) recordPath(id string) string {
	return filepath.Join(c.Folder, "unfinished", id+".json")
}

func (c *Client) save(r *Record) error { return writeJSON(c.recordPath(r.ID()), r) }

func (c *Client) forget(r *Record) { _ = disk.Remove(c.recordPath(r.ID())) }

// load is the record of a Want, a new one where there is none.
func (c *Client) load(w Want, into string) *Record {
	r := &Record{}
	if readJSON(c.recordPath(w.id(into)), r) != nil || r.ID() != w.id(into) {
		return &Record{Want: w, Into: into, Added: time.Now()}
	}
	r.Want = w // its hash may have been given since
	return r
}

// Unfinished are the files that are not whole yet, the oldest first.
func (c *Client) Unfinished() []Record {
	entries, _ := os.ReadDir(filepath.Join(c.Folder, "unfinished"))
	var out []Record
	for _, e := range entries {
		var r Record
		if id, ok := strings.CutSuffix(e.Name(), ".json"); ok && readJSON(c.recordPath(id), &r) == nil && r.ID() == id {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Record) int { return a.Added.Compare(b.Added) })
	return out
}

// Drop removes what was fetched of a file, and its record. Another process that fetches it now keeps it.
func (c *Client) Drop(r Record) error {
	unlock, err := c.lock(r.ID(), r.Label())
	if err != nil {
		return err
	}
	defer unlock()
	return c.drop(&r)
}

func (c *Client) drop(r *Record) error {
	var now Record
	if readJSON(c.recordPath(r.ID()), &now) == nil && now.Path != "" {
		if err := disk.Remove(now.part()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return disk.Plain(err)
		}
	}
	c.forget(r)
	return nil
}

// lock keeps two from fetching one file into one folder, in this process and any other.
func (c *Client) lock(id, what string) (unlock func(), err error) {
	path := filepath.Join(c.Folder, "unfinished", id+".lock")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("downloads: %w", disk.Plain(err))
	}
	l := flock.New(path)
	if got, err := l.TryLock(); err != nil || !got {
		return nil, fault.New(fmt.Sprintf("%s: it is being downloaded already", what), "wait until it is there, or stop the other download first")
	}
	return func() { _ = l.Unlock() }, nil // the file stays: whoever waits for it holds it open
}

// pin is the hash that an address had when a file was first fetched from it.
type pin struct {
	SHA256 string    `json:"sha256"`
	Size   int64     `json:"size"`
	Seen   time.Time `json:"seen"`
}

func (c *Client) pinsPath() string { return filepath.Join(c.Folder, "seen.json") }

func (c *Client) pinOf(w Want) (pin, bool) {
	all := map[string]pin{}
	_ = readJSON(c.pinsPath(), &all)
	p, ok := all[w.pinned()]
	return p, ok
}

// setPin remembers a hash. A lock keeps those that other processes write meanwhile.
func (c *Client) setPin(w Want, p pin) error {
	l := flock.New(c.pinsPath() + ".lock")
	if err := l.Lock(); err == nil {
		defer func() { _ = l.Unlock() }()
	}
	all := map[string]pin{}
	_ = readJSON(c.pinsPath(), &all)
	all[w.pinned()] = p
	return writeJSON(c.pinsPath(), all)
}

func readJSON(path string, into any) error {
	data, err := disk.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return disk.Plain(err)
	}
	return disk.WritePrivate(path, func(w io.Writer) error { _, err := w.Write(data); return err })
}
