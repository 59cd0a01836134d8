package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"

	"pentimento/fault"
)

// Want is a file to fetch.
type Want struct {
	From    string `json:"from"`              // as a person names it: "https://…", "civitai:1234", "hf:owner/repo/file@revision", a name of the catalogue
	URL     string `json:"url,omitempty"`     // of the file itself; "" until Resolve has asked Civitai
	Version int64  `json:"version,omitempty"` // of Civitai, that is to be asked for the URL; with Model alone the latest
	Model   int64  `json:"model,omitempty"`
	Title   string `json:"title,omitempty"`  // for people; "": Name
	Name    string `json:"name,omitempty"`   // of the file here; "": what the server says
	SHA256  string `json:"sha256,omitempty"` // that it must have, 64 hex digits; "": not known
	Size    int64  `json:"size,omitempty"`   // exactly; 0: not known
	About   int64  `json:"about,omitempty"`  // roughly, to tell
	Licence string `json:"licence,omitempty"`
	Package bool   `json:"package,omitempty"` // a tar.gz of a package registry, no model
}

// Label is what a person reads for it.
func (w Want) Label() string { return cmp.Or(w.Title, w.Name, w.From) }

// Parse reads what a person types: an address, a version or page of Civitai, a file of Hugging
// Face or its page, a name of the catalogue. It speaks to nobody.
func (c *Client) Parse(text string) (Want, error) {
	text = strings.TrimSpace(text)
	if m := Find(text); m != nil {
		return c.fromHub(m.Want)
	}
	if rest, ok := strings.CutPrefix(text, "hf:"); ok {
		return c.fromHub(Want{From: "hf:" + rest})
	}
	if id, ok := strings.CutPrefix(strings.TrimPrefix(text, "urn:air:"), "civitai:"); ok {
		return fromCivitai(id)
	}
	if i := strings.LastIndex(text, ":civitai:"); i >= 0 && strings.HasPrefix(text, "urn:air:") {
		return fromCivitai(text[i+len(":civitai:"):])
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		return Want{}, c.unreadable(text)
	}
	if err := permitted(u); err != nil {
		return Want{}, err
	}
	if u.User != nil {
		return Want{}, fault.New(fmt.Sprintf("address of %s: found a name and password in it, want none", u.Host), "keep the site's token in the key ring: pentimento models token")
	}
	u.Fragment = ""
	if rest, ok := under(c.HuggingFace, u); ok {
		return c.hubPage(u, rest)
	}
	if rest, ok := under(c.Civitai, u); ok {
		return civitaiPage(u, rest)
	}
	return Want{From: shown(u), URL: u.String()}, nil
}

// under is the path of an address within a service, escaped; ok is false where it is elsewhere.
func under(s Service, u *url.URL) (rest string, ok bool) {
	base, err := url.Parse(s.Base)
	if err != nil || base.Host != u.Host || base.Scheme != u.Scheme {
		return "", false
	}
	rest, ok = strings.CutPrefix(u.EscapedPath(), base.Path)
	return rest, ok && (rest == "" || rest[0] == '/')
}

func (c *Client) unreadable(text string) error {
	hint := "give an address that begins with https://, civitai:VERSION, hf:OWNER/REPOSITORY/FILE, or a name of pentimento models catalogue"
	var names []string
	for _, m := range Catalogue {
		names = append(names, m.ID)
	}
	if near := fault.Nearest(text, names); near != "" {
		hint = "did you mean " + near + "? pentimento models catalogue lists what there is"
	}
	return fault.New(fmt.Sprintf("source %q: found no address, want one, or a name of the catalogue", text), hint)
}

var hubPath = regexp.MustCompile(`^([\w.-]+/[\w.-]+)/([^@?#]+?)(?:@([\w./-]+))?$`)

// fromHub gives a Want whose From is "hf:…" (of the catalogue: its Hub) the address of its file.
func (c *Client) fromHub(w Want) (Want, error) {
	m := hubPath.FindStringSubmatch(strings.TrimPrefix(w.From, "hf:"))
	if m == nil {
		return w, fault.New(fmt.Sprintf("source %q: want hf:OWNER/REPOSITORY/FILE, or with @REVISION after it", w.From), "for example hf:stabilityai/sd-vae-ft-mse-original/vae-ft-mse-840000-ema-pruned.safetensors")
	}
	repo, file, revision := m[1], m[2], cmp.Or(m[3], "main")
	w.From = "hf:" + repo + "/" + file
	if revision != "main" {
		w.From += "@" + revision
	}
	var parts []string
	for part := range strings.SplitSeq(file, "/") {
		if part == "" || part == "." || part == ".." {
			return w, fault.New(fmt.Sprintf("source %q: found %q in its path, want names", w.From, part), "")
		}
		parts = append(parts, url.PathEscape(part))
	}
	w.URL = c.HuggingFace.Base + "/" + repo + "/resolve/" + url.PathEscape(revision) + "/" + strings.Join(parts, "/")
	w.Name = cmp.Or(w.Name, telling(repo, file))
	return w, nil
}

