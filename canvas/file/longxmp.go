package file

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
)

// A segment of a JPEG holds 64 KiB, and XMP may be longer. It then stands in segments of its
// own, and the usual one names them by the sum of their text (XMP specification, part 3,
// 1.1.3.1, "Extended XMP in JPEG").
const (
	longXMPPrefix = "http://ns.adobe.com/xmp/extension/\x00"
	maxXMP        = 65000 // bytes in a segment, with room for its head
	guidSize      = 32
)

// splitXMP is XMP as the short text of the usual segment, and the long one with its name.
func splitXMP(xmp string) (short []byte, guid string, long []byte) {
	long = []byte(strings.TrimSpace(packetMark.ReplaceAllString(xmp, "")))
	guid = fmt.Sprintf("%X", md5.Sum(long))
	return fmt.Appendf(nil, "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"+
		"<rdf:Description rdf:about=\"\" xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" xmpNote:HasExtendedXMP=\"%s\"/></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>", guid), guid, long
}

var (
	packetMark = regexp.MustCompile(`<\?xpacket[^>]*\?>`)
	hasLong    = regexp.MustCompile(`\s*xmpNote:HasExtendedXMP\s*=\s*["']([0-9A-Fa-f]{32})["']|\s*<xmpNote:HasExtendedXMP>\s*([0-9A-Fa-f]{32})\s*</xmpNote:HasExtendedXMP>`)
	emptyRDF   = regexp.MustCompile(`<rdf:RDF[^>]*>\s*<rdf:Description(\s+(rdf:about|xmlns:\w+)\s*=\s*("[^"]*"|'[^']*'))*\s*(/>|>\s*</rdf:Description>)\s*</rdf:RDF>`)
	rdfHead    = regexp.MustCompile(`<rdf:RDF[^>]*>`)
)

const rdfEnd = "</rdf:RDF>"

// longXMP gathers the segments of long XMP.
type longXMP struct {
	guid  string
	text  []byte
	ranks map[uint32]int // bytes by where they begin
	have  int
}

// add takes a segment: the name, the whole length, where this part begins, the part. What
// doesn't fit the first one is passed over.
func (l *longXMP) add(b []byte) {
	if len(b) <= guidSize+8 {
		return
	}
	guid, whole, at, part := string(b[:guidSize]), binary.BigEndian.Uint32(b[guidSize:]), binary.BigEndian.Uint32(b[guidSize+4:]), b[guidSize+8:]
	if l.ranks == nil {
		if whole > MaxText {
			return
		}
		l.guid, l.ranks = guid, map[uint32]int{}
	}
	if _, twice := l.ranks[at]; twice || guid != l.guid || uint64(at)+uint64(len(part)) > min(uint64(whole), MaxText) {
		return
	}
	if end := int(at) + len(part); end > len(l.text) {
		l.text = append(l.text, make([]byte, end-len(l.text))...)
	}
	copy(l.text[at:], part)
	l.ranks[at] = len(part)
	l.have += len(part)
}

// join is the usual segment's XMP with the long one where it names that and all of it is
// there; else as it is.
func (l *longXMP) join(xmp string) string {
	m := hasLong.FindStringSubmatch(xmp)
	sum := md5.Sum(l.text)
	if m == nil || l.have != len(l.text) || !strings.EqualFold(m[1]+m[2], l.guid) || !strings.EqualFold(l.guid, fmt.Sprintf("%x", sum)) {
		return xmp
	}
	long := strings.TrimSpace(string(bytes.TrimRight(l.text, "\x00")))
	short := hasLong.ReplaceAllString(xmp, "")
	if emptyRDF.MatchString(short) {
		return long
	}
	// Their descriptions side by side, as RDF has them.
	head := rdfHead.FindStringIndex(long)
	end, into := strings.LastIndex(long, rdfEnd), strings.LastIndex(short, rdfEnd)
	if head == nil || end < head[1] || into < 0 {
		return xmp
	}
	return short[:into] + long[head[1]:end] + short[into:]
}
