package collection

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Card is what is written of a model, in its header and beside it.
type Card struct {
	Title   string   `json:"title,omitempty"` // a name that need not be the file's
	Base    string   `json:"base,omitempty"`  // the model it was made from, in its maker's words
	Author  string   `json:"author,omitempty"`
	License string   `json:"license,omitempty"`
	Source  string   `json:"source,omitempty"` // an address
	Words   []string `json:"words,omitempty"`  // what a prompt says to wake it: trigger words
	Labels  []string `json:"labels,omitempty"` // what its maker files it under
	// Weight is how much of an adapter its owner likes; 0 where nothing says.
	Weight   float64 `json:"weight,omitempty"`
	Negative string  `json:"negative,omitempty"` // what goes into the negative prompt
	Notes    string  `json:"notes,omitempty"`
	Trained  []Count `json:"trained,omitempty"` // words of its training's captions, the most frequent first
	Picture  string  `json:"picture,omitempty"` // ending of the picture beside it, or Embedded
	Claims   Claims  `json:"claims,omitzero"`
	Merged   string  `json:"merged,omitempty"` // how a merger made it: the method, its shares, the models and what was built in
}

// Embedded is the Picture of a card that is in the file itself.
const Embedded = "embedded"

// Count is how often a word was in the captions of a training.
type Count struct {
	Word string `json:"word"`
	N    int    `json:"n"`
}

// Claims are sums that others wrote down: where to look first, never a proof.
type Claims struct {
	SHA256 string `json:"sha256,omitempty"`
	Data   string `json:"data,omitempty"`
}

// The most that is kept of texts.
const (
	maxNotes   = 4000
	maxWords   = 40
	maxTrained = 24
	maxText    = 4 << 20 // of a file beside a model
)

// small is a text file, "" where there is none or it is too large for what it should be.
func small(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxText {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxText))
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(bytes.TrimPrefix(b, []byte("\ufeff"))), "\ufffd")
}

// cardOf reads a card: what a person wrote beside the file goes before what is in it.
func cardOf(s seen, metadata map[string]string) Card {
	c := Card{}
	for _, ending := range pictureEndings {
		if s.files[ending] != "" {
			c.Picture = ending
			break
		}
	}
	c.own(small(s.files[".json"]))
	c.civitai(small(s.files[".civitai.info"]))
	c.civitai(small(s.files[".cm-info.json"]))
	c.civitai(small(s.files[".metadata.json"]))
	c.embedded(metadata)
	for _, ending := range []string{".txt", ".description.txt", ".md"} {
		c.note(small(s.files[ending]))
	}
	return c
}

// own reads A1111's NAME.json, which a person fills in under a model's picture.
func (c *Card) own(text string) {
	var own struct {
		Description string  `json:"description"`
		Activation  string  `json:"activation text"`
		Weight      float64 `json:"preferred weight"`
		Negative    string  `json:"negative text"`
		Notes       string  `json:"notes"`
		SHA256      string  `json:"sha256"`
	}
	if json.Unmarshal([]byte(text), &own) != nil {
		return
	}
	c.word(own.Activation)
	c.Negative = short(own.Negative, maxNotes)
	if own.Weight > -10 && own.Weight < 10 {
		c.Weight = own.Weight
	}
	c.note(own.Description)
	c.note(own.Notes)
	c.Claims.SHA256 = sum(own.SHA256)
}

// civitai reads what Civitai says of a version of a model, as helpers of A1111 (.civitai.info),
// Stability Matrix (.cm-info.json) and ComfyUI's LoRA manager (.metadata.json) keep it.
func (c *Card) civitai(text string) {
	type version struct {
		ID      int64    `json:"id"`
		ModelID int64    `json:"modelId"`
		Base    string   `json:"baseModel"`
		Words   []string `json:"trainedWords"`
		About   string   `json:"description"`
		Model   struct {
			Name string   `json:"name"`
			Tags []string `json:"tags"`
		} `json:"model"`
		Creator struct {
			Name string `json:"username"`
		} `json:"creator"`
		Files []struct {
			Primary bool `json:"primary"`
			Hashes  struct {
				SHA256 string `json:"SHA256"`
			} `json:"hashes"`
		} `json:"files"`
	}
	var v struct {
		version
		ModelName   string   `json:"ModelName"`
		ModelText   string   `json:"ModelDescription"`
		BaseModel   string   `json:"base_model"`
		Name        string   `json:"model_name"`
		Notes       string   `json:"notes"`
		Tags        []string `json:"tags"`
		SHA256      string   `json:"sha256"`
		Civitai     version  `json:"civitai"`
		Description string   `json:"modelDescription"`
	}
	if json.Unmarshal([]byte(text), &v) != nil {
		return
	}
	c.note(v.Notes)
	for _, s := range []version{v.version, v.Civitai} {
		for _, w := range s.Words {
			c.word(w)
		}
		c.Title, c.Base, c.Author = cmp.Or(c.Title, s.Model.Name), cmp.Or(c.Base, s.Base), cmp.Or(c.Author, s.Creator.Name)
		c.label(s.Model.Tags...)
		c.note(plain(s.About))
		for _, f := range s.Files {
			if c.Claims.SHA256 == "" && (f.Primary || len(s.Files) == 1) {
				c.Claims.SHA256 = sum(f.Hashes.SHA256)
			}
		}
	}
	c.Title, c.Base = cmp.Or(c.Title, v.ModelName, v.Name), cmp.Or(c.Base, v.BaseModel)
	c.label(v.Tags...)
	c.note(plain(cmp.Or(v.Description, v.ModelText)))
	c.Claims.SHA256 = cmp.Or(c.Claims.SHA256, sum(v.SHA256))
}

