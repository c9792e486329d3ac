# shellcheck shell=bash
# Certificates, tokens and kubeconfig files, made again at each start. Sourced after common.bash.

USERS=(admin nobody developer kube-controller-manager kube-scheduler kube-proxy kubelet)

user_groups() { # the name the API server knows a user by, and its groups
    case $1 in
        admin) echo 'aviator-admin|system:masters' ;;
        kubelet) echo "system:node:$CLUSTER|system:nodes" ;;
        kube-*) echo "system:$1|" ;;
        *) echo "$1|" ;;
    esac
}

make_credentials() {
    local keys=$RUN/keys user name groups token
    mkdir -p "$keys"
    chmod 700 "$keys"
    make_authority "$keys"
    for user in "${USERS[@]}"; do
        token=$(openssl rand -hex 20)
        IFS='|' read -r name groups <<<"$(user_groups "$user")"
        echo "$token,$name,$name${groups:+,\"$groups\"}" >>"$keys/tokens.csv"
        write_kubeconfig "$user" "$token" "$keys/ca.crt" >"$RUN/$user.kubeconfig"
        chmod 600 "$RUN/$user.kubeconfig"
    done
}

make_authority() {
    local keys=$1
    key() { openssl ecparam -name prime256v1 -genkey -noout -out "$keys/$1.key"; }
    signed() { # NAME SUBJECT EXTENSIONS [AUTHORITY]
        local by=$keys/${4:-ca}
        key "$1"
        openssl req -new -key "$keys/$1.key" -subj "$2" -out "$keys/$1.csr"
        openssl x509 -req -in "$keys/$1.csr" -CA "$by.crt" -CAkey "$by.key" -CAcreateserial -days 365 \
            -extfile <(printf '%s\n' "$3") -out "$keys/$1.crt" 2>/dev/null
    }
    key ca
    openssl req -x509 -new -key "$keys/ca.key" -subj "/CN=$CLUSTER" -days 365 -out "$keys/ca.crt"
    signed apiserver /CN=kube-apiserver "subjectAltName=IP:127.0.0.1,IP:$NODE_IP,IP:$API_SERVICE_IP,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
    signed apiserver-to-kubelet /O=system:masters/CN=kube-apiserver-kubelet-client extendedKeyUsage=clientAuth
    signed kubelet "/CN=$CLUSTER" "subjectAltName=IP:$NODE_IP,DNS:$CLUSTER"
    # By which servers of other APIs know that a request was passed on to them by the API server: an authority for nothing else.
    key front-proxy-ca
    openssl req -x509 -new -key "$keys/front-proxy-ca.key" -subj /CN=front-proxy-ca -days 365 -out "$keys/front-proxy-ca.crt"
    signed front-proxy-client /CN=front-proxy-client extendedKeyUsage=clientAuth front-proxy-ca
    openssl genrsa -out "$keys/service-account.key" 2048 2>/dev/null
}

write_kubeconfig() { # USER TOKEN AUTHORITY
    cat <<YAML
apiVersion: v1
kind: Config
current-context: $CLUSTER
contexts:
- name: $CLUSTER
  context: {cluster: $CLUSTER, user: $1}
clusters:
- name: $CLUSTER
  cluster:
    server: $API_URL
    certificate-authority-data: $(base64 -w0 <"$3")
users:
- name: $1
  user: {token: $2}
YAML
}
