package fault

import "testing"

func TestNearestIsTheWordThatWasMeant(t *testing.T) {
	known := []string{"fill", "outpaint", "generate", "info", "models", "DPM++ 2M", "Euler a", "Euler", "png", "cuda", "cpu"}
	for mistyped, want := range map[string]string{
		"geneate": "generate", "flil": "fill", "GENERATE": "generate", "eular": "Euler", "euler": "Euler", "pgn": "png", "cdua": "cuda",
		"dpm++ 2n": "DPM++ 2M", "": "", "x": "", "photo": "", "portrait": "",
	} {
		if got := Nearest(mistyped, known); got != want {
			t.Errorf("%q is read as %q, want %q", mistyped, got, want)
		}
	}
}
