# shellcheck shell=bash
# kubelet and kube-proxy. Sourced after docker.bash; $BIN is the directory of the binaries.

# Every pod gets its own cable to the node (ptp), not a port of a bridge: traffic between pods then passes the node's
# netfilter without the br_netfilter module, which not every kernel has.
write_pod_network() {
    mkdir -p "$RUN/cni"
    cat >"$RUN/cni/10-pods.conflist" <<JSON
{"cniVersion": "0.3.1", "name": "pods", "plugins": [
  {"type": "ptp", "mtu": 1500, "ipam": {"type": "host-local", "dataDir": "$RUN/cni-leases",
    "ranges": [[{"subnet": "$POD_RANGE"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
}

write_node_config() {
    cat >"$RUN/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $RUN/keys/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $RUN/keys/kubelet.crt
tlsPrivateKeyFile: $RUN/keys/kubelet.key
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP
enforceNodeAllocatable: [pods]
maxPods: 250
oomScoreAdj: 0
failSwapOn: false
# The machine's disk is not the cluster's to manage: no eviction, no image removed.
evictionHard: {memory.available: 0%, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%}
imageGCHighThresholdPercent: 100
resolvConf: ""
# Asked often, reported seldom: a node that became Ready says so at once, an unchanged one writes nothing.
nodeStatusUpdateFrequency: 1s
nodeStatusReportFrequency: 5m
kubeAPIQPS: 50
kubeAPIBurst: 100
eventRecordQPS: 50
# Its socket has a built-in path, and there are no devices to offer.
featureGates: {DevicePlugins: false, LocalStorageCapacityIsolation: false}
YAML
    # No clusterCIDR: traffic from the outside namespace to a Service keeps its source address.
    cat >"$RUN/kube-proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {kubeconfig: $RUN/kube-proxy.kubeconfig}
hostnameOverride: $CLUSTER
conntrack: {maxPerCore: 0}
oomScoreAdj: 0
YAML
}

start_node() {
    write_pod_network
    write_node_config
    start_process kubelet "$BIN/kubelet" --config "$RUN/kubelet.yaml" --kubeconfig "$RUN/kubelet.kubeconfig" \
        --hostname-override "$CLUSTER" --node-ip "$NODE_IP" --root-dir "$RUN/kubelet" --cert-dir "$RUN/kubelet-keys" \
        --container-runtime docker --docker-endpoint "$DOCKER_HOST" --experimental-dockershim-root-directory "$RUN/dockershim" \
        --container-runtime-endpoint "unix://$RUN/dockershim.sock" --pod-infra-container-image aviator-pause:dev \
        --network-plugin cni --cni-bin-dir /usr/lib/cni --cni-conf-dir "$RUN/cni" --cni-cache-dir "$RUN/cni-cache" \
        --docker "$DOCKER_HOST" --housekeeping-interval 30s
    # kube-proxy asks for its node at start and, when that is missing, only after a long pause again.
    wait_for "the node to register" 30 kubectl get node "$CLUSTER"
    start_process kube-proxy "$BIN/kube-proxy" --config "$RUN/kube-proxy.yaml"
    wait_for "the node to be Ready" 60 node_ready
}

# Ready and schedulable, Service rules written, and the account there without which no pod is admitted.
node_ready() {
    local state
    state=$(kubectl get node "$CLUSTER" \
        -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.spec.taints}') &&
        [[ $state == "True " ]] &&
        kubectl get serviceaccount default &&
        nsenter --net="/run/netns/$NETNS" curl -sf -m 2 http://127.0.0.1:10256/healthz
}

kubectl() {
    nsenter --net="/run/netns/$NETNS" "$BIN/kubectl" --kubeconfig "$RUN/admin.kubeconfig" "$@"
}
