package random_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"golang.org/x/crypto/bcrypt"
	"pgregory.net/rapid"

	"jitsi-meet-azure/localcloud/random"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/stateless/statelesstest"
	"jitsi-meet-azure/localcloud/store"
)

const passwordToken = "random:index/randomPassword:RandomPassword"

func driver(t *testing.T) *statelesstest.Driver {
	t.Helper()
	return statelesstest.New(t, func(c rpcprovider.Config) rpcprovider.Provider { return random.New(c) })
}

func TestPasswordIsSecretAndMeetsItsClasses(t *testing.T) {
	t.Parallel()
	d := driver(t)
	made := d.Create(t, passwordToken, map[string]any{"length": 32.0, "special": false, "minUpper": 4.0})
	result := statelesstest.Text(t, made.Properties, "result")
	if made.ID != "none" || len(result) != 32 || strings.ContainsFunc(result, notAlphanumeric) {
		t.Errorf("id %q, %d characters, password of letters and digits: %t", made.ID, len(result),
			!strings.ContainsFunc(result, notAlphanumeric))
	}
	for _, key := range []resource.PropertyKey{"result", "bcryptHash"} {
		if !made.Properties[key].IsSecret() {
			t.Errorf("%s is not secret", key)
		}
	}
	hash := statelesstest.Text(t, made.Properties, "bcryptHash")
	if err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(result)); err != nil {
		t.Errorf("the hash is of another password: %v", err)
	}
	if !made.Properties["lower"].BoolValue() {
		t.Error("defaults are missing from the outputs")
	}
}

