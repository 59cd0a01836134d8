package metadata

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestFormsOfTheField holds what public reports said was misread, one case a report's kind.
func TestFormsOfTheField(t *testing.T) {
	const params = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x768, Model hash: abc123, Model: m1"
	usual := map[string]string{"Seed": "42", "Steps": "20", "Size": "512x768", "Model": "m1"}
	swarm := `{"sui_image_params":{"prompt":"a cat","negativeprompt":"bad","model":"SDXL/m1","images":1,"seed":42,"steps":20,"cfgscale":7.0,"width":512,"height":768,"sampler":"dpmpp_2m","scheduler":"karras","clipstopatlayer":"-2","loras":["pack/l1"],"loraweights":["0.8"],"swarm_version":"0.9.4.0"},"sui_extra_data":{"date":"2025-01-01"},"sui_models":[{"name":"m1.safetensors","param":"model","hash":"0xabcd"}]}`
	swarmWant := want{SwarmUI, "a cat", "bad", map[string]string{"Seed": "42", "CFG scale": "7.0", "Size": "512x768", "Model": "m1", "Model hash": "abcd", "Clip skip": "2", "Version": "SwarmUI 0.9.4.0"}, "DPM++ 2M", "Karras", []Addon{{Name: "l1", TE: 0.8, UNet: 0.8}}}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(swarm), "", "  "); err != nil {
		t.Fatal(err)
	}
	fooocus := `{"base_model":"juggernautXL_v8","base_model_hash":"aeb7e9e689","clip_skip":2,"full_prompt":["cinematic still a cat"],"guidance_scale":4.0,"loras":[["offset_1.0",0.1,"48526861"]],"metadata_scheme":"fooocus","negative_prompt":"bad","prompt":"a cat","resolution":"(1152, 896)","sampler":"dpmpp_2m_sde_gpu","scheduler":"karras","seed":"42","steps":30,"vae":"Default (model)","version":"Fooocus v2.5.5"}`
	fooocusWant := want{Fooocus, "a cat", "bad", map[string]string{"Seed": "42", "Steps": "30", "Size": "1152x896", "Model": "juggernautXL_v8", "Clip skip": "2", "VAE": "", "CFG scale": "4.0"}, "DPM++ 2M SDE", "Karras", []Addon{{Name: "offset_1.0", TE: 0.1, UNet: 0.1}}}
	draw := `{"c":"a cat","uc":"bad","model":"sd_v1.5_f16.ckpt","seed":42,"sampler":"DPM++ 2M Karras","steps":20,"scale":7,"size":"512x768","strength":0.6,"lora":[{"model":"l1_f16.ckpt","weight":0.6}],"v2":{"clipSkip":2,"hiresFix":false}}`
	drawWant := want{DrawThings, "a cat", "bad", map[string]string{"Seed": "42", "Steps": "20", "Size": "512x768", "Model": "sd_v1.5_f16", "Clip skip": "2", "Denoising strength": "0.6"}, "DPM++ 2M", "Karras", []Addon{{Name: "l1_f16", TE: 0.6, UNet: 0.6}}}
	nai := `{"prompt":"a cat","uc":"bad","steps":28,"seed":42,"sampler":"k_euler_ancestral","v4_prompt":{"caption":{"base_caption":"a cat","char_captions":[{"char_caption":"girl, red hair"},{"char_caption":"dog"}]}},"v4_negative_prompt":{"caption":{"base_caption":"bad","char_captions":[{"char_caption":"hat"}]}}}`
	naiWant := want{NovelAI, "a cat\ngirl, red hair\ndog", "bad\nhat", map[string]string{"Seed": "42", "Steps": "28"}, "Euler a", "", nil}
	hidden, _ := json.Marshal(map[string]string{"Software": "NovelAI", "Description": "a cat", "Source": "NovelAI Diffusion V4", "Comment": nai})
	for _, c := range []struct {
		name  string
		texts []Text
		want  want
	}{
		{"SwarmUI on one line", []Text{{"parameters", swarm}}, swarmWant},
		{"SwarmUI in lines", []Text{{"parameters", pretty.String()}}, swarmWant},
		{"SwarmUI in EXIF", []Text{{"UserComment", swarm}}, swarmWant},
		{"Fooocus", []Text{{"parameters", fooocus}, {"fooocus_scheme", "fooocus"}}, fooocusWant},
		{"Fooocus in EXIF", []Text{{"UserComment", fooocus}}, fooocusWant},
		{"Fooocus MRE", []Text{{"Comment", `{"prompt":"a cat","negative_prompt":"bad","seed":42,"width":1152,"height":896,"p_txt":"comic a cat","sampler":"euler","scheduler":"normal","steps":30,"cfg":7,"base_clip_skip":-2,"base_model":"morphxl_v10.safetensors","l1":"add-detail.safetensors","w1":0.5,"l2":"None","w2":1,"software":"Fooocus 1.0.43 MRE"}`}},
			want{Fooocus, "a cat", "bad", map[string]string{"Size": "1152x896", "Model": "morphxl_v10", "Clip skip": "2", "CFG scale": "7"}, "Euler", "Normal", []Addon{{Name: "add-detail", TE: 0.5, UNet: 0.5}}}},
		{"Draw Things", []Text{{"UserComment", draw}}, drawWant},
		{"Draw Things in XMP", []Text{{"XML:com.adobe.xmp", `<x:xmpmeta><rdf:Description><exif:UserComment><rdf:Alt><rdf:li xml:lang="x-default">` + strings.ReplaceAll(draw, `"`, "&quot;") + `</rdf:li></rdf:Alt></exif:UserComment></rdf:Description></x:xmpmeta>`}}, drawWant},
		{"Easy Diffusion", []Text{{"prompt", "a cat"}, {"negative_prompt", "bad"}, {"seed", "42"}, {"use_stable_diffusion_model", "m1"}, {"use_vae_model", "None"}, {"num_inference_steps", "20"}, {"guidance_scale", "7.5"}, {"width", "512"}, {"height", "768"}, {"sampler_name", "euler_a"}, {"use_lora_model", "['l1', 'l2']"}, {"lora_alpha", "[0.5, 1]"}},
			want{EasyDiffusion, "a cat", "bad", map[string]string{"Seed": "42", "Steps": "20", "Size": "512x768", "Model": "m1", "VAE": "", "CFG scale": "7.5"}, "Euler a", "", []Addon{{Name: "l1", TE: 0.5, UNet: 0.5}, {Name: "l2", TE: 1, UNet: 1}}}},
		{"NovelAI 4 with characters", []Text{{"Software", "NovelAI"}, {"Description", "a cat"}, {"Comment", nai}}, naiWant},
		{"hidden in alpha, NovelAI", []Text{{"stealth", string(hidden)}}, naiWant},
		{"hidden in alpha, A1111", []Text{{"stealth", "a cat\nNegative prompt: bad\n" + params}}, want{A1111, "a cat", "bad", usual, "Euler a", "", nil}},
		{"lines below the parameters", []Text{{"parameters", "a cat\nNegative prompt: bad\n" + params + "\nTemplate: epic {a|b}, c: d, e: f\nNegative Template: worst"}},
			want{A1111, "a cat", "bad", map[string]string{"Seed": "42", "Template": "epic {a|b}, c: d, e: f", "Negative Template": "worst"}, "Euler a", "", nil}},
		{"a line break within quotes", []Text{{"parameters", "a cat\nNegative prompt: bad\n" + params + ", Hires prompt: \"a dog,\non a mat\", Version: v1.7"}},
			want{A1111, "a cat", "bad", map[string]string{"Seed": "42", "Hires prompt": "a dog,\non a mat", "Version": "v1.7"}, "Euler a", "", nil}},
		{"negative prompt and parameters in one line", []Text{{"parameters", "a cat\nNegative prompt: bad " + params}}, want{A1111, "a cat", "bad", usual, "Euler a", "", nil}},
		{"steps in the prompt", []Text{{"parameters", "stairs, Steps: 3\nNegative prompt: Steps: 4\n" + params}}, want{A1111, "stairs, Steps: 3", "Steps: 4", usual, "Euler a", "", nil}},
	} {
		r, notes := Read(c.texts)
		check(t, c.name, r, c.want)
		if len(notes) > 0 {
			t.Errorf("%s: notes %q", c.name, notes)
		}
	}
}

