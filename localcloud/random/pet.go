package random

import (
	"fmt"
	"strings"
	"time"

	sdk "github.com/pulumi/pulumi-random/sdk/v4/go/random"

	"jitsi-meet-azure/localcloud/schema"
	"jitsi-meet-azure/localcloud/stateless"
)

func petWords() (adjectives, names []string) {
	return []string{"brave", "calm", "eager", "gentle", "happy", "lively", "nimble", "quiet", "swift", "witty"},
		[]string{"badger", "beaver", "falcon", "heron", "lynx", "marten", "otter", "raven", "stoat", "weasel"}
}

func pet() stateless.Kind {
	return stateless.Kind{
		Token: "random:index/randomPet:RandomPet", Args: args(sdk.RandomPetArgs{}),
		Defaults: map[string]any{"length": 2.0, "separator": "-"},
		Validate: func(in stateless.Values) []schema.Problem { return atLeast(in, "length", 1) },
		Make: func(in stateless.Values, _ time.Time) (string, map[string]any, error) {
			adjectives, names := petWords()
			var words []string
			if prefix := in.Text("prefix"); prefix != "" {
				words = append(words, prefix)
			}
			for left := in.Number("length"); left > 0; left-- {
				list := adjectives
				if left == 1 {
					list = names
				}
				i, err := below(len(list))
				if err != nil {
					return "", nil, fmt.Errorf("choose a name: %w", err)
				}
				words = append(words, list[i])
			}
			return strings.Join(words, in.Text("separator")), nil, nil
		},
	}
}
