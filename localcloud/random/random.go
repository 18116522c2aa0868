// Package random is the local cloud's provider for random values: it stands for version 4.16.0 of the Pulumi random
// provider.
package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"time"

	"github.com/google/uuid"
	sdk "github.com/pulumi/pulumi-random/sdk/v4/go/random"

	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/schema"
	"jitsi-meet-azure/localcloud/stateless"
)

const (
	// Package is the provider's name.
	Package = "random"
	// Version is the version of the real provider that this one stands for.
	Version = "4.16.0"
)

// hidden is the id of values that are secret themselves.
const hidden = "none"

// New makes the provider.
func New(cfg rpcprovider.Config) *stateless.Provider {
	return stateless.New(cfg, Package, nil, password(), text(), bytesID(), uuidKind(), integer(), rawBytes(), pet())
}

func args(a interface{ ElementType() reflect.Type }) reflect.Type { return a.ElementType() }

func atLeast(in stateless.Values, name string, lowest int) []schema.Problem {
	if in.Has(name) && in.Number(name) < lowest {
		return []schema.Problem{{Path: name, Text: fmt.Sprintf(
			"attribute %s value must be at least %d, got: %d", name, lowest, in.Number(name))}}
	}
	return nil
}

func random(length int) ([]byte, error) {
	raw := make([]byte, length)
	if _, err := rand.Read(raw); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return raw, nil
}

func bytesID() stateless.Kind {
	return stateless.Kind{
		Token: "random:index/randomId:RandomId", Args: args(sdk.RandomIdArgs{}),
		Validate: func(in stateless.Values) []schema.Problem { return atLeast(in, "byteLength", 1) },
		Make: func(in stateless.Values, _ time.Time) (string, map[string]any, error) {
			raw, err := random(in.Number("byteLength"))
			if err != nil {
				return "", nil, err
			}
			prefix, id := in.Text("prefix"), base64.RawURLEncoding.EncodeToString(raw)
			return id, map[string]any{
				"b64Std": prefix + base64.StdEncoding.EncodeToString(raw), "b64Url": prefix + id,
				"hex": prefix + hex.EncodeToString(raw), "dec": prefix + new(big.Int).SetBytes(raw).String(),
			}, nil
		},
	}
}

func uuidKind() stateless.Kind {
	return stateless.Kind{
		Token: "random:index/randomUuid:RandomUuid", Args: args(sdk.RandomUuidArgs{}),
		Make: func(stateless.Values, time.Time) (string, map[string]any, error) {
			id, err := uuid.NewRandom()
			return id.String(), map[string]any{"result": id.String()}, err
		},
	}
}

func integer() stateless.Kind {
	return stateless.Kind{
		Token: "random:index/randomInteger:RandomInteger", Args: args(sdk.RandomIntegerArgs{}),
		Validate: func(in stateless.Values) []schema.Problem {
			if in.Has("seed") {
				return []schema.Problem{{Path: "seed", Text: "the local cloud makes no repeatable numbers"}}
			}
			if in.Has("min") && in.Has("max") && in.Number("min") > in.Number("max") {
				return []schema.Problem{{Path: "min", Text: "the minimum (min) value needs to be smaller than or equal to " +
					"maximum (max) value"}}
			}
			return nil
		},
		Make: func(in stateless.Values, _ time.Time) (string, map[string]any, error) {
			lowest := int64(in.Number("min"))
			n, err := rand.Int(rand.Reader, big.NewInt(int64(in.Number("max"))-lowest+1))
			if err != nil {
				return "", nil, fmt.Errorf("draw a number: %w", err)
			}
			result := n.Int64() + lowest
			return strconv.FormatInt(result, 10), map[string]any{"result": float64(result)}, nil
		},
	}
}

func rawBytes() stateless.Kind {
	return stateless.Kind{
		Token: "random:index/randomBytes:RandomBytes", Args: args(sdk.RandomBytesArgs{}), Secret: []string{"base64", "hex"},
		Validate: func(in stateless.Values) []schema.Problem { return atLeast(in, "length", 1) },
		Make: func(in stateless.Values, _ time.Time) (string, map[string]any, error) {
			raw, err := random(in.Number("length"))
			return hidden, map[string]any{
				"base64": base64.StdEncoding.EncodeToString(raw), "hex": hex.EncodeToString(raw),
			}, err
		},
	}
}
