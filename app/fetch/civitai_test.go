package fetch

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// site answers as Civitai does for one model with one version of two files.
func site(t *testing.T, data []byte) (*rig, *int) {
	busy := new(int) // so many requests are too many
	var r *rig
	r = newRig(t, func(w http.ResponseWriter, req *http.Request) {
		version := fmt.Sprintf(`{"id":77,"modelId":5,"name":"v2\u0007","baseModel":"SD 1.5","trainedWords":["dream style","soft"],
			"model":{"name":"Dream","type":"LORA"},"images":[{"url":"https://image.example/v.mp4","type":"video"},{"url":"https://image.example/1.jpeg","type":"image"}],"downloadUrl":"%[1]s/civitai/api/download/models/77",
			"files":[{"name":"pruned.safetensors","type":"Pruned Model","sizeKB":1,"downloadUrl":"%[1]s/civitai/api/download/models/77?type=Pruned+Model&format=SafeTensor"},
			{"name":"../dream v2.safetensors","type":"Model","primary":true,"sizeKB":%[2]f,"hashes":{"SHA256":"%[3]s"},"downloadUrl":"%[1]s/civitai/api/download/models/77"}]}`,
			r.server.URL, float64(len(data))/1024, strings.ToUpper(sumOf(data)))
		if *busy > 0 {
			*busy--
			w.Header().Set("Retry-After", time.Now().Add(time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		switch strings.TrimPrefix(req.URL.Path, "/civitai") {
		case "/api/v1/model-versions/77", "/api/v1/model-versions/by-hash/" + sumOf(data):
			fmt.Fprint(w, version)
		case "/api/v1/models/5":
			fmt.Fprintf(w, `{"modelVersions":[{"id":77},{"id":76}],"allowNoCredit":false,"allowCommercialUse":"{Image,RentCivit}","allowDerivatives":true,"allowDifferentLicense":false}`)
		case "/api/download/models/77":
			serve(w, req, data, `"v"`, -1)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error":"Model not found"}`)
		}
	})
	return r, busy
}

// TestCivitaiByNumber: a version or a model's latest comes under its own name, held against its hash.
func TestCivitaiByNumber(t *testing.T) {
	data := model(30_000, 20)
	r, busy := site(t, data)
	*busy = 1
	for _, source := range []string{"civitai:77", r.server.URL + "/civitai/models/5/dream"} {
		w, err := r.client.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.fetch(w)
		if err != nil || got.SHA256 != sumOf(data) || !strings.HasSuffix(got.Path, "dream v2.safetensors") {
			t.Errorf("%s: %+v, %v", source, got, err)
		}
	}
	_, err := r.client.Resolve(t.Context(), Want{From: "civitai:78", Version: 78})
	failed(t, err, "found nothing of that", "not (or no longer) at Civitai")
}

// TestLookUpByHash: what the site knows is kept, also that it knows nothing, and asked for once.
func TestLookUpByHash(t *testing.T) {
	data := model(30_000, 21)
	r, busy := site(t, data)
	*busy = 1
	k, err := r.client.LookUp(t.Context(), strings.ToUpper(sumOf(data)), false)
	if err != nil {
		t.Fatal(err)
	}
	want := Known{SHA256: sumOf(data), Asked: k.Asked, Model: 5, Version: 77, Name: "Dream", Edition: "v2", Kind: "LORA", Base: "SD 1.5", Words: []string{"dream style", "soft"},
		Licence: &Licence{Commercial: []string{"Image", "RentCivit"}, Merge: true}, Preview: "https://image.example/1.jpeg",
		Page: r.server.URL + "/civitai/models/5?modelVersionId=77", Download: r.server.URL + "/civitai/api/download/models/77"}
	if !reflect.DeepEqual(k, want) {
		t.Errorf("found\n%+v\nwant\n%+v", k, want)
	}
	unknown := sumOf([]byte("nobody's"))
	if k, err := r.client.LookUp(t.Context(), unknown, false); err != nil || !k.Unknown {
		t.Errorf("%+v, %v for what nobody has", k, err)
	}
	before := len(r.asked)
	again := r.another(r.client.Folder)
	again.Ask = nil
	for _, sum := range []string{sumOf(data), unknown} {
		if k, ok := again.KnownOf(sum); !ok || k.Unknown != (sum == unknown) {
			t.Errorf("after a restart %s is %+v, %v", sum, k, ok)
		}
		if _, err := again.LookUp(t.Context(), sum, false); err != nil {
			t.Error(err)
		}
	}
	if len(r.asked) != before {
		t.Error("the site was asked again")
	}
	_, err = r.client.LookUp(t.Context(), "6ce0161689a", false)
	failed(t, err, "want a SHA-256", "inspect")
	if _, ok := r.client.KnownOf("../../x"); ok {
		t.Error("a hash that is a path is known")
	}
}
