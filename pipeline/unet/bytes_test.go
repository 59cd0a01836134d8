package unet_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// Without hooks and changes the bytes of every network are those of 2026-11-27, before
// networks had sites: the first 16 digits of their SHA-256. Those of 2026-11-28 take the mask of an
// inpainting network as an input of its own, and those of the text encoders vectors in place of tokens.
func TestPlainNetworksKeepTheirBytes(t *testing.T) {
	want := map[string]string{
		"tiny15 denoiser":                  "c83c649a37e1625d",
		"tiny15 denoiser, wrapped":         "4019bba72ee5fe99",
		"tiny15 decoder":                   "b44e1508ad7cda63",
		"tiny15 encoder":                   "5b73a5bda338bbdb",
		"tiny15 text 1":                    "535e67850ba386ec",
		"tiny15-inpaint denoiser":          "789086268ea549d8",
		"tiny15-inpaint denoiser, wrapped": "20a5598adb698e95",
		"tiny15-inpaint decoder":           "7133f4a89a95b146",
		"tiny15-inpaint encoder":           "336495551c4a62fd",
		"tiny15-inpaint text 1":            "3882e57f6cf3cb03",
		"tiny21 denoiser":                  "6f1b66dac5e481e3",
		"tiny21 denoiser, wrapped":         "11cbe6201fe1f005",
		"tiny21 decoder":                   "18e002098d7db330",
		"tiny21 encoder":                   "72a951eb5cd20f21",
		"tiny21 text 1":                    "d43adff13ad4aae4",
		"tinyxl denoiser":                  "7e18ae9946ccabb1",
		"tinyxl denoiser, wrapped":         "562e21b27e65fd4b",
		"tinyxl decoder":                   "6ad521460d20cf6d",
		"tinyxl encoder":                   "bb3878659764ee43",
		"tinyxl text 1":                    "b58e17ef40bd694e",
		"tinyxl text 2":                    "5a918d61e41ba692",
	}
	for _, name := range []string{"tiny15", "tiny15-inpaint", "tiny21", "tinyxl"} {
		ck := open(t, small(t, name), "single", "F16")
		check := func(what string, g *graph.Graph, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			dir, err := g.Dir()
			if err != nil {
				t.Fatal(err)
			}
			b, err := g.Encode(dir)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(b)
			if got := hex.EncodeToString(sum[:8]); got != want[name+" "+what] {
				t.Errorf("%s %s: the bytes have the sum %s, want %s", name, what, got, want[name+" "+what])
			}
		}
		g, err := unet.Build(ck.Denoiser, graph.Variant{})
		check("denoiser", g, err)
		if err == nil {
			check("denoiser, wrapped", g, g.Apply(graph.Wrap(true, true)))
		}
		g, err = vae.BuildDecoder(ck.VAE, graph.Variant{})
		check("decoder", g, err)
		g, err = vae.BuildEncoder(ck.VAE, graph.Variant{})
		check("encoder", g, err)
		for i, p := range ck.Text {
			g, err = clip.Build(p, graph.Variant{})
			check("text "+string(rune('1'+i)), g, err)
		}
	}
}
