package network_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"jitsi-meet-azure/test/e2e/network"
)

func newDNS(t *testing.T, cluster *network.Cluster) *network.DNS {
	t.Helper()
	dns, err := network.NewDNS(t.Context(), cluster, netip.MustParseAddrPort("127.0.0.1:0"))
	require.NoError(t, err)
	t.Cleanup(dns.Close)
	return dns
}

// question is a question as a resolver sends it; a size above 0 is told to the nameserver.
func question(t *testing.T, name string, kind dnsmessage.Type, size uint16) []byte {
	t.Helper()
	message := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 4711, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}},
	}
	if size > 0 {
		var header dnsmessage.ResourceHeader
		require.NoError(t, header.SetEDNS0(int(size), dnsmessage.RCodeSuccess, false))
		message.Additionals = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.OPTResource{}}}
	}
	packed, err := message.Pack()
	require.NoError(t, err)
	return packed
}

// ask asks over UDP or TCP.
func ask(t *testing.T, dns *network.DNS, transport string, question []byte) dnsmessage.Message {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(t.Context(), transport, dns.Address().String())
	require.NoError(t, err)
	defer connection.Close()
	require.NoError(t, connection.SetDeadline(time.Now().Add(10*time.Second)))
	framed := transport == "tcp"
	if framed {
		question = append(binary.BigEndian.AppendUint16(nil, uint16(len(question))), question...)
	}
	_, err = connection.Write(question)
	require.NoError(t, err)
	buffer := make([]byte, 1<<16)
	length, err := connection.Read(buffer)
	require.NoError(t, err)
	text := buffer[:length]
	if framed {
		for len(text) < 2 || len(text)-2 < int(binary.BigEndian.Uint16(text)) {
			length, err = connection.Read(buffer[len(text):])
			require.NoError(t, err)
			text = buffer[:len(text)+length]
		}
		text = text[2:]
	}
	var answer dnsmessage.Message
	require.NoError(t, answer.Unpack(text))
	assert.EqualValues(t, 4711, answer.ID)
	assert.True(t, answer.Response)
	return answer
}

func addresses(answer dnsmessage.Message) []string {
	found := []string{}
	for _, resource := range answer.Answers {
		if a, is := resource.Body.(*dnsmessage.AResource); is {
			found = append(found, netip.AddrFrom4(a.A).String())
		}
	}
	slices.Sort(found)
	return found
}

func TestNamesOfServices(t *testing.T) {
	t.Parallel()
	cluster, client := watch(t,
		service("web", "10.245.3.4", nil), service("jicofo", "None", nil), service("empty", "None", nil),
		slice("jicofo", map[string]state{"10.244.1.5": isReady, "10.244.2.6": isReady, "10.244.3.7": leaving},
			map[string]string{"10.244.1.5": "jicofo-0", "10.244.3.7": "jicofo-2"}),
	)
	dns := newDNS(t, cluster)
	for _, test := range []struct {
		name, want string
		kind       dnsmessage.Type
		code       dnsmessage.RCode
	}{
		{"web.shard-a.svc.cluster.local.", "127.245.3.4", dnsmessage.TypeA, dnsmessage.RCodeSuccess},
		{"WEB.Shard-A.svc.CLUSTER.local.", "127.245.3.4", dnsmessage.TypeA, dnsmessage.RCodeSuccess},
		{"web.shard-a.svc.cluster.local.", "", dnsmessage.TypeAAAA, dnsmessage.RCodeSuccess},
		{"jicofo.shard-a.svc.cluster.local.", "127.244.1.5 127.244.2.6", dnsmessage.TypeA, dnsmessage.RCodeSuccess},
		{"jicofo-0.jicofo.shard-a.svc.cluster.local.", "127.244.1.5", dnsmessage.TypeA, dnsmessage.RCodeSuccess},
		{"jicofo-2.jicofo.shard-a.svc.cluster.local.", "", dnsmessage.TypeA, dnsmessage.RCodeNameError}, // not ready
		{"empty.shard-a.svc.cluster.local.", "", dnsmessage.TypeA, dnsmessage.RCodeSuccess},
		{"web.shard-b.svc.cluster.local.", "", dnsmessage.TypeA, dnsmessage.RCodeNameError},
		{"web.shard-a.pod.cluster.local.", "", dnsmessage.TypeA, dnsmessage.RCodeNameError},
		{"a.b.web.shard-a.svc.cluster.local.", "", dnsmessage.TypeA, dnsmessage.RCodeNameError},
		{"svc.cluster.local.", "", dnsmessage.TypeA, dnsmessage.RCodeNameError},
		{"meet.example.org.", "", dnsmessage.TypeA, dnsmessage.RCodeNameError},
		{".", "", dnsmessage.TypeA, dnsmessage.RCodeNameError},
	} {
		for _, transport := range []string{"udp", "tcp"} {
			answer := ask(t, dns, transport, question(t, test.name, test.kind, 0))
			assert.Equal(t, strings.Fields(test.want), addresses(answer), "%s %s", test.name, test.kind)
			assert.Equal(t, test.code, answer.RCode, test.name)
			assert.Equal(t, test.name, answer.Questions[0].Name.String())
			assert.Empty(t, answer.Additionals)
		}
	}
	made := service("late", "10.245.3.5", nil)
	_, err := client.CoreV1().Services("shard-a").Create(t.Context(), made, metav1.CreateOptions{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return len(addresses(ask(t, dns, "udp", question(t, "late.shard-a.svc.cluster.local.", dnsmessage.TypeA, 0)))) == 1
	}, 10*time.Second, 10*time.Millisecond)
}

