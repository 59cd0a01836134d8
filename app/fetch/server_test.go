package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"pentimento/fault"
)

func TestMain(m *testing.M) {
	keyring.MockInit() // never a person's own
	os.Unsetenv(Civitai.Env)
	os.Unsetenv(HuggingFace.Env)
	os.Exit(m.Run())
}

// model is a safetensors file of so many bytes of values.
func model(n int, fill byte) []byte {
	head := fmt.Sprintf(`{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}`, n, n)
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	out = append(out, head...)
	for i := range n {
		out = append(out, fill+byte(i*7+i>>8))
	}
	return out
}

func sumOf(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// rig is a server that answers as one test wants, and a client that may speak to it alone.
type rig struct {
	t      *testing.T
	server *httptest.Server
	client *Client
	into   string
	mu     sync.Mutex
	asked  []*http.Request // in order
	hosts  []string        // permission was asked for
	notes  []string
}

func newRig(t *testing.T, answer http.HandlerFunc) *rig {
	t.Helper()
	r := &rig{t: t, into: t.TempDir()}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.asked = append(r.asked, req)
		r.mu.Unlock()
		answer(w, req)
	}))
	t.Cleanup(r.server.CloseClientConnections)
	t.Cleanup(r.server.Close)
	r.client = r.another(t.TempDir())
	return r
}

// another is a client as a restarted program has it.
func (r *rig) another(folder string) *Client {
	c := New(folder, "test")
	c.Civitai.Base, c.HuggingFace.Base = r.server.URL+"/civitai", r.server.URL+"/hub"
	c.Patience = Patience{Idle: 150 * time.Millisecond, Least: 1, Tries: 3, Backoff: time.Millisecond, Longest: 2 * time.Second, KeepEvery: time.Minute}
	c.Ask = func(_ context.Context, host string) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.hosts = append(r.hosts, host)
		return nil
	}
	return c
}

func (r *rig) want(path string) Want {
	r.t.Helper()
	w, err := r.client.Parse(r.server.URL + path)
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}

func (r *rig) report(p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Note != "" && p.Stage != Waiting {
		r.notes = append(r.notes, p.Note)
	}
}

func (r *rig) fetch(w Want) (Got, error) {
	r.t.Helper()
	return r.client.Fetch(r.t.Context(), w, Options{Into: r.into, Report: r.report})
}

// files are the names in the folder that models go to.
func (r *rig) files() string {
	entries, err := os.ReadDir(r.into)
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// holds checks a file.
func (r *rig) holds(name string, data []byte) {
	r.t.Helper()
	got, err := os.ReadFile(filepath.Join(r.into, name))
	if err != nil || !bytes.Equal(got, data) {
		r.t.Errorf("%s holds %d bytes, %v; want %d", name, len(got), err, len(data))
	}
}

// failed checks an error for a part of its text and of its advice.
func failed(t *testing.T, err error, text, hint string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) || !strings.Contains(fault.Hint(err), hint) {
		t.Errorf("the error is %v with advice %q; want %q with %q", err, fault.Hint(err), text, hint)
	}
}

// serve answers ranges as a good server does, from an offset on cut off after some bytes; cut < 0: never.
func serve(w http.ResponseWriter, req *http.Request, data []byte, etag string, cut int) {
	from := 0
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	if r := req.Header.Get("Range"); r != "" && req.Header.Get("If-Range") == etag {
		from, _ = strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r, "bytes="), "-"))
		if from >= len(data) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(data)))
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(data)-1, len(data)))
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(data)-from))
	if from > 0 {
		w.WriteHeader(http.StatusPartialContent)
	}
	if cut < 0 || cut > len(data)-from {
		cut = len(data) - from
	}
	_, _ = w.Write(data[from : from+cut])
	if cut < len(data)-from {
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}
