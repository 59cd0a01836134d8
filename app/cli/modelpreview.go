package cli

import (
	"context"
	"flag"
	"fmt"
	"image/png"
	"io"

	"pentimento/app/collection"
	"pentimento/canvas/disk"
	"pentimento/canvas/file"
)

var previewModel = modelAction{"preview", "FILE", "writes the picture that lies beside a model or in it to --out, as PNG",
	func(_ *flag.FlagSet, f *modelFlags) Action {
		return func(ctx context.Context, env *Env, args []string) error {
			if len(args) != 1 || f.out == "" {
				return WithHint(Misuse("arguments %q and --out %q, want one model and a picture to write", args, f.out), "pentimento models preview model.safetensors --out cover.png")
			}
			item, err := collection.Inspect(args[0])
			if err != nil {
				return err
			}
			picture, err := item.Cover(ctx)
			if err != nil {
				return err
			}
			if picture == nil {
				return WithHint(fmt.Errorf("%q has no picture", args[0]), "it would be NAME.preview.png beside it, or modelspec.thumbnail in it")
			}
			if err := disk.WriteAtomic(f.out, func(w io.Writer) error {
				return file.EncodePNG(ctx, w, picture, nil, png.DefaultCompression)
			}); err != nil {
				return err
			}
			b := picture.Bounds()
			if f.json {
				return printed(writeJSON(env.Stdout, map[string]any{"model": args[0], "picture": item.Card.Picture, "out": f.out, "width": b.Dx(), "height": b.Dy()}))
			}
			_, err = fmt.Fprintf(env.Stderr, "%s: %d × %d pixels\n", f.out, b.Dx(), b.Dy())
			return printed(err)
		}
	}}
