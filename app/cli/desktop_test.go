package cli

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pentimento/canvas/file"
)

// mimeTypes are the types of files by their endings, as shared-mime-info names them; the last
// is ours (assets/desktop).
var mimeTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff",
	".gif": "image/gif", ".avif": "image/avif", ".heic": "image/heif", ".heif": "image/heif", ".jxl": "image/jxl",
	".ora": "image/openraster", ".psd": "image/vnd.adobe.photoshop", ".psb": "image/vnd.adobe.photoshop", ".kra": "application/x-krita", ".safetensors": "application/x-safetensors",
}

// TestTheDesktopEntryOffersWhatOpens: each kind of file that opens is in the entry, under the
// name that desktops have for it, and the type that they don't know is defined.
func TestTheDesktopEntryOffersWhatOpens(t *testing.T) {
	entry, err := os.ReadFile("../../assets/desktop/org.pentimento.Pentimento.desktop")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for line := range strings.Lines(string(entry)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		keys[key] = value
	}
	types := strings.Split(strings.TrimSuffix(keys["MimeType"], ";"), ";")
	for _, ext := range append([]string{".ora", ".psd", ".kra", ".safetensors"}, file.Extensions...) {
		if want := mimeTypes[ext]; want == "" || !slices.Contains(types, want) {
			t.Errorf("files ending in %s have the type %q, which is not in MimeType", ext, want)
		}
	}
	if keys["Exec"] != "pentimento %F" || keys["Icon"] != "org.pentimento.Pentimento" || keys["Type"] != "Application" || !strings.HasPrefix(string(entry), "[Desktop Entry]\n") {
		t.Errorf("the entry says %v", keys)
	}
	defined, err := os.ReadFile("../../assets/desktop/org.pentimento.Pentimento.xml")
	if err != nil || !strings.Contains(string(defined), `type="application/x-safetensors"`) || !strings.Contains(string(defined), `pattern="*.safetensors"`) {
		t.Errorf("checkpoints have no type: %v, %s", err, defined)
	}
}
