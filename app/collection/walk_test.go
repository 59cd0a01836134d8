package collection_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/app/collection"
	"pentimento/app/collection/collectiontest"
	"pentimento/canvas/canvastest"
)

// TestTreesOfOtherProgramsAreReadWhereTheyStand: by one folder each, with the further folders
// that their settings name, and without what is none of ours.
func TestTreesOfOtherProgramsAreReadWhereTheyStand(t *testing.T) {
	root := t.TempDir()
	at := func(below string) string { return filepath.Join(root, filepath.FromSlash(below)) }
	for _, dir := range []string{"webui/models/Stable-diffusion", "webui/models/lora", "webui/models/Codeformer", "webui/embeddings", "disk/loras", "disk/more ckpts",
		"Comfy/models/checkpoints", "Comfy/models/loras", "Comfy/custom_nodes", "shared/sd/models", "shared/sd/lora", "shared/sd/lyco", "invoke/databases", "invoke/my models"} {
		must(t, os.MkdirAll(at(dir), 0o755))
	}
	put(t, at("webui/webui-user.sh"), "#export COMMANDLINE_ARGS=\"--vae-dir /nowhere\"\nexport COMMANDLINE_ARGS='--medvram --lora-dir "+at("disk/loras")+" --ckpt-dir \"../disk/more ckpts\"'\n")
	put(t, at("Comfy/extra_model_paths.yaml"), "a111:\n  base_path: "+at("shared/sd")+"\n  checkpoints: models\n  loras: |\n    lora\n    lyco\n  custom_nodes: nodes\n")
	put(t, at("invoke/databases/invokeai.db"), "")
	put(t, at("invoke/invokeai.yaml"), "schema_version: 4.0.2\nmodels_dir: my models\n")
	for _, c := range []struct {
		dir, program string
		want         []string
	}{
		{"webui", "A1111", []string{"webui/models/Stable-diffusion", "webui/models/lora", "webui/models/Codeformer", "webui/embeddings", "disk/loras", "disk/more ckpts"}},
		{"webui/models", "A1111", []string{"webui/models/Stable-diffusion", "webui/models/lora", "webui/models/Codeformer", "webui/embeddings", "disk/loras", "disk/more ckpts"}},
		{"Comfy", "ComfyUI", []string{"Comfy/models/checkpoints", "Comfy/models/loras", "shared/sd/lora", "shared/sd/lyco", "shared/sd/models"}},
		{"invoke", "InvokeAI", []string{"invoke/my models"}},
		{"disk", "", []string{"disk"}},
	} {
		got := collection.TreeOf(at(c.dir))
		for i, f := range got.Folders {
			rel, _ := filepath.Rel(root, f)
			got.Folders[i] = filepath.ToSlash(rel)
		}
		if got.Program != c.program || !slices.EqualFunc(got.Folders, c.want, sameFolder) {
			t.Errorf("%s is %s with %q, want %s with %q", c.dir, got.Program, got.Folders, c.program, c.want)
		}
	}
}

// sameFolder: Windows finds a folder by any case of its name, and by the first that is tried.
func sameFolder(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}

// TestFoldersAsTheyAre: links in a circle, a link to nowhere, a folder that may not be read, a
// pipe, a name that is no UTF-8, and a name that says nothing.
func TestFoldersAsTheyAre(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links and names of bytes are of other systems")
	}
	root, index := t.TempDir(), t.TempDir()
	at := func(below string) string { return filepath.Join(root, below) }
	must(t, os.MkdirAll(at("a/deeper"), 0o755))
	must(t, os.MkdirAll(at("closed"), 0o755))
	must(t, os.MkdirAll(at("canny"), 0o755))
	lora(t, at("a/one.safetensors"))
	lora(t, at("a/caf\xe9.safetensors"))
	lora(t, at("canny/diffusion_pytorch_model.safetensors"))
	must(t, os.Symlink(at("a"), at("a/deeper/round")))
	must(t, os.Symlink(at("a"), at("b")))
	must(t, os.Symlink(at("a/one.safetensors"), at("same.safetensors")))
	must(t, os.Symlink(at("nothing"), at("nowhere.ckpt")))
	must(t, os.Chmod(at("closed"), 0))
	t.Cleanup(func() { _ = os.Chmod(at("closed"), 0o755) })
	want := map[string]string{"one": "", "caf\xe9": "", "canny": "", "same": "", "nowhere": "leads nowhere"}
	if os.Geteuid() != 0 { // root may read all
		want["closed"] = "permission denied"
	}
	for range 2 {
		c := collection.Open(index)
		refresh(t, c, root)
		rows := c.List(collection.Query{})
		for _, r := range rows {
			why, ok := want[r.Name()]
			if !ok || (why == "") != (r.Problem == "") || !strings.Contains(r.Problem, why) {
				t.Errorf("%q: %q", r.Path, r.Problem)
			}
		}
		if len(rows) != len(want) {
			t.Errorf("%d items, want %d", len(rows), len(want))
		}
		must(t, c.HashAll(t.Context(), nil))
		if n := len(c.List(collection.Query{Doubled: true})); n != 0 {
			t.Errorf("a link counts as a double: %d", n)
		}
	}
}

