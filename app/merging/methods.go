package merging

import (
	"slices"

	"pentimento/app/words"
	"pentimento/pipeline/merge"
)

// Method is a way to merge as the window tells it.
type Method struct {
	Name           string // of merge.Methods
	Label          string
	Formula, Plain string // α is the share of B, β that of C
	Files          int    // models that it takes
	Beta           bool   // takes β
}

// Methods are those that the window offers: all of them but the one that only has block weights,
// which here any method can have.
func Methods() (out []Method) {
	for _, m := range merge.Methods {
		if m.Name != "weight" {
			out = append(out, told(m))
		}
	}
	return out
}

func method(name string) Method {
	all := Methods()
	if i := slices.IndexFunc(all, func(m Method) bool { return m.Name == name }); i >= 0 {
		return all[i]
	}
	return Method{Name: name, Files: 3}
}

func told(m merge.Method) Method {
	out := Method{Name: m.Name, Label: m.Name, Formula: m.Short, Files: m.Files, Beta: m.Beta}
	say := func(label, formula, plain string) { out.Label, out.Formula, out.Plain = label, formula, plain }
	switch m.Name {
	case "none":
		say(words.T("A alone"), words.T("A"), words.T("Nothing is merged: A gets a VAE or LoRAs built in, or is stored in another type."))
	case "weighted":
		say(words.T("Weighted sum"), words.T("A·(1–α) + B·α"), words.T("A mix of two: at 0 it is A, at 1 it is B."))
	case "add":
		say(words.T("Add difference"), words.T("A + (B–C)·α"), words.T("What B learnt beyond C is added to A. C is the model that B was trained from."))
	case "triple":
		say(words.T("Sum of three"), words.T("A·(1–α–β) + B·α + C·β"), words.T("A mix of three; α and β together are at most 1, or A is taken away."))
	case "twice":
		say(words.T("Sum twice"), words.T("(A·(1–α) + B·α)·(1–β) + C·β"), words.T("A and B are mixed, and C into what comes of it."))
	case "train":
		say(words.T("Train difference"), words.T("A + (B–C)·α·s"), words.T("As add difference, but s makes it less where A is already like B: as if A had been trained as B was."))
	case "cosineA":
		say(words.T("Cosine, sharpened to A"), words.T("A and B by their likeness"), words.T("B's details in A, where the two point the same way; the outcome stays near A."))
	case "cosineB":
		say(words.T("Cosine, sharpened to B"), words.T("A and B by their likeness"), words.T("B's details in A, by direction and length; the outcome goes nearer to B."))
	}
	return out
}

// Courses are shares of blocks that have names.
func Courses() []merge.Preset { return merge.Presets }