// TestJSONIsNeverAPrompt: what nobody knows is told, and stays in the picture's texts.
func TestJSONIsNeverAPrompt(t *testing.T) {
	r, notes := Read([]Text{{"parameters", `{"brush": 3, "text": "a cat"}`}})
	if r != nil || len(notes) != 1 || !strings.Contains(notes[0], "not known") {
		t.Errorf("read as %+v, notes %q", r, notes)
	}
	if r, notes := Read([]Text{{"Comment", `{"brush": 3}`}}); r != nil || len(notes) != 0 { // anybody's comment
		t.Errorf("read as %+v, notes %q", r, notes)
	}
}

// TestNodesOfCommonPacks: texts and weights come from the inputs that hold them.
func TestNodesOfCommonPacks(t *testing.T) {
	graph := func(text, model string, more ...string) []Text {
		return []Text{{"prompt", `{"3":{"class_type":"KSampler","inputs":{"seed":42,"steps":20,"cfg":7,"sampler_name":"euler","scheduler":"normal","denoise":1,"model":` + model +
			`,"positive":["6",0],"negative":["7",0],"latent_image":["5",0]}},"4":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"m1.safetensors"}},"5":{"class_type":"EmptyLatentImage","inputs":{"width":512,"height":768}},` +
			`"6":{"class_type":"CLIPTextEncode","inputs":{"text":` + text + `,"clip":["4",1]}},"7":{"class_type":"CLIPTextEncode","inputs":{"text":"bad","clip":["4",1]}}` + strings.Join(append([]string{""}, more...), ",") + `}`}}
	}
	for _, c := range []struct {
		name   string
		texts  []Text
		prompt string
		addons []Addon
		unread int
	}{
		{"a wildcard's result", graph(`["12",0]`, `["4",0]`, `"12":{"class_type":"ImpactWildcardProcessor","inputs":{"wildcard_text":"__animal__","populated_text":"a cat","seed":1}}`), "a cat", nil, 1},
		{"what a node showed", graph(`["12",0]`, `["4",0]`, `"12":{"class_type":"ShowText|pysssss","inputs":{"text":["13",0],"text_0":"a cat"}}`, `"13":{"class_type":"LLM","inputs":{"prompt":"describe","seed":9}}`), "a cat", nil, 2},
		{"a text that is only a seed", graph(`["12",0]`, `["4",0]`, `"12":{"class_type":"Int","inputs":{"seed":1}}`), "", nil, 0},
		{"joined by a delimiter", graph(`["12",0]`, `["4",0]`, `"12":{"class_type":"Text Concatenate","inputs":{"delimiter":", ","text_a":["13",0],"text_b":"on a mat","text_d":"night"}}`, `"13":{"class_type":"Text Multiline","inputs":{"text":"a cat"}}`), "a cat, on a mat, night", nil, 1},
		{"joined by a line break", graph(`["12",0]`, `["4",0]`, `"12":{"class_type":"JoinStrings","inputs":{"delimiter":"\\n","string1":"a cat","string2":"a dog"}}`), "a cat\na dog", nil, 0},
		{"objects a row", graph(`"a cat"`, `["10",0]`, `"10":{"class_type":"Power Lora Loader (rgthree)","inputs":{"lora_1":{"on":true,"lora":"l1.safetensors","strength":0.8},"lora_2":{"on":false,"lora":"l2.safetensors","strength":1},"lora_3":{"on":true,"lora":"l3.safetensors","strength":1,"strengthTwo":0.5},"model":["4",0],"clip":["4",1]}}`), "a cat", []Addon{{Name: "l1", TE: 0.8, UNet: 0.8}, {Name: "l3", TE: 0.5, UNet: 1}}, 0},
		{"rows by number", graph(`"a cat"`, `["10",0]`, `"10":{"class_type":"CR LoRA Stack","inputs":{"switch_1":"On","lora_name_1":"l1.safetensors","model_weight_1":0.8,"clip_weight_1":0.7,"switch_2":"Off","lora_name_2":"l2.safetensors","model_weight_2":1,"clip_weight_2":1,"model":["4",0]}}`), "a cat", []Addon{{Name: "l1", TE: 0.7, UNet: 0.8}}, 0},
		{"only the denoiser", graph(`"a cat"`, `["10",0]`, `"10":{"class_type":"LoraLoaderModelOnly","inputs":{"lora_name":"l1.safetensors","strength_model":0.8,"model":["4",0]}}`), "a cat", []Addon{{Name: "l1", TE: 0, UNet: 0.8}}, 0},
		{"a weight that is not found", graph(`"a cat"`, `["10",0]`, `"10":{"class_type":"Odd Lora","inputs":{"lora_name":"l1.safetensors","amount":0.8,"model":["4",0]}}`), "a cat", nil, 1},
	} {
		r, notes := Read(c.texts)
		if r == nil || len(notes) > 0 {
			t.Errorf("%s: %v, notes %q", c.name, r, notes)
			continue
		}
		if r.Prompt != c.prompt || r.Negative != "bad" || !reflect.DeepEqual(r.Addons, c.addons) || len(r.Unread) != c.unread {
			t.Errorf("%s: prompt %q, negative %q, add-ons %v, unread %q, want %q, %v and %d", c.name, r.Prompt, r.Negative, r.Addons, r.Unread, c.prompt, c.addons, c.unread)
		}
	}
	loader := `{"1":{"class_type":"Efficient Loader","inputs":{"ckpt_name":"m1.safetensors","clip_skip":-2,"lora_name":"l1.safetensors","lora_model_strength":0.8,"lora_clip_strength":0.7,"positive":"a cat","negative":"bad","empty_latent_width":512,"empty_latent_height":768}},` +
		`"2":{"class_type":"KSampler (Efficient)","inputs":{"seed":42,"steps":20,"cfg":7,"sampler_name":"euler","scheduler":"normal","denoise":1,"model":["1",0],"positive":["1",1],"negative":["1",2],"latent_image":["1",3]}}}`
	r, _ := Read([]Text{{"prompt", loader}})
	check(t, "a loader of everything", r, want{ComfyUI, "a cat", "bad", map[string]string{"Size": "512x768", "Clip skip": "2", "Model": "m1"}, "Euler", "Normal", []Addon{{Name: "l1", TE: 0.7, UNet: 0.8}}})
}

