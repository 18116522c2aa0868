package rpcprovider

import (
	"bufio"
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// echo is a provider that gives back what it is given.
type echo struct{ failing bool }

func (echo) CheckConfig(_ context.Context, r plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: r.News}, nil
}

func (echo) DiffConfig(_ context.Context, r plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return DiffOf(Changes(r.OldInputs, r.NewInputs), false), nil
}

func (echo) Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, nil
}

func (echo) Check(_ context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	return plugin.CheckResponse{Properties: r.News, Failures: []plugin.CheckFailure{{Property: "a", Reason: "why"}}}, nil
}

func (echo) Diff(_ context.Context, r plugin.DiffRequest) (plugin.DiffResponse, error) {
	return DiffOf(Changes(r.OldInputs, r.NewInputs), true), nil
}

func (e echo) Create(_ context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	if e.failing {
		return plugin.CreateResponse{}, InitFailed("id", r.Properties, r.Properties, "not ready")
	}
	return plugin.CreateResponse{ID: "id", Properties: r.Properties}, nil
}

func (echo) Read(_ context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: r.ID, Inputs: r.Inputs, Outputs: r.State}}, nil
}

func (echo) Update(_ context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	return plugin.UpdateResponse{Properties: r.NewInputs}, nil
}

func (echo) Delete(context.Context, plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	return plugin.DeleteResponse{}, nil
}

func (echo) Invoke(_ context.Context, r plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	return plugin.InvokeResponse{Properties: r.Args}, nil
}

const echoURN = "urn:pulumi:dev::meet::echo:x:Thing::a"

func echoServer(t *testing.T, p Provider) pulumirpc.ResourceProviderServer {
	t.Helper()
	server, err := NewServer(Info{Name: "echo", Version: "4.5.6"}, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	shake, err := server.Handshake(ctx, &pulumirpc.ProviderHandshakeRequest{})
	if err != nil || !shake.AcceptSecrets {
		t.Fatal(shake, err)
	}
	configured, err := server.Configure(ctx, &pulumirpc.ConfigureRequest{AcceptSecrets: true, AcceptResources: true})
	if err != nil || !configured.AcceptSecrets || !configured.SupportsPreview {
		t.Fatal(configured, err)
	}
	return server
}

func TestSecretsAndUnknownsSurviveTheWire(t *testing.T) {
	t.Parallel()
	server := echoServer(t, echo{})
	properties := resource.PropertyMap{
		"secret": resource.MakeSecret(resource.NewStringProperty("hidden")),
		"later":  resource.MakeComputed(resource.NewStringProperty("")),
		"list":   resource.NewArrayProperty([]resource.PropertyValue{resource.NewNumberProperty(1)}),
	}
	wire, err := plugin.MarshalProperties(properties, storedOptions)
	if err != nil {
		t.Fatal(err)
	}
	created, err := server.Create(context.Background(), &pulumirpc.CreateRequest{Urn: echoURN, Properties: wire})
	if err != nil {
		t.Fatal(err)
	}
	got, err := plugin.UnmarshalProperties(created.Properties, storedOptions)
	if err != nil {
		t.Fatal(err)
	}
	if !got["secret"].IsSecret() || !got["later"].IsComputed() || !got["list"].IsArray() {
		t.Errorf("got %v", got)
	}
}

func TestPluginInfoAndFailures(t *testing.T) {
	t.Parallel()
	server := echoServer(t, echo{})
	info, err := server.GetPluginInfo(context.Background(), &emptypb.Empty{})
	if err != nil || info.Version != "4.5.6" {
		t.Errorf("info %v, %v", info, err)
	}
	checked, err := server.Check(context.Background(), &pulumirpc.CheckRequest{Urn: echoURN})
	if err != nil || len(checked.Failures) != 1 || checked.Failures[0].Reason != "why" {
		t.Errorf("check %v, %v", checked, err)
	}
	if _, err := NewServer(Info{Version: "x"}, echo{}, nil); err == nil {
		t.Error("a bad version was accepted")
	}
}

func TestDetailedDiffIsAnnounced(t *testing.T) {
	t.Parallel()
	inner := &fixedDiff{answer: &pulumirpc.DiffResponse{
		Diffs: []string{"tags.b", "list[0]", "tags.a"}, Replaces: []string{"gone"}, DetailedDiff: map[string]*pulumirpc.PropertyDiff{"gone": {Kind: pulumirpc.PropertyDiff_DELETE}},
	}}
	for name, call := range map[string]func(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error){
		"Diff": (&server{inner}).Diff, "DiffConfig": (&server{inner}).DiffConfig,
	} {
		answer, err := call(context.Background(), nil)
		if err != nil || !answer.HasDetailedDiff || answer.DetailedDiff["gone"].Kind != pulumirpc.PropertyDiff_DELETE_REPLACE ||
			name == "Diff" && !slices.Equal(answer.Diffs, []string{"list", "tags"}) {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
	}
	inner.answer = nil
	if answer, err := (&server{inner}).Diff(context.Background(), nil); answer != nil || err != nil {
		t.Errorf("no answer: %v, %v", answer, err)
	}
}

// fixedDiff is a server that always answers the same.
type fixedDiff struct {
	pulumirpc.UnimplementedResourceProviderServer

	answer *pulumirpc.DiffResponse
}

func (f *fixedDiff) Diff(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return f.answer, nil
}

func (f *fixedDiff) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return f.answer, nil
}

func TestHalfMadeResourceIsToldToTheEngine(t *testing.T) {
	t.Parallel()
	server := echoServer(t, echo{failing: true})
	_, err := server.Create(context.Background(), &pulumirpc.CreateRequest{Urn: echoURN})
	for _, detail := range status.Convert(err).Details() {
		if failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			if failed.Id != "id" || failed.Reasons[0] != "not ready" {
				t.Errorf("got %v", failed)
			}
			return
		}
	}
	t.Errorf("no detail in %v", err)
}