var hubFile = regexp.MustCompile(`^/([\w.-]+/[\w.-]+)/(?:blob|resolve|raw)/([^/]+)/(.+)$`)

func (c *Client) hubPage(u *url.URL, rest string) (Want, error) {
	m := hubFile.FindStringSubmatch(rest)
	if m == nil {
		return Want{}, fault.New(fmt.Sprintf("address %q: found a page, want that of a file", shown(u)), "open “Files” there, choose the .safetensors file, and copy its address")
	}
	revision, err := url.PathUnescape(m[2])
	file, err2 := url.PathUnescape(m[3])
	if err != nil || err2 != nil {
		return Want{}, fault.New(fmt.Sprintf("address %q: found signs in it that can't be read", shown(u)), "")
	}
	return c.fromHub(Want{From: "hf:" + m[1] + "/" + file + "@" + revision})
}

// fromCivitai reads "VERSION", or "MODEL@VERSION" as in an AIR.
func fromCivitai(id string) (Want, error) {
	_, version, both := strings.Cut(id, "@")
	if !both {
		version = id
	}
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil || n <= 0 {
		return Want{}, fault.New(fmt.Sprintf("source %q: want civitai: and the number of a version", "civitai:"+id), "the number is in the page's address behind modelVersionId=")
	}
	return Want{From: "civitai:" + version, Version: n}, nil
}

var civitaiModel = regexp.MustCompile(`^/models/(\d+)(?:/.*)?$`)

func civitaiPage(u *url.URL, rest string) (Want, error) {
	q := u.Query()
	q.Del("token") // it is for a header, and no file of ours
	if id, ok := strings.CutPrefix(rest, "/api/download/models/"); ok {
		w, err := fromCivitai(id)
		if err == nil && len(q) > 0 { // one of several files of the version
			u.RawQuery = q.Encode()
			w.From, w.URL = shown(u), u.String()
		}
		return w, err
	}
	if v := q.Get("modelVersionId"); v != "" {
		return fromCivitai(v)
	}
	if m := civitaiModel.FindStringSubmatch(rest); m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		return Want{From: shown(u), Model: n}, nil
	}
	return Want{}, fault.New(fmt.Sprintf("address %q: found a page, want that of a model", shown(u)), "open the model's page at Civitai and copy its address")
}

// Resolve asks Civitai for what a Want of it lacks. Any other is as it is.
func (c *Client) Resolve(ctx context.Context, w Want) (Want, error) {
	if w.Version == 0 && w.Model == 0 || w.URL != "" && w.Name != "" {
		return w, nil
	}
	v, err := c.version(ctx, w.Version, w.Model)
	if err != nil {
		return w, fmt.Errorf("%s: %w", w.From, err)
	}
	f := v.file(w.URL)
	if f == nil {
		return w, fault.New(fmt.Sprintf("%s: found no file of it to download", w.From), "it may be early access or for use at Civitai alone; its page says so")
	}
	w.Version, w.Model = v.ID, v.ModelID
	w.Title = cmp.Or(w.Title, strings.TrimSpace(v.Model.Name+" "+v.Name))
	w.Name, w.About = cmp.Or(w.Name, SafeName(f.Name)), int64(f.SizeKB*1024)
	w.URL = cmp.Or(w.URL, f.DownloadURL, v.DownloadURL, c.Civitai.Base+"/api/download/models/"+strconv.FormatInt(v.ID, 10))
	if sum := strings.ToLower(f.Hashes.SHA256); w.SHA256 == "" && isSum(sum) {
		w.SHA256 = sum
	}
	return w, nil
}

// isSum says whether a text is a SHA-256 in lower case.
func isSum(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 2*sha256.Size && s == strings.ToLower(s)
}

// id names what is fetched from one address into one folder.
func (w Want) id(into string) string {
	from := cmp.Or(w.URL, w.From)
	sum := sha256.Sum256([]byte(from + "\x00" + into))
	return hex.EncodeToString(sum[:8])
}

// same says whether two Wants are one file: by their addresses, since From has no query; before
// Civitai was asked for one, by what a person named.
func (w Want) same(o Want) bool {
	if w.URL != "" && o.URL != "" {
		return w.URL == o.URL
	}
	return w.From == o.From
}

// pinned is the name under which a file's hash is remembered. A query may be a signature that changes
// with every download, except at Civitai, where it says which file is meant.
func (w Want) pinned() string {
	u, err := url.Parse(w.URL)
	if err != nil {
		return w.From
	}
	key := shown(u)
	q := u.Query()
	for _, known := range []string{"type", "format", "size", "fp"} {
		if v := q.Get(known); v != "" {
			key += "?" + known + "=" + v
		}
	}
	return path.Clean(strings.Replace(key, "://", "/", 1))
}

func isUnder(s Service, u *url.URL) bool {
	_, ok := under(s, u)
	return ok
}
