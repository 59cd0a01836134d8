package pickle

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// The values of a pickle are nil, bool, int64, float64, string, blob and these. What has no
// meaning for us (a number beyond 64 bits, an instance of a trainer's class) is an *object.
type (
	blob string // bytes
	// seq is a tuple, a list or a set.
	seq struct {
		items []any
		kind  byte // 't', 'l' or 's'
	}
	// dict keeps the order of its keys; index finds those that are strings, once they are many.
	dict struct {
		pairs []pair
		index map[string]int
	}
	pair   struct{ key, value any }
	object struct{ fields *dict } // fields: those of a torch.nn.ParameterDict, else nil
)

// few is how many keys of a map are searched one by one.
const few = 8

func (d *dict) find(key string) (int, bool) {
	if d.index != nil {
		i, ok := d.index[key]
		return i, ok
	}
	i := slices.IndexFunc(d.pairs, func(p pair) bool { return p.key == any(key) })
	return i, i >= 0
}

func (d *dict) get(key string) any {
	if i, ok := d.find(key); ok {
		return d.pairs[i].value
	}
	return nil
}

func (d *dict) add(p pair) {
	if len(d.pairs) == few {
		d.index = map[string]int{}
		for i, p := range d.pairs {
			if key, ok := p.key.(string); ok {
				d.index[key] = i
			}
		}
	}
	if key, ok := p.key.(string); ok && d.index != nil {
		d.index[key] = len(d.pairs)
	}
	d.pairs = append(d.pairs, p)
}

// What values cost, roughly, in bytes.
const (
	costValue = 32
	costMap   = 96
	costPair  = 96
)

// machine runs one pickle. The first error ends it and stays in err.
type machine struct {
	in         *bufio.Reader
	at, left   int64  // bytes read, bytes that may still be read
	spent      *int64 // of maxSpend, by all pickles of a file
	stack      []any
	marks      []int // lengths of the stack
	memo       map[int64]any
	persistent func(id *seq) (any, error)
	err        error
}

// run reads one pickle of at most limit bytes from r and returns its value and its length.
// persistent gives the storages; nil where the pickle may have none.
func run(r io.Reader, limit int64, spent *int64, persistent func(id *seq) (any, error)) (any, int64, error) {
	m := &machine{in: bufio.NewReaderSize(r, 1<<14), left: min(limit, maxPickle), spent: spent, memo: map[int64]any{}, persistent: persistent}
	capped := limit > maxPickle
	for m.err == nil {
		op := m.byte()
		if m.err != nil {
			break
		}
		if op == '.' {
			v := m.pop()
			if m.err == nil && len(m.marks) > 0 {
				m.fail("ends inside a mark")
			}
			if m.err != nil {
				break
			}
			return v, m.at, nil
		}
		m.step(op)
	}
	if capped && m.left == 0 {
		m.err = fmt.Errorf("the description of the tensors is larger than %d MiB", maxPickle>>20)
	}
	return nil, m.at, m.err
}

func (m *machine) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf("pickle, byte %d: %w", m.at, fmt.Errorf(format, args...))
	}
}

// spend accounts for values that are made.
func (m *machine) spend(n int64) {
	if *m.spent += n; *m.spent > maxSpend {
		m.fail("its values need more than %d MiB", maxSpend>>20)
	}
}

func (m *machine) byte() byte {
	if m.left < 1 {
		m.ended()
		return 0
	}
	b, err := m.in.ReadByte()
	if err != nil {
		m.ended()
		return 0
	}
	m.at, m.left = m.at+1, m.left-1
	return b
}

func (m *machine) ended() {
	if m.err == nil {
		m.err = fmt.Errorf("pickle, byte %d: %w", m.at, short(nil))
	}
}