func TestAnswersAreNoLongerThanAllowed(t *testing.T) {
	t.Parallel()
	many := map[string]state{}
	for last := range 100 {
		many[fmt.Sprintf("10.244.1.%d", last)] = isReady
	}
	cluster, _ := watch(t, service("many", "None", nil), slice("many", many, nil))
	dns := newDNS(t, cluster)
	name := "many.shard-a.svc.cluster.local."
	plain := ask(t, dns, "udp", question(t, name, dnsmessage.TypeA, 0))
	assert.True(t, plain.Truncated)
	assert.Empty(t, plain.Answers)
	large := ask(t, dns, "udp", question(t, name, dnsmessage.TypeA, 4096))
	assert.False(t, large.Truncated)
	assert.Len(t, large.Answers, 100)
	require.Len(t, large.Additionals, 1)
	assert.Equal(t, dnsmessage.TypeOPT, large.Additionals[0].Header.Type)
	assert.Len(t, ask(t, dns, "tcp", question(t, name, dnsmessage.TypeA, 0)).Answers, 100)
}

func TestGosOwnResolverUnderstands(t *testing.T) {
	t.Parallel()
	cluster, _ := watch(t, service("web", "10.245.3.4", nil))
	dns := newDNS(t, cluster)
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, transport, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, transport, dns.Address().String())
	}}
	found, err := resolver.LookupHost(t.Context(), "web.shard-a.svc.cluster.local.")
	require.NoError(t, err)
	assert.Equal(t, []string{"127.245.3.4"}, found)
	_, err = resolver.LookupHost(t.Context(), "other.shard-a.svc.cluster.local.")
	var problem *net.DNSError
	require.ErrorAs(t, err, &problem)
	assert.True(t, problem.IsNotFound)
}

func TestTheNameserverEndsWithItsContext(t *testing.T) {
	t.Parallel()
	cluster, _ := watch(t)
	ctx, cancel := context.WithCancel(t.Context())
	dns, err := network.NewDNS(ctx, cluster, netip.MustParseAddrPort("127.0.0.1:0"))
	require.NoError(t, err)
	cancel()
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp4", dns.Address().String())
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	}, 10*time.Second, 10*time.Millisecond)
}

func FuzzQuestions(f *testing.F) {
	for _, name := range []string{"web.shard-a.svc.cluster.local.", "."} {
		message := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: 1},
			Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
		}
		packed, err := message.Pack()
		require.NoError(f, err)
		f.Add(packed, true)
		f.Add(packed[:len(packed)-1], false)
	}
	f.Add([]byte(nil), true)
	f.Add(bytes.Repeat([]byte{0xff}, 600), true)
	ctx, cancel := context.WithCancel(context.Background())
	f.Cleanup(cancel)
	cluster, err := network.Watch(ctx, newClient(service("web", "10.245.3.4", func(*corev1.Service) {})))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, asked []byte, packet bool) {
		answer := network.Answer(cluster, asked, packet)
		if answer == nil {
			return
		}
		var question, read dnsmessage.Message
		require.NoError(t, read.Unpack(answer))
		assert.True(t, read.Response)
		assert.Len(t, read.Questions, 1)
		if question.Unpack(asked) == nil {
			assert.Equal(t, question.ID, read.ID)
			assert.Equal(t, question.Questions, read.Questions)
		}
		if packet {
			assert.LessOrEqual(t, len(answer), 4096)
		}
	})
}
