package pipeline

import (
	"context"
	"image"

	"pentimento/pipeline/preprocess"
)

// GuideModule is something that can be made, or taken, of a guide's picture.
type GuideModule struct {
	Name  string // Guide.Preprocessor
	Short string // what it is, for people
	// Network says that it runs a network of its own, which takes seconds.
	Network bool
	Parts   []string // names of the files of that network, which can be fetched
	Points  bool     // it draws people's points, which can be had as such
}

// Modules are those of a kind that need the picture alone or networks that can be fetched, the usual one
// first; none where the kind has no choice.
func (k GuideKind) Modules() (out []GuideModule) {
	switch k.Name {
	case GuideReference:
		shorts := map[string]string{ReferenceOnly: "the whole look", ReferenceAdaIN: "colours and mood", ReferenceBoth: "both"}
		for _, name := range ReferenceModules {
			out = append(out, GuideModule{Name: name, Short: shorts[name]})
		}
	case GuideControl:
		for _, m := range preprocess.Modules {
			switch {
			case m.Network != nil && len(m.Network.Parts) > 0:
				out = append(out, GuideModule{m.Name, m.Short, true, m.Network.Parts, m.Wants == preprocess.OfPoints})
			case m.Wants == preprocess.OfPicture && m.Network == nil:
				out = append(out, GuideModule{Name: m.Name, Short: m.Short})
			}
		}
		out = append(out, GuideModule{Name: "inpaint_only", Short: "the picture, with what is masked hidden"})
	}
	return out
}

// AsItIs says that a control network gets the guide's picture itself, no map that is made of it.
func (g Guide) AsItIs() bool {
	return g.Kind == GuideControl && (g.Preprocessor == "" || g.Preprocessor == "none")
}

// Shown is what of its picture the guide shows.
func (g Guide) Shown() *image.NRGBA { return g.cropped(g.Image) }

// Map is what the guide's preprocessor makes of its picture, at a size of its own.
func (g Guide) Map(ctx context.Context) (*image.NRGBA, error) {
	img := g.Shown()
	m, by, err := g.module()
	if err != nil || m == nil {
		return img, err
	}
	p, err := m.Run(ctx, preprocess.Of(img), by)
	if err != nil {
		return nil, err
	}
	return p.NRGBA(), nil
}