// bytes reads n bytes; room is made only for what can be there.
func (m *machine) bytes(n uint64) []byte {
	if n > uint64(m.left) {
		m.ended()
		return nil
	}
	if m.spend(int64(n)); m.err != nil {
		return nil
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(m.in, b); err != nil {
		m.ended()
		return nil
	}
	m.at, m.left = m.at+int64(n), m.left-int64(n)
	return b
}

// number reads a little-endian whole number of n bytes.
func (m *machine) number(n int) uint64 {
	var b [8]byte
	for i := range n {
		b[i] = m.byte()
	}
	return binary.LittleEndian.Uint64(b[:])
}

func (m *machine) text(n uint64) string {
	b := m.bytes(n)
	if !utf8.Valid(b) { // Python allows lone surrogates; no name of a tensor has one
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(b)
}

// line reads to the end of a line, for the names of GLOBAL and INST.
func (m *machine) line() string {
	var b []byte
	for m.err == nil {
		c := m.byte()
		if c == '\n' {
			return string(b)
		}
		if b = append(b, c); len(b) > maxName {
			m.fail("a name of more than %d bytes", maxName)
		}
	}
	return ""
}

func (m *machine) push(v any) {
	if m.spend(costValue); m.err == nil {
		m.stack = append(m.stack, v)
	}
}

// floor is the length below which the stack belongs to what stands before the last mark.
func (m *machine) floor() int {
	if n := len(m.marks); n > 0 {
		return m.marks[n-1]
	}
	return 0
}

func (m *machine) pop() any {
	v := m.top()
	if m.err == nil {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v
}

func (m *machine) top() any {
	if len(m.stack) <= m.floor() {
		m.fail("takes a value from an empty stack")
	}
	if m.err != nil {
		return nil
	}
	return m.stack[len(m.stack)-1]
}

// popMark takes everything above the last mark.
func (m *machine) popMark() []any {
	if len(m.marks) == 0 {
		m.fail("takes values to a mark that isn't there")
	}
	if m.err != nil {
		return nil
	}
	from := m.floor()
	items := append([]any(nil), m.stack[from:]...)
	m.spend(16 * int64(len(items)))
	m.stack, m.marks = m.stack[:from], m.marks[:len(m.marks)-1]
	return items
}

func (m *machine) put(i int64) {
	if _, ok := m.memo[i]; !ok {
		m.spend(costPair)
	}
	if v := m.top(); m.err == nil {
		m.memo[i] = v
	}
}

func (m *machine) get(i int64) {
	v, ok := m.memo[i]
	if !ok {
		m.fail("memo %d was never stored", i)
		return
	}
	m.push(v)
}

func (m *machine) tuple(n int) {
	if len(m.stack)-m.floor() < n {
		m.fail("takes a value from an empty stack")
		return
	}
	items := append([]any(nil), m.stack[len(m.stack)-n:]...)
	m.stack = m.stack[:len(m.stack)-n]
	m.spend(16 * int64(n))
	m.push(&seq{items, 't'})
}

// long reads a two's complement number of n bytes.
func (m *machine) long(n uint64) {
	b := m.bytes(n)
	if m.err != nil {
		return
	}
	if len(b) > 8 {
		m.push(&object{})
		return
	}
	v := int64(0)
	for i, c := range b {
		v |= int64(c) << (8 * i)
	}
	if n := len(b); n > 0 && n < 8 && b[n-1]&0x80 != 0 {
		v -= 1 << (8 * n)
	}
	m.push(v)
}

func (m *machine) newDict() *dict {
	m.spend(costMap)
	return &dict{}
}

func (m *machine) set(d *dict, items []any) {
	if len(items)%2 != 0 {
		m.fail("a map gets %d values, want pairs", len(items))
		return
	}
	for i := 0; i < len(items); i += 2 {
		if s, ok := items[i].(*seq); ok && s.kind != 't' {
			m.fail("a list is the key of a map")
		} else if _, ok := items[i].(*dict); ok {
			m.fail("a map is the key of a map")
		}
		if m.spend(costPair); m.err != nil {
			return
		}
		if key, ok := items[i].(string); ok {
			if at, twice := d.find(key); twice {
				d.pairs[at].value = items[i+1]
				continue
			}
		}
		d.add(pair{items[i], items[i+1]})
	}
}

// store puts items into the container on top of the stack.
func (m *machine) store(items []any, want byte) {
	switch c := m.top().(type) {
	case *dict:
		if want == 'd' {
			m.set(c, items)
			return
		}
	case *seq:
		if want == c.kind {
			m.spend(16 * int64(len(items)))
			c.items = append(c.items, items...)
			return
		}
	case *object:
		return // of a class without meaning
	}
	m.fail("stores items in what is no container for them")
}

func (m *machine) float() float64 {
	b := m.bytes(8)
	if m.err != nil {
		return 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}