func notAlphanumeric(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func TestStringsMeetTheirMinimums(t *testing.T) {
	t.Parallel()
	d := driver(t)
	rapid.Check(t, func(r *rapid.T) {
		in := map[string]any{"length": float64(rapid.IntRange(12, 40).Draw(r, "length"))}
		for _, name := range []string{"minLower", "minUpper", "minNumeric", "minSpecial"} {
			in[name] = float64(rapid.IntRange(0, 3).Draw(r, name))
		}
		made := d.Create(t, "random:index/randomString:RandomString", in)
		result := statelesstest.Text(t, made.Properties, "result")
		if float64(len(result)) != in["length"] {
			r.Fatalf("%q has not %v characters", result, in["length"])
		}
		for name, is := range map[string]func(rune) bool{
			"minLower": unicode.IsLower, "minUpper": unicode.IsUpper, "minNumeric": unicode.IsDigit,
			"minSpecial": notAlphanumeric,
		} {
			count := 0
			for _, c := range result {
				if is(c) {
					count++
				}
			}
			if float64(count) < in[name].(float64) {
				r.Fatalf("%q: %s is %v", result, name, in[name])
			}
		}
	})
}

func TestInputsAreChecked(t *testing.T) {
	t.Parallel()
	d := driver(t)
	for name, test := range map[string]struct {
		token  string
		inputs map[string]any
		want   string
	}{
		"no length":   {passwordToken, map[string]any{}, `missing required property "length"`},
		"zero length": {passwordToken, map[string]any{"length": 0.0}, "attribute length value must be at least 1, got: 0"},
		"too short": {
			passwordToken,
			map[string]any{"length": 3.0, "minUpper": 4.0},
			"attribute length value must be at least sum of minLower, minUpper, minNumeric and minSpecial, got: 3",
		},
		"no characters": {passwordToken, map[string]any{
			"length": 3.0, "upper": false, "lower": false, "numeric": false, "special": false,
		}, "the character set specified is empty"},
		"unknown property": {passwordToken, map[string]any{"length": 3.0, "size": 3.0}, `an argument named "size"`},
		"wrong order": {
			"random:index/randomInteger:RandomInteger",
			map[string]any{"min": 3.0, "max": 2.0},
			"the minimum (min) value needs to be smaller",
		},
		"keepers are texts": {
			passwordToken,
			map[string]any{"length": 3.0, "keepers": map[string]any{"a": 1.0}},
			"expected a string, got number",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := d.Check(t, test.token, resource.NewPropertyMapFromMap(test.inputs))
			if len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestEveryChangeReplaces(t *testing.T) {
	t.Parallel()
	d := driver(t)
	olds := resource.NewPropertyMapFromMap(map[string]any{"length": 8.0, "keepers": map[string]any{"shard": "a"}})
	news := resource.NewPropertyMapFromMap(map[string]any{"length": 8.0, "keepers": map[string]any{"shard": "b"}})
	if diff := d.Diff(t, passwordToken, olds, nil, olds); diff.Changes != plugin.DiffNone {
		t.Errorf("no change shows as %v", diff)
	}
	diff := d.Diff(t, passwordToken, olds, nil, news)
	if len(diff.DetailedDiff) != 1 || !diff.DetailedDiff["keepers.shard"].Kind.IsReplace() {
		t.Errorf("changed keeper: %v", diff.DetailedDiff)
	}
}

func TestOtherKinds(t *testing.T) {
	t.Parallel()
	d := driver(t)
	for token, test := range map[string]struct {
		inputs map[string]any
		output string
		form   string
	}{
		"random:index/randomId:RandomId":       {map[string]any{"byteLength": 4.0, "prefix": "p-"}, "hex", `^p-[0-9a-f]{8}$`},
		"random:index/randomUuid:RandomUuid":   {map[string]any{}, "result", `^[0-9a-f-]{36}$`},
		"random:index/randomBytes:RandomBytes": {map[string]any{"length": 3.0}, "hex", `^[0-9a-f]{6}$`},
	} {
		made := d.Create(t, token, test.inputs)
		if text := statelesstest.Text(t, made.Properties, test.output); !regexp.MustCompile(test.form).MatchString(text) {
			t.Errorf("%s: %s is %q", token, test.output, text)
		}
	}
	number := d.Create(t, "random:index/randomInteger:RandomInteger", map[string]any{"min": 5.0, "max": 5.0})
	if number.ID != "5" || number.Properties["result"].NumberValue() != 5 {
		t.Errorf("integer: %v", number)
	}
	pet := d.Create(t, "random:index/randomPet:RandomPet", map[string]any{"prefix": "meet"})
	if !regexp.MustCompile(`^meet-[a-z]+-[a-z]+$`).MatchString(string(pet.ID)) {
		t.Errorf("pet: %q", pet.ID)
	}
}

func TestPreviewMakesNothing(t *testing.T) {
	t.Parallel()
	d := driver(t)
	resp, err := d.Provider.Create(context.Background(), plugin.CreateRequest{
		Type: passwordToken, Preview: true, Properties: resource.PropertyMap{"length": resource.NewNumberProperty(8)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, made := resp.Properties["result"]; made || resp.ID != "" {
		t.Errorf("a preview made %v", resp)
	}
}

func TestAFailedCreateIsTriedAgain(t *testing.T) {
	t.Parallel()
	d := driver(t)
	fault := store.Fault{Op: store.OpCreate, Type: "RandomPassword", Times: 1, Error: "out of luck"}
	if err := d.Cloud.AddFault(fault); err != nil {
		t.Fatal(err)
	}
	request := plugin.CreateRequest{
		Type: passwordToken, Name: "x", Properties: resource.PropertyMap{"length": resource.NewNumberProperty(8)},
	}
	if _, err := d.Provider.Create(context.Background(), request); err == nil || err.Error() != "out of luck" {
		t.Errorf("first create: %v", err)
	}
	if _, err := d.Provider.Create(context.Background(), request); err != nil {
		t.Errorf("second create: %v", err)
	}
}

func TestConfigurationAndUnknownKindsAreRefused(t *testing.T) {
	t.Parallel()
	d := driver(t)
	config, err := d.Provider.CheckConfig(context.Background(), plugin.CheckConfigRequest{
		News: resource.NewPropertyMapFromMap(map[string]any{"version": "4.16.0", "seed": "x"}),
	})
	if err != nil || len(config.Failures) != 1 || config.Failures[0].Property != "seed" {
		t.Errorf("configuration: %v %v", config, err)
	}
	_, err = d.Provider.Check(context.Background(), plugin.CheckRequest{Type: "random:index/randomShuffle:RandomShuffle"})
	if err == nil || !slices.Contains(strings.Fields(err.Error()), passwordToken+",") {
		t.Errorf("unknown kind: %v", err)
	}
	if _, err := d.Provider.Invoke(context.Background(), plugin.InvokeRequest{Tok: "random:x:y"}); err == nil {
		t.Error("an unknown function was served")
	}
}
