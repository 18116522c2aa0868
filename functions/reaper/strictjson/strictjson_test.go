package strictjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"jitsi-meet-azure/functions/reaper/strictjson"
)

func TestObjectTakesOneObjectAndNothingElse(t *testing.T) {
	t.Parallel()
	got, err := strictjson.Object([]byte(` {"a":1,"A":null,"b":{"c":[true]}} `))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || string(got["a"]) != "1" || string(got["A"]) != "null" || string(got["b"]) != `{"c":[true]}` {
		t.Errorf("got %s", got)
	}
}

func TestObjectRefuses(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"nothing":           ``,
		"null":              `null`,
		"an array":          `[]`,
		"a key twice":       `{"a":1,"a":1}`,
		"a key spelt twice": `{"a":1,"\u0061":1}`,
		"more behind it":    `{} {}`,
		"a brace too many":  `{}}`,
		"a cut":             `{"a":1`,
		"a cut value":       `{"a":`,
		"a comma too many":  `{"a":1,}`,
		"no quotes":         `{a:1}`,
		"not a number":      `{"a":NaN}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := strictjson.Object([]byte(data)); err == nil {
				t.Errorf("took %s as %s", data, got)
			}
		})
	}
}

func TestArray(t *testing.T) {
	t.Parallel()
	if got, err := strictjson.Array([]byte(`[1,"a",null]`)); err != nil || len(got) != 3 || string(got[1]) != `"a"` {
		t.Errorf("got %s, %v", got, err)
	}
	for _, data := range []string{``, `null`, `{}`, `[1`, `[1,]`, `[] []`, `[]]`} {
		if got, err := strictjson.Array([]byte(data)); err == nil {
			t.Errorf("took %s as %s", data, got)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		data                       string
		isString, isBool, isNumber bool
	}{
		{`"a"`, true, false, false},
		{`"1"`, true, false, false},
		{`true`, false, true, false},
		{`0`, false, false, true},
		{`-1.5e3`, false, false, true},
		{`1e999`, false, false, false},
		{`null`, false, false, false},
		{`[]`, false, false, false},
		{`{}`, false, false, false},
		{``, false, false, false},
	} {
		raw := json.RawMessage(c.data)
		_, notString := strictjson.String(raw)
		_, notBool := strictjson.Bool(raw)
		_, notNumber := strictjson.Number(raw)
		if (notString == nil) != c.isString || (notBool == nil) != c.isBool || (notNumber == nil) != c.isNumber {
			t.Errorf("%s: string %v, bool %v, number %v", c.data, notString, notBool, notNumber)
		}
		if !c.isNumber && !errors.Is(notNumber, strictjson.ErrType) {
			t.Errorf("%s: %v is not ErrType", c.data, notNumber)
		}
	}
	if !strictjson.IsNull(json.RawMessage("null")) || strictjson.IsNull(json.RawMessage(`"null"`)) {
		t.Error("IsNull")
	}
}

// What Object takes the standard decoder takes too, with the same values.
func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":[{"c":"d"}]}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Add([]byte(strings.Repeat("[", 100)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := strictjson.Object(data)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("took %q, of which the decoder says %v", data, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%q: got %d keys, want %d", data, len(got), len(want))
		}
		for key, value := range want {
			if string(got[key]) != string(value) {
				t.Errorf("%q: %q is %s, want %s", data, key, got[key], value)
			}
		}
	})
}
