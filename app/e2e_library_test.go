package main

import (
	"encoding/json"
	"image"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/app/settings"
	"pentimento/pipeline/pipelinetest"
)

// listed are the files that the program's library knows under a folder of settings: kinds by name.
func listed(t *testing.T, config string) map[string]string {
	t.Helper()
	var index struct {
		Items []struct{ Path, Kind string }
	}
	if data, err := os.ReadFile(filepath.Join(config, "data", "pentimento", "models", "index.json")); err == nil {
		if err := json.Unmarshal(data, &index); err != nil {
			t.Fatal(err)
		}
	}
	out := map[string]string{}
	for _, i := range index.Items {
		out[filepath.Base(i.Path)] = i.Kind
	}
	return out
}

// embeddingOf writes an embedding of so many vectors for the small model.
func embeddingOf(t *testing.T, path string, vectors int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	item := pipelinetest.NewItem("emb_params", "F32", make([]float32, vectors*128), vectors, 128)
	if err := pipelinetest.WriteSafetensors(path, []pipelinetest.Item{item}, nil); err != nil {
		t.Fatal(err)
	}
}

// alike says whether no pixel of r differs.
func alike(a, b *image.NRGBA, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if a.NRGBAAt(x, y) != b.NRGBAAt(x, y) {
				return false
			}
		}
	}
	return true
}

// TestTheLibraryInTheRealWindow: the sheet of models shows a folder's files, and what is wrong with a broken one
// in red.
func TestTheLibraryInTheRealWindow(t *testing.T) {
	config, folder := t.TempDir(), t.TempDir()
	embeddingOf(t, filepath.Join(folder, "mistword.safetensors"), 3)
	if err := os.WriteFile(filepath.Join(folder, "page.safetensors"), []byte("<!doctype html><html><title>Log in</title></html>"), 0o644); err != nil {
		t.Fatal(err)
	}
	store, err := settings.Open(filepath.Join(config, "pentimento", "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	store.ModelFolders = []string{folder}
	if err := store.Save(); err != nil {
		t.Fatal(err)
	}
	d := openDeskWith(t, config)
	red := func(img *image.NRGBA) bool {
		n := 0
		for y := 150; y < 700; y++ {
			for x := 60; x < 1000; x++ {
				if p := img.NRGBAAt(x, y); p.R > 200 && p.G < 130 && p.B < 130 {
					n++
				}
			}
		}
		return n > 40
	}
	if red(d.shot("opened")) {
		t.Fatal("the screen is red before the library is there")
	}
	d.run("key", "ctrl+shift+m")
	d.until("the broken file", 20*time.Second, red)
	if got := listed(t, config); got["mistword.safetensors"] != "embedding" || got["page.safetensors"] != "broken" {
		t.Errorf("listed are %v", got)
	}
}

// TestATextualInversionInTheRealWindow: its name is completed with Tab, and counts as its vectors.
func TestATextualInversionInTheRealWindow(t *testing.T) {
	config, model, before, _ := prepare(t)
	embeddingOf(t, filepath.Join(filepath.Dir(model), "embeddings", "mistword.safetensors"), 3)
	d := openDeskWith(t, config, before)
	write := func(name, text string) *image.NRGBA {
		d.run("key", "ctrl+p", "ctrl+a")
		d.run("type", "--delay", "25", text)
		return d.settled(name)
	}
	panel := image.Rect(1130, 60, 1430, 400)
	write("read", "a barn")
	time.Sleep(time.Second) // the vocabulary is read
	four, five := write("four", "a a a a"), write("five", "a a a a a")
	caption := image.Rectangle{}
	for y := panel.Max.Y - 1; y >= panel.Min.Y; y-- { // the lowest lines that differ are the count's
		if line := image.Rect(panel.Min.X, y, panel.Max.X, y+1); !alike(four, five, line) {
			caption = caption.Union(line)
		} else if caption.Dy() > 0 {
			break
		}
	}
	if caption.Empty() {
		t.Fatal("another number of words is not counted")
	}
	write("half", "a mistw")
	d.run("key", "Tab")
	d.until("three vectors", 10*time.Second, func(img *image.NRGBA) bool { return alike(img, four, caption) })
	prompt := ""
	for range 40 {
		store, err := settings.Open(filepath.Join(config, "pentimento", "settings.json"))
		if err != nil {
			t.Fatal(err)
		}
		if prompt = store.Fill.Prompt; prompt == "a mistword" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("the prompt is %q", prompt)
}

// TestADownloadInTheRealWindow: a file of a server comes after a question, and the library lists it.
func TestADownloadInTheRealWindow(t *testing.T) {
	config, folder := t.TempDir(), t.TempDir()
	source := filepath.Join(t.TempDir(), "mistword.safetensors")
	embeddingOf(t, source, 3)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasSuffix(req.URL.Path, "/owner/repository/resolve/main/mistword.safetensors") {
			http.NotFound(w, req)
			return
		}
		http.ServeFile(w, req, source)
	}))
	defer server.Close()
	t.Setenv("PENTIMENTO_HUGGINGFACE", server.URL)
	store, err := settings.Open(filepath.Join(config, "pentimento", "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	store.DownloadsTo = folder
	if err := store.Save(); err != nil {
		t.Fatal(err)
	}
	d := openDeskWith(t, config)
	empty := d.settled("opened")
	d.palette("Get a model")
	d.until("the sheet", 10*time.Second, func(img *image.NRGBA) bool { return !same(img, empty, image.Rect(400, 300, 1000, 600)) })
	sheet := d.settled("sheet")
	d.run("type", "--delay", "15", "hf:owner/repository/mistword.safetensors")
	d.run("key", "Return")
	d.until("the question", 10*time.Second, func(img *image.NRGBA) bool { return !same(img, sheet, image.Rect(500, 350, 900, 500)) })
	if _, err := os.Stat(filepath.Join(folder, "mistword.safetensors")); err == nil {
		t.Fatal("it came unasked")
	}
	d.run("key", "Return")
	for end := time.Now().Add(20 * time.Second); listed(t, config)["mistword.safetensors"] != "embedding"; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			entries, _ := os.ReadDir(folder)
			d.shot("late")
			t.Fatalf("the library lists %v, the folder has %v", listed(t, config), entries)
		}
	}
	d.shot("arrived")
}
