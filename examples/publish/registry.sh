# A private registry on this machine, and an image in it. Sourced by publish.sh; a team has both already.

# start_registry FOLDER PORT USER PASSWORD: Debian's docker-registry, for the time of the script.
start_registry() {
    local folder=$1 port=$2 user=$3 password=$4
    htpasswd -Bbn "$user" "$password" >"$folder/users"
    cat >"$folder/registry.yaml" <<END
version: 0.1
storage: {filesystem: {rootdirectory: $folder/data}}
http: {addr: '127.0.0.1:$port'}
log: {level: error}
auth: {htpasswd: {realm: walk, path: $folder/users}}
END
    docker-registry serve "$folder/registry.yaml" >"$folder/registry.log" 2>&1 &
    registry=$!
    for _ in $(seq 50); do
        curl -s -o /dev/null "http://127.0.0.1:$port/v2/" && return
        sleep 0.1
    done
    echo "the registry did not start:" >&2
    cat "$folder/registry.log" >&2
    return 1
}

# push_image HOST:PORT NAME TAG USER PASSWORD: what `docker push` does, for an image with nothing in it.
push_image() {
    local host=$1 name=$2 tag=$3 login=$4:$5 folder
    folder=$(mktemp -d)
    tar -cf - -T /dev/null | gzip -n >"$folder/layer"
    local arch; arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
    local diff; diff=sha256:$(gunzip -c "$folder/layer" | sha256sum | cut -d' ' -f1)
    printf '{"architecture":"%s","os":"linux","rootfs":{"type":"layers","diff_ids":["%s"]}}' "$arch" "$diff" >"$folder/config"
    for part in config layer; do push_blob "http://$host/v2/$name" "$folder/$part" "$login"; done
    printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}' \
        application/vnd.docker.distribution.manifest.v2+json \
        "$(describe application/vnd.docker.container.image.v1+json "$folder/config")" \
        "$(describe application/vnd.docker.image.rootfs.diff.tar.gzip "$folder/layer")" >"$folder/manifest"
    send "$login" -X PUT -H 'Content-Type: application/vnd.docker.distribution.manifest.v2+json' \
        --data-binary "@$folder/manifest" "http://$host/v2/$name/manifests/$tag"
    rm -r "$folder"
}

push_blob() {
    local place=$1 file=$2 login=$3 upload
    upload=$(send "$login" -X POST -D - "$place/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
    send "$login" -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$file" \
        "$upload&digest=sha256:$(sha256sum <"$file" | cut -d' ' -f1)"
}

describe() {
    printf '{"mediaType":"%s","size":%d,"digest":"sha256:%s"}' "$1" "$(wc -c <"$2")" "$(sha256sum <"$2" | cut -d' ' -f1)"
}

# The login goes by a file, since everyone on the machine can read arguments.
send() {
    local login=$1; shift
    curl -sSf --config <(printf 'user = "%s"' "$login") "$@"
}