// embedded reads the metadata of a header: the model specification of Stability AI (modelspec.*)
// and what sd-scripts writes of a training (ss_*).
func (c *Card) embedded(m map[string]string) {
	c.Title = cmp.Or(c.Title, m["modelspec.title"], m["pentimento.name"], m["ss_output_name"])
	c.Author, c.License = cmp.Or(c.Author, m["modelspec.author"]), cmp.Or(c.License, m["modelspec.license"])
	c.Base = cmp.Or(c.Base, m["ss_sd_model_name"], m["ss_base_model_version"], m["modelspec.architecture"])
	for _, w := range strings.Split(m["modelspec.trigger_phrase"], ",") {
		c.word(w)
	}
	c.label(strings.Split(m["modelspec.tags"], ",")...)
	c.note(m["modelspec.description"])
	c.note(m["modelspec.usage_hint"])
	c.note(m["ss_training_comment"])
	if strings.HasPrefix(m["modelspec.thumbnail"], "data:image/") && c.Picture == "" {
		c.Picture = Embedded
	}
	c.Claims.Data = sum(m["sshs_model_hash"])
	c.Merged = merged(m)
	c.Trained = trained(m["ss_tag_frequency"])
	for _, text := range []*string{&c.Title, &c.Base, &c.Author, &c.License} {
		*text = short(*text, 200)
	}
}

// trained sums how often each word of the captions comes, over all of a training's folders.
func trained(text string) []Count {
	var sets map[string]map[string]float64
	if text == "" || json.Unmarshal([]byte(text), &sets) != nil {
		return nil
	}
	total := map[string]int{}
	for _, set := range sets {
		for word, n := range set {
			if word = strings.TrimSpace(word); word != "" && n > 0 && n < 1e9 {
				total[short(word, 80)] += int(n)
			}
		}
	}
	var out []Count
	for word, n := range total {
		out = append(out, Count{word, n})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Word, b.Word)) })
	return out[:min(len(out), maxTrained)]
}

func (c *Card) word(w string) {
	if len(c.Words) >= maxWords { // a header may name a million
		return
	}
	w = short(strings.Trim(strings.TrimSpace(w), ","), 400)
	if w != "" && !slices.Contains(c.Words, w) {
		c.Words = append(c.Words, w)
	}
}

func (c *Card) label(labels ...string) {
	for _, l := range labels {
		if len(c.Labels) >= maxWords {
			return
		}
		if l = short(strings.TrimSpace(l), 80); l != "" && !slices.Contains(c.Labels, l) {
			c.Labels = append(c.Labels, l)
		}
	}
}

// note adds a text to the notes, unless it is in them.
func (c *Card) note(text string) {
	if text = strings.TrimSpace(text); text == "" || strings.Contains(c.Notes, text) {
		return
	}
	c.Notes = short(strings.TrimSpace(c.Notes+"\n\n"+text), maxNotes)
}

// short is the beginning of a text.
func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

var (
	breaks   = regexp.MustCompile(`(?i)<(br|/p|/li|/h\d)[^>]*>`)
	elements = regexp.MustCompile(`<[^<>]*>`)
	hex      = regexp.MustCompile(`^[0-9a-f]{8,64}$`)
	entities = strings.NewReplacer("&nbsp;", " ", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&amp;", "&")
)

// plain is a page's text without its markup.
func plain(html string) string {
	return entities.Replace(elements.ReplaceAllString(breaks.ReplaceAllString(html, "\n"), ""))
}

// sum is a hash in the form that we compare, "" for what is none.
func sum(text string) string {
	text = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(text), "0x"))
	if !hex.MatchString(text) {
		return ""
	}
	return text
}
