package controlplane

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"
)

// requests is how many requests a second a controller may send; bursts may be twice that. The defaults, 20 and 30, would let a
// controller wait for itself where a whole environment is created within seconds.
const requests = 300

// programs are all of the control plane's: the store, the API server, and the others, which need the API server to be ready.
type programs struct {
	etcd, server program
	others       []program
}

func (o Options) programs(p ports) programs {
	return programs{
		etcd: o.etcd(p), server: o.server(p),
		others: []program{o.controllers(), o.scheduler(), o.kwok()},
	}
}

func (o Options) file(name string) string { return filepath.Join(o.Folder, name) }

// etcd needs no promise about the disk: nobody reads its data after a crash.
func (o Options) etcd(p ports) program {
	clients, peers := "http://"+address(p.etcd), "http://"+address(p.etcdPeers)
	return program{name: "etcd", arguments: []string{
		"--data-dir=" + o.file("etcd"), "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls=" + clients, "--advertise-client-urls=" + clients,
		"--listen-peer-urls=" + peers, "--initial-advertise-peer-urls=" + peers, "--initial-cluster=default=" + peers,
	}}
}

// server is the API server. Besides Kubernetes' own choice of admission plugins, which PodSecurity, DefaultTolerationSeconds,
// ResourceQuota, LimitRanger and Priority belong to, it has those that AKS adds.
// Source: AKS docs, "Frequently asked questions", which admission controllers AKS supports.
func (o Options) server(p ports) program {
	return program{name: "kube-apiserver", arguments: []string{
		"--etcd-servers=http://" + address(p.etcd),
		"--bind-address=" + host, "--advertise-address=" + host, "--secure-port=" + strconv.Itoa(int(p.server)),
		"--tls-cert-file=" + o.file(serverCertificate), "--tls-private-key-file=" + o.file(serverKey),
		"--service-cluster-ip-range=" + o.Services.String(),
		"--authorization-mode=RBAC", "--token-auth-file=" + o.file(tokens),
		"--enable-admission-plugins=PodNodeSelector,PodTolerationRestriction,ExtendedResourceToleration",
		"--allow-privileged=true",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + o.file(accountKey), "--service-account-signing-key-file=" + o.file(accountKey),
		"--kubelet-preferred-address-types=InternalIP",
		// Its own address is a loopback address, which the Endpoints of the Service kubernetes must not have.
		"--endpoint-reconciler-type=none",
		"--profiling=false",
	}}
}

// controllers is kube-controller-manager with all the controllers that are on by default.
func (o Options) controllers() program {
	return program{name: "kube-controller-manager", arguments: append(o.client(),
		"--service-account-private-key-file="+o.file(accountKey), "--root-ca-file="+o.file(serverCertificate),
		"--horizontal-pod-autoscaler-sync-period="+scalerSync.String(),
		"--node-monitor-period="+nodeMonitor.String(), "--node-monitor-grace-period="+nodeGrace.String(),
		"--profiling=false",
	)}
}

func (o Options) scheduler() program {
	return program{name: "kube-scheduler", arguments: append(o.client(), "--profiling=false")}
}

// client are the arguments of a program that talks to the API server and serves nothing itself. There is one of each, so
// that nobody has to be elected.
func (o Options) client() []string {
	return []string{
		"--kubeconfig=" + o.Kubeconfig(), "--leader-elect=false", "--secure-port=0",
		fmt.Sprintf("--kube-api-qps=%d", requests), fmt.Sprintf("--kube-api-burst=%d", 2*requests),
	}
}

// kwok renews a lease four times in its duration. Source: sigs.k8s.io/kwok, pkg/kwok/controllers/controller.go.
func (o Options) kwok() program {
	return program{name: "kwok", arguments: []string{
		"--kubeconfig=" + o.Kubeconfig(), "--config=" + o.file(kwokStages), "--node-ip=" + host,
		"--manage-nodes-with-label-selector=" + kubeletLabel + "=" + kubeletRuns,
		fmt.Sprintf("--node-lease-duration-seconds=%d", 4*leaseRenewal/time.Second),
	}}
}