// TestWhatIsGoneIsToldFromWhatIsAway: a file that was deleted, and a drive that is not there.
func TestWhatIsGoneIsToldFromWhatIsAway(t *testing.T) {
	root := t.TempDir()
	drive := filepath.Join(root, "drive")
	must(t, os.MkdirAll(drive, 0o755))
	lora(t, filepath.Join(drive, "deleted.safetensors"))
	lora(t, filepath.Join(drive, "away.safetensors"))
	index := t.TempDir()
	c := collection.Open(index)
	refresh(t, c, drive)
	must(t, os.Remove(filepath.Join(drive, "deleted.safetensors")))
	refresh(t, c, drive)
	gone := c.List(collection.Query{Gone: true})
	if len(gone) != 1 || gone[0].Name() != "deleted" || gone[0].Away || len(c.List(collection.Query{})) != 1 {
		t.Errorf("gone: %+v", gone)
	}
	must(t, os.Rename(drive, drive+"-unplugged"))
	refresh(t, c, drive)
	if item, _ := c.Get(filepath.Join(drive, "away.safetensors")); !item.Gone || !item.Away {
		t.Errorf("on the drive: %+v", item)
	}
	must(t, os.Rename(drive+"-unplugged", drive))
	c = collection.Open(index)
	refresh(t, c, drive)
	if item, _ := c.Get(filepath.Join(drive, "away.safetensors")); item.Gone || item.Away {
		t.Errorf("back again: %+v", item)
	}
	must(t, c.Forget(filepath.Join(drive, "deleted.safetensors")))
	if n := len(c.List(collection.Query{Gone: true})); n != 0 {
		t.Errorf("%d forgotten items are listed", n)
	}
}

// TestADamagedIndexIsMadeAnew; what the person said is kept apart, and set aside where it is
// what was damaged.
func TestADamagedIndexIsMadeAnew(t *testing.T) {
	root, index := t.TempDir(), t.TempDir()
	path := filepath.Join(root, "one.safetensors")
	lora(t, path)
	c := collection.Open(index)
	refresh(t, c, root)
	must(t, c.Tag(path, []string{"mine"}))
	for _, bad := range []string{"", "{", `{"version":99,"items":[]}`, `{"version":1,"items":[null,{}]}`, "\x00\xff"} {
		put(t, filepath.Join(index, "index.json"), bad)
		c = collection.Open(index)
		refresh(t, c, root)
		if n := len(c.List(collection.Query{})); n != 1 || !slices.Equal(c.Tags(path), []string{"mine"}) {
			t.Errorf("after %q: %d items, tags %v", bad, n, c.Tags(path))
		}
	}
	put(t, filepath.Join(index, "own.json"), "{broken")
	c = collection.Open(index)
	refresh(t, c, root)
	must(t, c.Tag(path, []string{"new"}))
	if b, err := os.ReadFile(filepath.Join(index, "own.json.bad")); err != nil || string(b) != "{broken" {
		t.Errorf("set aside: %q, %v", b, err)
	}
}

// TestTenThousandFilesAreLookedAtInAMoment.
func TestTenThousandFilesAreLookedAtInAMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 10,000 files")
	}
	root, index := t.TempDir(), t.TempDir()
	one := filepath.Join(root, "first.safetensors")
	lora(t, one)
	data, err := os.ReadFile(one)
	must(t, err)
	for i := range 9999 {
		put(t, filepath.Join(root, fmt.Sprintf("%02d", i%100), fmt.Sprintf("style-%04d.safetensors", i)), string(data))
	}
	c := collection.Open(index)
	start := time.Now()
	refresh(t, c, root)
	t.Logf("cold in %v", time.Since(start))
	c = collection.Open(index)
	start = time.Now()
	refresh(t, c, root)
	n := len(c.List(collection.Query{}))
	t.Logf("warm in %v", time.Since(start))
	if warm := time.Since(start); warm > 5*time.Second || n != 10000 {
		t.Errorf("%d files in %v", n, warm)
	}
	start = time.Now()
	refresh(t, c, root)
	t.Logf("again in %v", time.Since(start))
	start = time.Now()
	c.Totals()
	c.List(collection.Query{})
	t.Logf("counted and listed in %v", time.Since(start))
}

// TestBrokenFilesAreToldInAPersonsWords, with the technical text kept behind them.
func TestBrokenFilesAreToldInAPersonsWords(t *testing.T) {
	root := t.TempDir()
	_, err := collectiontest.A1111(root, canvastest.Chance(t))
	must(t, err)
	c := collection.Open("")
	refresh(t, c, root)
	rows := c.List(collection.Query{Kind: collection.Broken})
	if len(rows) == 0 {
		t.Fatal("none is broken")
	}
	for _, r := range rows {
		if words := r.Trouble(); words == "" || words == (&collection.Item{Kind: collection.Broken, Problem: "x"}).Trouble() || strings.ContainsAny(words, "\"0123456789") {
			t.Errorf("%s: %q for %q", r.Name(), words, r.Problem)
		}
	}
}
