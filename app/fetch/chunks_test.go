package fetch

import (
	"bytes"
	"net/http"
	"testing"
)

// TestANetworkInPiecesIsJoined: in the order of the table and not of the archive; one that lacks a piece, or has another
// one, is refused, and nothing of it stays.
func TestANetworkInPiecesIsJoined(t *testing.T) {
	whole := append(bytes.Repeat([]byte("piece"), chunkSize/5+1)[:chunkSize], noise(3, 5_000)...)
	for name, c := range map[string]struct {
		files []any
		err   string
	}{
		"turned round":    {[]any{"two", whole[chunkSize:], "other", []byte("x"), "one", whole[:chunkSize]}, ""},
		"lacks one":       {[]any{"two", whole[chunkSize:]}, "found 1 of 2 pieces"},
		"has a short one": {[]any{"two", whole[chunkSize+1:], "one", whole[:chunkSize]}, `"package/two" has 4999 bytes, want 5000`},
		"has another one": {[]any{"two", whole[:5_000], "one", whole[:chunkSize]}, "found a file of SHA-256"},
	} {
		t.Run(name, func(t *testing.T) {
			archive, p := packed(t, "@scope/nets", c.files...)
			row := Network{ID: "whole", Package: p, Chunks: []string{"package/one", "package/two"}, Name: "whole.net", Size: int64(len(whole)), SHA256: sumOf(whole), Licence: "MIT"}
			r := newRig(t, func(w http.ResponseWriter, req *http.Request) { serve(w, req, archive, `"v1"`, -1) })
			r.registry()
			r.client.Networks = []Network{row}
			err := r.networks([]Network{row})
			if c.err != "" {
				failed(t, err, c.err, "")
				if f := r.files(); f != "" {
					t.Errorf("there are %s", f)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r.holds("whole.net", whole)
			if f := r.files(); f != "whole.net" {
				t.Errorf("there are %s", f)
			}
		})
	}
}
