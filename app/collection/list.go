package collection

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Query says which items are wanted and in which order.
type Query struct {
	// Words must all be in an item's name, title, trigger words, tags, labels, folder or base
	// model, or be the beginning of one of its hashes; capitals do not matter.
	Words   string
	Kind    string // "" is all
	Family  string // "" is all
	Tag     string // one of the person's own; "" is all
	Doubled bool   // those alone that have doubles
	Gone    bool   // those alone that are gone, instead of those that are there
	Sort    string // "name", "size", "date" or "used"; "" is the name; what is broken comes last
}

// Row is an item with what the person said of it.
type Row struct {
	Item
	Tags    []string  `json:"tags,omitempty"`
	Used    time.Time `json:"used,omitzero"`
	Doubles int       `json:"doubles,omitempty"` // further files of the same content
}

// List is the items that a query asks for, as of the last Refresh.
func (c *Collection) List(q Query) []Row {
	rows := c.rows(q)
	places := make([]place, len(rows)) // what is compared is made once for each row, and the rows are moved once
	for i := range rows {
		places[i] = place{i, rows[i].last(), strings.ToLower(rows[i].Name())}
	}
	slices.SortFunc(places, func(x, y place) int {
		a, b, by := &rows[x.row], &rows[y.row], 0
		switch q.Sort {
		case "size":
			by = cmp.Compare(b.Size, a.Size)
		case "date":
			by = cmp.Compare(b.Time, a.Time)
		case "used":
			by = b.Used.Compare(a.Used)
		}
		return cmp.Or(x.last-y.last, by, strings.Compare(x.name, y.name), strings.Compare(string(a.Path), string(b.Path)))
	})
	out := make([]Row, len(rows))
	for i, p := range places {
		out[i] = rows[p.row]
	}
	return out
}

// place is what a row is sorted by, whatever the order asked for.
type place struct {
	row, last int
	name      string
}

// rows are the items that a query asks for, in no order.
func (c *Collection) rows(q Query) []Row {
	words := strings.Fields(strings.ToLower(q.Words))
	c.mu.Lock()
	defer c.mu.Unlock()
	targets := map[string]map[string]bool{} // by content
	for _, item := range c.items {
		if s := item.Sums.SHA256; s != "" && !item.Gone {
			if targets[s] == nil {
				targets[s] = map[string]bool{}
			}
			targets[s][item.Target()] = true
		}
	}
	var out []Row
	for _, item := range c.items {
		r := Row{Item: *item, Tags: said(item, c.tags), Used: said(item, c.used)}
		if !item.Gone && item.Sums.SHA256 != "" {
			r.Doubles = len(targets[item.Sums.SHA256]) - 1
		}
		if item.Gone == q.Gone && (q.Kind == "" || item.Kind == q.Kind) && (q.Family == "" || item.Family == q.Family) &&
			(q.Tag == "" || slices.Contains(r.Tags, q.Tag)) && (!q.Doubled || r.Doubles > 0) && r.has(words) {
			out = append(out, r)
		}
	}
	return out
}

// last is 1 of what can only be looked at, so that it stands behind what can be used.
func (r *Row) last() int {
	if r.Kind == Broken || r.Kind == Unknown {
		return 1
	}
	return 0
}

func (r *Row) has(words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := strings.ToLower(strings.Join(slices.Concat([]string{r.Name(), r.Card.Title, r.Card.Base, r.Card.Author, r.Adapter, filepath.Base(filepath.Dir(string(r.Path)))}, r.Tags, r.Card.Words, r.Card.Labels), "\n"))
	for _, w := range words {
		if !strings.Contains(text, w) && !(&r.Item).has(w) {
			return false
		}
	}
	return true
}

// Totals are how many items there are of each kind and family, and how many are gone or doubled,
// for filters.
type Totals struct {
	Kinds, Families map[string]int
	All             int
	Gone, Doubled   int
	Unread          int // files whose sums are not known
	Bytes           int64
}

// Totals counts the items, as of the last Refresh.
func (c *Collection) Totals() Totals {
	t := Totals{Kinds: map[string]int{}, Families: map[string]int{}, Gone: len(c.rows(Query{Gone: true}))}
	for _, r := range c.rows(Query{}) {
		t.All++
		t.Bytes += r.Size
		t.Kinds[r.Kind]++
		if r.Family != "" {
			t.Families[r.Family]++
		}
		if r.Doubles > 0 {
			t.Doubled++
		}
		if r.Sums.SHA256 == "" && !r.Folder && r.Kind != Broken {
			t.Unread++
		}
	}
	return t
}
