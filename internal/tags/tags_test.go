package tags_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/tags"
)

func TestFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		own   map[string]string
		shard string
		want  map[string]string
	}{
		{
			"no own tags", nil, "",
			map[string]string{"environment": "dev", "component": "network", "managed-by": "pulumi"},
		},
		{
			"a shard's resource",
			map[string]string{"owner": "meetings"},
			"a",
			map[string]string{"owner": "meetings", "environment": "dev", "component": "network", "managed-by": "pulumi", "shard": "a"},
		},
		{
			"standing tags win",
			map[string]string{"component": "x", "managed-by": "hand"},
			"",
			map[string]string{"environment": "dev", "component": "network", "managed-by": "pulumi"},
		},
	} {
		if got := tags.For(test.own, "dev", "network", test.shard); !maps.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// A caller's map is never changed, and every own tag that is no standing one is kept.
func TestForKeepsOwnTags(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		own := rapid.MapOf(rapid.String(), rapid.String()).Draw(r, "own")
		before := maps.Clone(own)
		all := tags.For(own, "dev", "vmss", "a")
		if !maps.Equal(own, before) {
			r.Fatal("the caller's tags were changed")
		}
		for name, value := range tags.For(nil, "dev", "vmss", "a") {
			if all[name] != value {
				r.Fatalf("the standing tag %s is %q", name, all[name])
			}
			delete(own, name)
		}
		for name, value := range own {
			if all[name] != value {
				r.Fatalf("the tag %q is lost", name)
			}
		}
	})
}