func TestCancelReachesTheProvider(t *testing.T) {
	t.Parallel()
	canceled := false
	server, err := NewServer(Info{Name: "echo", Version: "1.0.0"}, echo{}, func() { canceled = true })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Cancel(context.Background(), &emptypb.Empty{}); err != nil || !canceled {
		t.Errorf("canceled %t, %v", canceled, err)
	}
}

func TestEncodeDecode(t *testing.T) {
	t.Parallel()
	want := resource.PropertyMap{
		"a": resource.MakeSecret(resource.NewObjectProperty(resource.PropertyMap{"b": resource.NewBoolProperty(true)})),
		"n": resource.NewNumberProperty(1.5),
	}
	raw, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(raw)
	if err != nil || !got.DeepEquals(want) {
		t.Errorf("got %v, %v", got, err)
	}
	if plain := Plain(got); plain["a"].(map[string]any)["b"] != true {
		t.Errorf("plain %v", plain)
	}
	if _, err := Decode([]byte("{")); err == nil {
		t.Error("damaged properties were accepted")
	}
}

func TestChangesIgnoreSecrecy(t *testing.T) {
	t.Parallel()
	plain := resource.PropertyMap{"a": resource.NewStringProperty("x"), "b": resource.NewStringProperty("y")}
	secret := resource.PropertyMap{"a": resource.MakeSecret(plain["a"]), "b": resource.NewStringProperty("z")}
	changes := Changes(plain, secret)
	if len(changes) != 1 || changes["b"].Kind != plugin.DiffUpdate {
		t.Errorf("got %v", changes)
	}
	if r := DiffOf(map[string]plugin.PropertyDiff{"b": Replace(changes["b"])}, true); !r.Replace() || !r.DeleteBeforeReplace {
		t.Errorf("got %+v", r)
	}
}

// engine is a stand-in for the engine's own server, whose health a provider watches.
func engine(t *testing.T) *grpc.Server {
	t.Helper()
	server := grpc.NewServer()
	healthgrpc.RegisterHealthServer(server, health.NewServer())
	return server
}

func TestServeEndsWithTheEngine(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fake := engine(t)
	go func() { _ = fake.Serve(listener) }()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(context.Background(), []string{listener.Addr().String()}, writer, Info{Name: "echo", Version: "1.0.0"}, echo{})
	}()
	port, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	client := pulumirpc.NewResourceProviderClient(conn)
	if _, err := client.GetPluginInfo(context.Background(), &emptypb.Empty{}); err != nil {
		t.Fatal(err)
	}
	fake.Stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the provider outlives the engine")
	}
}

func TestServeNeedsTheEnginesAddress(t *testing.T) {
	t.Parallel()
	if err := Serve(context.Background(), nil, io.Discard, Info{Version: "1.0.0"}, echo{}); err == nil {
		t.Error("no error")
	}
}
