package wildcard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// Surprise is a whole prompt out of lists alone: one line of the list "surprise", expanded; few
// asks for the Starter's words alone, of the list "starter".
func Surprise(from *Library, seed int64, few bool) (string, error) {
	if few {
		return Expand("__starter__", from, seed, 0)
	}
	return Expand("__surprise__", from, seed, 0)
}

// aspect is something that a prompt may say; where a text has one of the words, it does.
type aspect struct{ list, words string }

// aspects are what Enrich looks for, the most telling first.
var aspects = []aspect{
	{"medium", "painting painted oil watercolour watercolor gouache ink charcoal drawing drawn pencil sketch pastel woodcut etching print fresco photo photograph photography render rendering illustration collage mosaic anime poster film"},
	{"light", "light lit lighting sun sunny sunlight sunset sunrise sunlit moonlight moonlit night dark darkness dusk dawn shadow shadows candlelight backlight neon glow glowing hour"},
	{"composition", "close-up closeup view wide shot angle portrait seen silhouette symmetrical composition framed above below perspective macro"},
	{"palette", "colour color colours colors coloured colorful colourful monochrome palette black white red orange yellow green blue purple violet pink brown grey gray gold golden sepia"},
	{"detail", "detail detailed strokes grain texture textured sharp crisp soft rough smooth intricate hatching"},
	{"mood", "mood calm melancholy cheerful solemn dreamy lonely festive tense playful quiet majestic mysterious hopeful atmosphere atmospheric happy sad"},
}

// most is how many aspects Enrich adds.
const most = 4

// Enrich is a text with more words: what goes with those that it has (the list "fitting"), and
// what it says nothing of yet, medium, light and so on, in the order in which they tell most. The
// text itself stands as it is, in front. Only what the model knows is added; nil: it reads any words.
func Enrich(text string, from *Library, seed int64, known func(phrase string) bool) (string, error) {
	has := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(withoutComments(text)), func(c rune) bool { return !unicode.IsLetter(c) && c != '-' }) {
		has[w] = true
		has[strings.TrimSuffix(w, "s")] = true
	}
	if len(has) == 0 {
		return "", fmt.Errorf("enrich: found no words, want a few to begin with")
	}
	rng := rand.New(rand.NewPCG(uint64(seed), 0))
	more, err := fitting(from, has, rng)
	if err != nil {
		return "", err
	}
	if known != nil {
		more = slices.DeleteFunc(more, func(s string) bool { return !known(s) })
	}
	added := 0
	for _, a := range aspects {
		said := slices.ContainsFunc(strings.Fields(a.words), func(w string) bool { return has[w] })
		if said || added == most {
			continue
		}
		s, err := drawn(a.list, from, rng, known)
		if err != nil {
			return "", err
		}
		if s != "" {
			more, added = append(more, s), added+1
		}
	}
	text = strings.TrimRight(text, " ,\n")
	if len(more) == 0 {
		return text, nil
	}
	join := ", "
	if strings.Contains(text[strings.LastIndexByte(text, '\n')+1:], "#") { // or it would be of the comment
		join = "\n, "
	}
	return text + join + strings.Join(more, ", "), nil
}

// forms is how many forms of a list are looked at for one of words that a model knows.
const forms = 2000

// drawn is a phrase of a list that is known, empty where there is none.
func drawn(list string, from *Library, rng *rand.Rand, known func(phrase string) bool) (string, error) {
	if known == nil {
		return Expand("__"+list+"__", from, rng.Int64(), 0)
	}
	all, _, err := All("__"+list+"__", from, forms, nil)
	all = slices.DeleteFunc(all, func(s string) bool { return !known(s) })
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[rng.IntN(len(all))], nil
}

// fitting is one phrase for each of the first two rows of the list that a text's words belong to.
func fitting(from *Library, has map[string]bool, rng *rand.Rand) (out []string, err error) {
	rows, err := from.values("fitting")
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		words, phrases, _ := strings.Cut(row.text, ":")
		if len(out) == 2 || !slices.ContainsFunc(strings.Fields(strings.ToLower(words)), func(w string) bool { return has[w] }) {
			continue
		}
		if s := strings.Split(phrases, "|"); phrases != "" {
			out = append(out, strings.TrimSpace(s[rng.IntN(len(s))]))
		}
	}
	return out, nil
}
