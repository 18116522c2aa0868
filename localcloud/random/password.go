package random

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	sdk "github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"golang.org/x/crypto/bcrypt"

	"jitsi-meet-azure/localcloud/schema"
	"jitsi-meet-azure/localcloud/stateless"
)

// specials are the special characters unless a program gives its own.
const specials = "!@#$%&*()-_=+[]{}<>:?"

// bcryptLimit is how many bytes bcrypt takes; the hash of a longer password is that of its start.
const bcryptLimit = 72

// class is a set of characters that a password may be made of.
type class struct{ enabled, minimum, characters string }

func classes(in stateless.Values) []class {
	special := specials
	if given := in.Text("overrideSpecial"); given != "" {
		special = given
	}
	return []class{
		{"lower", "minLower", "abcdefghijklmnopqrstuvwxyz"},
		{"upper", "minUpper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{"numeric", "minNumeric", "0123456789"},
		{"special", "minSpecial", special},
	}
}

func password() stateless.Kind {
	return stateless.Kind{
		Token: "random:index/randomPassword:RandomPassword", Args: args(sdk.RandomPasswordArgs{}),
		Secret: []string{"result", "bcryptHash"}, Defaults: stringDefaults(), Validate: checkString,
		Make: func(in stateless.Values, _ time.Time) (string, map[string]any, error) {
			result, err := draw(in)
			if err != nil {
				return "", nil, err
			}
			hash, err := bcrypt.GenerateFromPassword([]byte(result[:min(len(result), bcryptLimit)]), bcrypt.DefaultCost)
			if err != nil {
				return "", nil, fmt.Errorf("hash the password: %w", err)
			}
			return hidden, map[string]any{"result": result, "bcryptHash": string(hash)}, nil
		},
	}
}

func text() stateless.Kind {
	return stateless.Kind{
		Token: "random:index/randomString:RandomString", Args: args(sdk.RandomStringArgs{}),
		Defaults: stringDefaults(), Validate: checkString,
		Make: func(in stateless.Values, _ time.Time) (string, map[string]any, error) {
			result, err := draw(in)
			return result, map[string]any{"result": result}, err
		},
	}
}

func stringDefaults() map[string]any {
	return map[string]any{
		"lower": true, "upper": true, "numeric": true, "number": true, "special": true,
		"minLower": 0.0, "minUpper": 0.0, "minNumeric": 0.0, "minSpecial": 0.0,
	}
}

// checkString refuses lengths and classes that no string can meet.
func checkString(in stateless.Values) []schema.Problem {
	problems := atLeast(in, "length", 1)
	least, pool := 0, ""
	for _, c := range classes(in) {
		problems = append(problems, atLeast(in, c.minimum, 0)...)
		least += in.Number(c.minimum)
		if uses(in, c) {
			pool += c.characters
		}
	}
	if in.Has("length") && in.Number("length") < least {
		problems = append(problems, schema.Problem{Path: "length", Text: fmt.Sprintf(
			"attribute length value must be at least sum of minLower, minUpper, minNumeric and minSpecial, got: %d",
			in.Number("length"))})
	}
	if pool == "" {
		problems = append(problems, schema.Problem{Path: "special", Text: "the character set specified is empty"})
	}
	return problems
}

// uses tells whether the string may have characters of the class. "number" is the old name of "numeric".
func uses(in stateless.Values, c class) bool {
	return in.Flag(c.enabled) && (c.enabled != "numeric" || in.Flag("number"))
}

// draw makes the string: first the minimum of each class, then the rest from all, then everything is shuffled.
func draw(in stateless.Values) (string, error) {
	var drawn []byte
	pool := ""
	for _, c := range classes(in) {
		if uses(in, c) {
			pool += c.characters
		}
		for range in.Number(c.minimum) {
			one, err := pick(c.characters)
			if err != nil {
				return "", err
			}
			drawn = append(drawn, one)
		}
	}
	for len(drawn) < in.Number("length") {
		one, err := pick(pool)
		if err != nil {
			return "", err
		}
		drawn = append(drawn, one)
	}
	return shuffled(drawn)
}

func pick(characters string) (byte, error) {
	i, err := below(len(characters))
	if err != nil {
		return 0, err
	}
	return characters[i], nil
}

func shuffled(drawn []byte) (string, error) {
	for i := len(drawn) - 1; i > 0; i-- {
		j, err := below(i + 1)
		if err != nil {
			return "", err
		}
		drawn[i], drawn[j] = drawn[j], drawn[i]
	}
	return string(drawn), nil
}

// below draws a number from 0 to n-1, all equally likely.
func below(n int) (int, error) {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0, fmt.Errorf("draw a number: %w", err)
	}
	return int(i.Int64()), nil
}
