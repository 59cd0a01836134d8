package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"pentimento/app/fetch"
)

// sites is a server that stands for Civitai and Hugging Face, and runs the verb models against it.
type sites struct {
	t      *testing.T
	server *httptest.Server
	env    Env
	into   string
	data   []byte
	sum    string
}

func newSites(t *testing.T) *sites {
	keyring.MockInit()
	t.Setenv("CIVITAI_TOKEN", "")
	t.Setenv("HF_TOKEN", "")
	head := `{"w":{"dtype":"U8","shape":[90000],"data_offsets":[0,90000]}}`
	s := &sites{t: t, into: t.TempDir(), data: append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), bytes.Repeat([]byte("abc"), 30000)...)}
	sum := sha256.Sum256(s.data)
	s.sum = hex.EncodeToString(sum[:])
	s.server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.server.Close)
	c := fetch.New(t.TempDir(), "9.9.9")
	c.Civitai.Base, c.HuggingFace.Base = s.server.URL+"/civitai", s.server.URL+"/hub"
	c.Patience = fetch.Patience{Idle: time.Second, Least: 1, Tries: 2, Backoff: time.Millisecond, Longest: time.Second, KeepEvery: time.Second}
	s.env.Fetch = c
	return s
}

func (s *sites) answer(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/by-hash/"+s.sum), strings.HasSuffix(r.URL.Path, "/by-hash/"+s.sum[:10]):
		fmt.Fprintf(w, `{"id":7,"modelId":5,"name":"v1","baseModel":"SD 1.5","trainedWords":["soft"],"model":{"name":"Dream","type":"Checkpoint"},"files":[{"primary":true,"hashes":{"SHA256":"%s"}}]}`, s.sum)
	case strings.HasSuffix(r.URL.Path, "/models/5"):
		fmt.Fprint(w, `{"allowNoCredit":true,"allowCommercialUse":["Image"],"allowDerivatives":true}`)
	case strings.HasSuffix(r.URL.Path, ".safetensors"):
		if !strings.Contains(r.URL.Path, "open") && r.Header.Get("Authorization") != "Bearer hf_topsecret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("ETag", `"v"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.data))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// models runs the verb.
func (s *sites) models(ctx context.Context, stdin string, args ...string) (code int, out, errors string) {
	s.t.Helper()
	var o, e bytes.Buffer
	env := s.env
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(stdin), &o, &e
	code = Main(ctx, append([]string{"models"}, args...), env)
	return code, o.String(), e.String()
}

// TestModelsFetch brings a file, says where it is and who was asked, and keeps a token to itself.
func TestModelsFetch(t *testing.T) {
	s := newSites(t)
	run := func(want int, stdin string, args ...string) (string, string) {
		t.Helper()
		code, out, errs := s.models(t.Context(), stdin, args...)
		if code != want {
			t.Errorf("%v: exit %d, %s%s", args, code, out, errs)
		}
		if strings.Contains(out+errs, "topsecret") {
			t.Errorf("%v says the token: %s%s", args, out, errs)
		}
		return out, errs
	}
	path := filepath.Join(s.into, "open.safetensors")
	out, errs := run(0, "", "fetch", s.server.URL+"/open.safetensors", "--into", s.into, "--sha256", s.sum)
	if got, err := os.ReadFile(path); out != path+"\n" || err != nil || !bytes.Equal(got, s.data) || !strings.Contains(errs, "note: asking 127.0.0.1") {
		t.Errorf("out %q, notes %q, %d bytes, %v", out, errs, len(got), err)
	}
	out, errs = run(0, "", "fetch", s.server.URL+"/open.safetensors", "--into", s.into, "--json", "--resume")
	var got fetch.Got
	if err := json.Unmarshal([]byte(out), &got); err != nil || got != (fetch.Got{Path: path, SHA256: s.sum, Size: int64(len(s.data)), There: true}) || !strings.Contains(errs, "there already") {
		t.Errorf("again: %q, %v, %q", out, err, errs)
	}

	if _, errs = run(1, "", "fetch", "hf:o/r/closed.safetensors", "--into", s.into); !strings.Contains(errs, "status 401") || !strings.Contains(errs, "models token") {
		t.Errorf("without a token: %q", errs)
	}
	run(0, "hf_topsecret\n", "token", "huggingface")
	run(0, "", "fetch", "hf:o/r/closed.safetensors", "--into", s.into)
	run(0, "", "token", "huggingface", "--forget")
	run(1, "", "fetch", "hf:o/r/more.safetensors", "--into", s.into)
	run(1, "\n", "token", "civitai")
	run(2, "x", "token", "example")

	if _, errs = run(1, "", "fetch", "http://example.com/a.safetensors"); !strings.Contains(errs, "want https") {
		t.Errorf("http: %q", errs)
	}
	if _, errs = run(1, "", "fetch", "sd16"); !strings.Contains(errs, "did you mean sd15") {
		t.Errorf("sd16: %q", errs)
	}
	if _, errs = run(0, "", "fetch", "--resume"); !strings.Contains(errs, "no download is unfinished") {
		t.Errorf("nothing to go on with: %q", errs)
	}
	run(2, "", "fetch")
	run(2, "", "fecth", "x")
	run(2, "")
}

// TestModelsFetchGoesOn with all that an interrupted call has left.
func TestModelsFetchGoesOn(t *testing.T) {
	s := newSites(t)
	ctx, cancel := context.WithCancel(t.Context())
	slow := true
	s.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slow {
			s.answer(w, r)
			return
		}
		slow = false
		w.Header().Set("ETag", `"v"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(s.data)))
		_, _ = w.Write(s.data[:40_000])
		w.(http.Flusher).Flush()
		for range 3000 { // a busy machine takes its time to read them
			if st, err := os.Stat(filepath.Join(s.into, "open.safetensors.part")); err == nil && st.Size() == 40_000 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
		<-r.Context().Done()
	})
	code, _, errs := s.models(ctx, "", "fetch", s.server.URL+"/open.safetensors", "--into", s.into)
	if code != 1 || !strings.Contains(errs, "what has come is kept") {
		t.Errorf("exit %d, %q", code, errs)
	}
	if st, err := os.Stat(filepath.Join(s.into, "open.safetensors.part")); err != nil || st.Size() != 40_000 {
		t.Errorf("the .part: %v, %v", st, err)
	}
	if code, out, errs := s.models(t.Context(), "", "fetch", "--resume"); code != 0 || !strings.HasSuffix(out, "open.safetensors\n") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if got, _ := os.ReadFile(filepath.Join(s.into, "open.safetensors")); !bytes.Equal(got, s.data) {
		t.Errorf("%d bytes", len(got))
	}
}

// TestModelsLookup finds by a file or a hash, also a recipe's short one, and says where nothing is known.
func TestModelsLookup(t *testing.T) {
	s := newSites(t)
	path := filepath.Join(s.into, "mine.safetensors")
	if err := os.WriteFile(path, s.data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{path, s.sum, strings.ToUpper(s.sum[:10])} {
		code, out, errs := s.models(t.Context(), "", "lookup", what)
		for _, part := range []string{"Dream, v1", "SD 1.5", "soft", "commercial use: Image", s.sum} {
			if code != 0 || !strings.Contains(out, part) {
				t.Errorf("%s: exit %d, %q lacks %q; %s", what, code, out, part, errs)
			}
		}
	}
	if code, _, errs := s.models(t.Context(), "", "lookup", strings.Repeat("0", 64)); code != 1 || !strings.Contains(errs, "found no file of SHA-256") {
		t.Errorf("exit %d, %q", code, errs)
	}
	if code, out, _ := s.models(t.Context(), "", "catalogue", "--json"); code != 0 || !strings.Contains(out, `"sd15-inpainting"`) {
		t.Errorf("exit %d, %q", code, out)
	}
}
