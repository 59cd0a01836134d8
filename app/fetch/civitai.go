package fetch

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pentimento/fault"
)

// civitaiVersion is what GET /api/v1/model-versions/{id} and …/by-hash/{hash} answer, as far as
// it is of use (developer.civitai.com/site/reference/model-versions).
type civitaiVersion struct {
	ID          int64         `json:"id"`
	ModelID     int64         `json:"modelId"`
	Name        string        `json:"name"`
	BaseModel   string        `json:"baseModel"`
	Words       []string      `json:"trainedWords"`
	Files       []civitaiFile `json:"files"`
	DownloadURL string        `json:"downloadUrl"`
	Images      []struct {
		URL  string `json:"url"`
		Type string `json:"type"`
	} `json:"images"`
	Model struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"model"`
}

type civitaiFile struct {
	Name        string  `json:"name"`
	Type        string  `json:"type"`
	SizeKB      float64 `json:"sizeKB"`
	Primary     bool    `json:"primary"`
	DownloadURL string  `json:"downloadUrl"`
	Hashes      struct {
		SHA256 string `json:"SHA256"`
	} `json:"hashes"`
}

// civitaiModelPage is what GET /api/v1/models/{id} answers: a version of its own has no licence.
type civitaiModelPage struct {
	Versions   []civitaiVersion `json:"modelVersions"`
	Credit     bool             `json:"allowNoCredit"`
	Commercial flags            `json:"allowCommercialUse"`
	Derivative bool             `json:"allowDerivatives"`
	Different  bool             `json:"allowDifferentLicense"`
}

// flags are several words or one: the site's answer has been both.
type flags []string

// UnmarshalJSON implements json.Unmarshaler.
func (f *flags) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*f = strings.FieldsFunc(one, func(r rune) bool { return strings.ContainsRune("{}, ", r) })
		return nil
	}
	return json.Unmarshal(data, (*[]string)(f))
}

// file is the one that a download address means: that of the address, else the first, the model itself.
func (v *civitaiVersion) file(address string) *civitaiFile {
	if i := slices.IndexFunc(v.Files, func(f civitaiFile) bool { return address != "" && sameFile(f.DownloadURL, address) }); i >= 0 {
		return &v.Files[i]
	}
	if i := slices.IndexFunc(v.Files, func(f civitaiFile) bool { return f.Primary }); i >= 0 {
		return &v.Files[i]
	}
	if i := slices.IndexFunc(v.Files, func(f civitaiFile) bool { return f.Type == "Model" }); i >= 0 || len(v.Files) == 0 {
		if i < 0 {
			return nil
		}
		return &v.Files[i]
	}
	return &v.Files[0]
}

// sameFile compares two download addresses by path and query, whatever the query's order.
func sameFile(a, b string) bool {
	u, err := url.Parse(a)
	v, err2 := url.Parse(b)
	return err == nil && err2 == nil && u.Path == v.Path && u.Query().Encode() == v.Query().Encode()
}

// version asks for a version, or for a model's latest.
func (c *Client) version(ctx context.Context, id, model int64) (*civitaiVersion, error) {
	if id == 0 {
		var page civitaiModelPage
		if err := c.civitai(ctx, "/api/v1/models/"+strconv.FormatInt(model, 10), &page); err != nil {
			return nil, err
		}
		if len(page.Versions) == 0 {
			return nil, fault.New("found a model without versions, want one", "its page says when it comes")
		}
		id = page.Versions[0].ID
	}
	var v civitaiVersion
	return &v, c.civitai(ctx, "/api/v1/model-versions/"+strconv.FormatInt(id, 10), &v)
}

// Licence is what Civitai lets be done with a model, by its owner's word.
type Licence struct {
	NoCredit   bool     `json:"no_credit"`  // may be used without naming the owner
	Commercial []string `json:"commercial"` // "Image", "Rent", "RentCivit", "Sell"; empty: none
	Merge      bool     `json:"merge"`      // merges and other derivatives may be shared
	Different  bool     `json:"different"`  // those under other terms
}

// Known is what Civitai knows of a file by its hash.
type Known struct {
	SHA256   string    `json:"sha256"`
	Asked    time.Time `json:"asked"`
	Unknown  bool      `json:"unknown,omitempty"` // Civitai had no such file then
	Model    int64     `json:"model,omitempty"`
	Version  int64     `json:"version,omitempty"`
	Name     string    `json:"name,omitempty"`
	Edition  string    `json:"edition,omitempty"` // the version's name
	Kind     string    `json:"kind,omitempty"`    // "Checkpoint", "LORA", "TextualInversion", …
	Base     string    `json:"base,omitempty"`    // "SD 1.5", "SDXL 1.0", …
	Words    []string  `json:"words,omitempty"`   // that trigger it
	Licence  *Licence  `json:"licence,omitempty"` // nil: not told
	Preview  string    `json:"preview,omitempty"` // address of a picture
	Page     string    `json:"page,omitempty"`
	Download string    `json:"download,omitempty"`
}

// KnownOf is what a look-up has found earlier; ok is false where there was none. It speaks to
// nobody.
func (c *Client) KnownOf(sha256 string) (k Known, ok bool) {
	sha256 = strings.ToLower(sha256)
	if !isSum(sha256) || readJSON(c.knownPath(sha256), &k) != nil || k.SHA256 != sha256 {
		return Known{}, false
	}
	return k, true
}

func (c *Client) knownPath(sum string) string {
	return filepath.Join(c.Folder, "lookups", sum+".json")
}

// LookUp asks Civitai for a file by its SHA-256, and keeps the answer, also that there is none. anew asks though it
// was asked before. A short hash, as recipes have it (10 or 12 digits), is asked for each time, and what is found is
// kept by the SHA-256 that the site says.
func (c *Client) LookUp(ctx context.Context, sum string, anew bool) (Known, error) {
	sum = strings.ToLower(sum)
	short := len(sum) == 10 || len(sum) == 12
	if _, err := hex.DecodeString(sum); err != nil || !short && len(sum) != 64 {
		return Known{}, fault.New(fmt.Sprintf("hash %q: want a SHA-256 of 64 hex digits, or a recipe's of 10 or 12", sum), "pentimento models inspect FILE prints it")
	}
	if k, ok := c.KnownOf(sum); ok && !anew {
		return k, nil
	}
	var v civitaiVersion
	err := c.civitai(ctx, "/api/v1/model-versions/by-hash/"+sum, &v)
	k := Known{SHA256: sum, Asked: time.Now().UTC()}
	if f := v.file(""); short && err == nil && f != nil {
		k.SHA256 = strings.ToLower(f.Hashes.SHA256)
		for _, f := range v.Files {
			if s := strings.ToLower(f.Hashes.SHA256); strings.HasPrefix(s, sum) {
				k.SHA256 = s
			}
		}
	}
	switch {
	case errors.Is(err, errNotThere):
		k.Unknown = true
	case err != nil:
		return Known{}, err
	default:
		k.take(&v, c.Civitai.Base)
		var page civitaiModelPage
		if err := c.civitai(ctx, "/api/v1/models/"+strconv.FormatInt(v.ModelID, 10), &page); err == nil {
			k.Licence = &Licence{page.Credit, page.Commercial, page.Derivative, page.Different}
		} else if ctx.Err() != nil {
			return Known{}, err
		}
	}
	if !isSum(k.SHA256) {
		return k, nil
	}
	return k, writeJSON(c.knownPath(k.SHA256), k)
}

func (k *Known) take(v *civitaiVersion, base string) {
	k.Model, k.Version, k.Name, k.Edition, k.Kind, k.Base = v.ModelID, v.ID, plainText(v.Model.Name), plainText(v.Name), plainText(v.Model.Type), plainText(v.BaseModel)
	for _, w := range v.Words {
		k.Words = append(k.Words, plainText(w))
	}
	for _, i := range v.Images {
		if i.Type == "" || i.Type == "image" {
			k.Preview = i.URL
			break
		}
	}
	k.Page = fmt.Sprintf("%s/models/%d?modelVersionId=%d", base, v.ModelID, v.ID)
	k.Download = v.DownloadURL
	for _, f := range v.Files {
		if strings.EqualFold(f.Hashes.SHA256, k.SHA256) && f.DownloadURL != "" {
			k.Download = f.DownloadURL
		}
	}
}

var errNotThere = errors.New("found nothing of that")

// maxAnswer bounds an answer of the site; those of models with hundreds of versions have some megabytes.
const maxAnswer = 32 << 20

// civitai asks the site for a path of its interface, patiently: where it says that it was asked too
// often, as long after as it says.
func (c *Client) civitai(ctx context.Context, path string, into any) error {
	t := &transfer{c: c, r: &Record{}, report: func(Progress) {}, host: hostOf(c.Civitai.Base)}
	for {
		err := c.askOnce(ctx, t, path, into)
		var a *again
		if !errors.As(err, &a) || ctx.Err() != nil {
			return err
		}
		if t.tries++; t.tries >= c.Tries {
			return fault.With(a.error, "try again later")
		}
		if err := t.wait(ctx, a); err != nil {
			return err
		}
	}
}

func (c *Client) askOnce(ctx context.Context, t *transfer, path string, into any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.Idle, errStalled)
	defer cancel()
	req, err := c.request(ctx, c.Civitai.Base+path)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	r, err := c.do(req)
	if err != nil {
		return t.passing(ctx, err)
	}
	defer r.Body.Close()
	if r.StatusCode == http.StatusNotFound {
		return fault.With(fmt.Errorf("%s: %w", t.host, errNotThere), "it is not (or no longer) at Civitai")
	}
	if r.StatusCode != http.StatusOK {
		return t.refused(r)
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	switch {
	case err != nil:
		return t.passing(ctx, fmt.Errorf("%s: %w", t.host, err))
	case len(data) > maxAnswer:
		return fault.New(fmt.Sprintf("%s: found an answer of more than %d MB", t.host, maxAnswer>>20), "")
	case json.Unmarshal(data, into) != nil:
		return fault.New(fmt.Sprintf("%s: found an answer that can't be read, want JSON", t.host), "the site may be down for repairs; try again later")
	}
	return nil
}

// String says what may be done, in a line.
func (l *Licence) String() string {
	if l == nil {
		return ""
	}
	say := func(yes bool, text string) string {
		if yes {
			return text
		}
		return "no " + text
	}
	commercial := "no commercial use"
	if len(l.Commercial) > 0 && !slices.Contains(l.Commercial, "None") {
		commercial = "commercial use: " + strings.Join(l.Commercial, ", ")
	}
	credit := "credit to its owner"
	if l.NoCredit {
		credit = "no credit needed"
	}
	return strings.Join([]string{credit, commercial, say(l.Merge, "sharing of merges"), say(l.Different, "other terms for them")}, "; ")
}
