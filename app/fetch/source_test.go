package fetch

import (
	"net/http"
	"strings"
	"testing"
)

// TestSafeNames: no path, no sign that a system or a reader is fooled by.
func TestSafeNames(t *testing.T) {
	for in, want := range map[string]string{
		"a.safetensors": "a.safetensors", "../../etc/passwd": "passwd", `C:\Windows\x.pt`: "x.pt", "..": "", ".hidden": "hidden", "a\x00b\n.pt": "ab.pt",
		"con.safetensors": "_con.safetensors", "COM1": "_COM1", "com¹.pt": "_com¹.pt", "command.pt": "command.pt", "x.pt. .": "x.pt", `a<b>:"|?*.pt`: "a_b______.pt",
		"photo\u202egpj.pt": "photogpj.pt", "\xff.pt": "_.pt", "/": "", "モデル.safetensors": "モデル.safetensors", "nul .pt": "_nul .pt",
		strings.Repeat("ä", 300) + ".safetensors": strings.Repeat("ä", 94) + ".safetensors",
	} {
		if got := SafeName(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	h := http.Header{"Content-Disposition": {`attachment; filename="x.bin"; filename*=UTF-8''..%2Fna%C3%AFve.safetensors`}}
	if got := disposed(h); got != "naïve.safetensors" {
		t.Errorf("the header's name is %q", got)
	}
}

// TestWhatPeopleType is read as what it means.
func TestWhatPeopleType(t *testing.T) {
	c := New(t.TempDir(), "test")
	const hub = "https://huggingface.co/"
	for in, want := range map[string]Want{
		"hf:o/r/a.safetensors":                                                    {From: "hf:o/r/a.safetensors", URL: hub + "o/r/resolve/main/a.safetensors", Name: "a.safetensors"},
		"hf:o/r/dir/a b.gguf@refs/pr/1":                                           {From: "hf:o/r/dir/a b.gguf@refs/pr/1", URL: hub + "o/r/resolve/refs%2Fpr%2F1/dir/a%20b.gguf", Name: "a b.gguf"},
		hub + "o/r/blob/main/unet/diffusion_pytorch_model.safetensors":            {From: "hf:o/r/unet/diffusion_pytorch_model.safetensors", URL: hub + "o/r/resolve/main/unet/diffusion_pytorch_model.safetensors", Name: "r-unet.safetensors"},
		hub + "o/r/resolve/abc123/pytorch_lora_weights.safetensors?download=true": {From: "hf:o/r/pytorch_lora_weights.safetensors@abc123", URL: hub + "o/r/resolve/abc123/pytorch_lora_weights.safetensors", Name: "r.safetensors"},
		"civitai:128713": {From: "civitai:128713", Version: 128713},
		"urn:air:sd1:checkpoint:civitai:4384@128713":                        {From: "civitai:128713", Version: 128713},
		"https://civitai.com/models/4384/dreamshaper?modelVersionId=128713": {From: "civitai:128713", Version: 128713},
		"https://civitai.com/models/4384/dreamshaper":                       {From: "https://civitai.com/models/4384/dreamshaper", Model: 4384},
		"https://civitai.com/api/download/models/128713?token=secret":       {From: "civitai:128713", Version: 128713},
		"https://civitai.com/api/download/models/128713?type=VAE&token=se":  {From: "https://civitai.com/api/download/models/128713", URL: "https://civitai.com/api/download/models/128713?type=VAE"},
		" https://example.com/m.safetensors?sig=1#top ":                     {From: "https://example.com/m.safetensors", URL: "https://example.com/m.safetensors?sig=1"},
	} {
		got, err := c.Parse(in)
		if strings.HasSuffix(in, "token=se") {
			want.Version, want.From = 128713, got.From
		}
		if err != nil || got != want {
			t.Errorf("%q is read as\n%+v, %v, want\n%+v", in, got, err, want)
		}
	}
	for in, why := range map[string]string{
		"http://example.com/a.pt": "want https", "ftp://x/a": "want https", "sd14": "found no address", "": "found no address", "https://u:p@example.com/a": "name and password",
		"hf:a.safetensors": "want hf:OWNER", "hf:o/r/../x": "found \"..\"", "civitai:abc": "number of a version", hub + "o/r": "want that of a file", "https://civitai.com/images/3": "want that of a model",
		"https:///x": "found no host",
	} {
		_, err := c.Parse(in)
		failed(t, err, why, "")
	}
}

// TestTheCatalogueCanBeFetched: each row has an address, a licence, a size, and no half a hash.
func TestTheCatalogueCanBeFetched(t *testing.T) {
	c := New(t.TempDir(), "test")
	names := map[string]bool{}
	for _, e := range Catalogue {
		w, err := c.Parse(e.ID)
		if err != nil || !strings.HasPrefix(w.URL, "https://huggingface.co/") || !strings.HasSuffix(w.Name, ".safetensors") || names[w.Name] {
			t.Errorf("%s: %+v, %v", e.ID, w, err)
		}
		names[w.Name] = true
		if e.Licence == "" || e.Help == "" || e.Title == "" || e.Bytes() < 1e6 || (e.SHA256 == "") != (e.Size == 0) || e.SHA256 != "" && !isSum(e.SHA256) {
			t.Errorf("%s lacks something: %+v", e.ID, e)
		}
	}
}
