package provenance

import (
	"encoding/json"
	"reflect"
	"testing"

	"pentimento/pipeline"
)

// TestAnAdapterIsTakenWhole: every field of a request's adapter comes back, one that is added later too.
func TestAnAdapterIsTakenWhole(t *testing.T) {
	var a pipeline.Adapter
	v := reflect.ValueOf(&a).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("OUTALL")
		case reflect.Int:
			f.SetInt(8)
		case reflect.Float64:
			f.SetFloat(0.25 + float64(i))
		default:
			t.Fatalf("the test knows no value for %s", v.Type().Field(i).Name)
		}
	}
	want, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(adapterOf(a)); err != nil || string(got) != string(want) {
		t.Errorf("took %s, want %s (%v)", got, want, err)
	}
}
