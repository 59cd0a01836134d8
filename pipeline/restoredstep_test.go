package pipeline

import (
	"os"
	"path/filepath"
	"testing"

	"pentimento/pipeline/metadata"
)

// TestARestorerIsFoundNearTheModel by what A1111 calls it, the newest form first, and what is none is not.
func TestARestorerIsFoundNearTheModel(t *testing.T) {
	dir := t.TempDir()
	model := filepath.Join(dir, "models", "Stable-diffusion", "a.safetensors")
	for _, name := range []string{"models/GFPGAN/GFPGANv1.3.pth", "models/GFPGAN/GFPGANv1.4.pth", "models/GFPGAN/GFPGANv1.5.txt", "models/Codeformer/codeformer-v0.1.0.pth", "models/Stable-diffusion/a.safetensors"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"GFPGAN": "GFPGANv1.4.pth", "CodeFormer": "codeformer-v0.1.0.pth", "GFPGANv1.3": "GFPGANv1.3.pth", "RestoreFormer": "", "": ""} {
		got, err := FindRestorer(model, name)
		if (err != nil) != (want == "") || want != "" && filepath.Base(got) != want {
			t.Errorf("%q is %q, %v, want %q", name, got, err, want)
		}
	}
	if got, err := FindRestorer("", "GFPGAN"); err == nil {
		t.Errorf("near no model there is %q", got)
	}
}

// TestFacesRestoredAfterwardsAreWrittenAsA1111Does, and read again; a copy of the request has a list of its own.
func TestFacesRestoredAfterwardsAreWrittenAsA1111Does(t *testing.T) {
	how := Restoring{Model: "/models/codeformer.pth", Kind: "CodeFormer", Weight: 0.25, Visibility: 1, Sum: "0123456789"}
	q := Request{After: []Step{AfterRestoring(how)}}
	got, ok := RestoringOf(&metadata.Recipe{Params: q.restoredParams()})
	if !ok || got.Kind != "CodeFormer" || got.Model != "codeformer" || got.Weight != 0.25 || got.Sum != how.Sum {
		t.Errorf("it is read as %+v, %v", got, ok)
	}
	c := q.Clone()
	c.After[0].Restore.Weight = 1
	if q.After[0].Restore.Weight != 0.25 {
		t.Error("the copy shares it")
	}
}