// TestSubgraphsAreOpened: a node that stands for a graph is read as that graph, through its
// inputs and outputs, and with the values that it shows.
func TestSubgraphsAreOpened(t *testing.T) {
	workflow := `{"nodes":[
		{"id":1,"type":"CheckpointLoaderSimple","widgets_values":["m1.safetensors"]},
		{"id":2,"type":"text-box","inputs":[],"properties":{"proxyWidgets":[["6","text"]]},"widgets_values":["a cat"]},
		{"id":3,"type":"paint-box","inputs":[{"name":"model","link":1},{"name":"positive","link":2}]},
		{"id":9,"type":"SaveImage","inputs":[{"name":"images","link":3}]}],
	"links":[[1,1,0,3,0,"MODEL"],[2,2,0,3,1,"C"],[3,3,0,9,0,"IMAGE"]],
	"definitions":{"subgraphs":[
		{"id":"text-box","nodes":[{"id":6,"type":"CLIPTextEncode","widgets_values":["a dog"]}],"links":[{"id":1,"origin_id":6,"origin_slot":0,"target_id":-20,"target_slot":0}]},
		{"id":"paint-box","nodes":[
			{"id":5,"type":"KSampler","inputs":[{"name":"model","link":1},{"name":"positive","link":2},{"name":"negative","link":4}],"widgets_values":[42,"randomize",20,7,"euler","normal",1]},
			{"id":7,"type":"CLIPTextEncode","widgets_values":["bad"]},
			{"id":8,"type":"VAEDecode","inputs":[{"name":"samples","link":3}]}],
		 "links":[{"id":1,"origin_id":-10,"origin_slot":0,"target_id":5,"target_slot":0},{"id":2,"origin_id":-10,"origin_slot":1,"target_id":5,"target_slot":1},
			{"id":3,"origin_id":5,"origin_slot":0,"target_id":8,"target_slot":0},{"id":4,"origin_id":7,"origin_slot":0,"target_id":5,"target_slot":2},{"id":5,"origin_id":8,"origin_slot":0,"target_id":-20,"target_slot":0}]}]}}`
	r, notes := Read([]Text{{"workflow", workflow}})
	check(t, "two boxes", r, want{ComfyUI, "a cat", "bad", map[string]string{"Seed": "42", "Model": "m1"}, "Euler", "Normal", nil})
	if len(notes) > 0 {
		t.Error(notes)
	}
	ring := `{"nodes":[{"id":1,"type":"a"}],"links":[],"definitions":{"subgraphs":[{"id":"a","nodes":[{"id":1,"type":"a"},{"id":2,"type":"a"},{"id":3,"type":"a"},{"id":4,"type":"a"}],"links":[]}]}}`
	if r, notes := Read([]Text{{"workflow", ring}}); r != nil || len(notes) == 0 {
		t.Errorf("a box in itself is read as %v", r)
	}
}
