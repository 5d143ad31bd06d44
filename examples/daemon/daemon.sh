#!/usr/bin/env bash
# A git branch kept applied: commits, drift, a commit that is not valid, and a person who wants it to stop, on the sandbox.
#
#   examples/daemon/daemon.sh [FOLDER]     FOLDER is where it works; default: a new one
#
# It needs `reconcile` in PATH, and git and curl.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for program in reconcile git curl; do
    command -v "$program" >/dev/null || { echo "$program is not in PATH" >&2; exit 1; }
done

folder=${1:-$(mktemp -d)}
port=${DAEMON_PORT:-8080}
page=http://127.0.0.1:$port
export STATUS_TOKEN=walk-status-token
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.com
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true; reconcile sandbox down --name daemon --quiet' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# Wait until a command succeeds, for a minute.
until_it() {
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    echo "that did not happen: $*" >&2
    tail -n 20 "$folder/log" >&2
    exit 1
}

# What the cluster says now.
kube() { "$kubectl" --kubeconfig "$kubeconfig" -n hello "$@"; }
runs() { [ "$(kube get deployment hello -o 'jsonpath={.spec.replicas}')" = "$1" ]; }

# What the status page says of the environment.
shows() { curl --silent --fail "$page/environments/staging" | grep --quiet "$1"; }
ask() { curl --silent --fail -X POST -H "Authorization: Bearer $STATUS_TOKEN" -d who=walk "$page/environments/staging/$1"; }

# Commit a change and push it.
push() {
    git -C "$folder/work" commit --quiet --all --message "$1"
    git -C "$folder/work" push --quiet
    say "# pushed: $1"
}

say "# a cluster, and a repository with one environment"
reconcile sandbox up --name daemon
kubeconfig=$(reconcile sandbox kubeconfig --name daemon --path)
kubectl=$(reconcile sandbox programs --only kubectl --quiet | awk '{print $NF}')
KUBECONFIG_CONTENT=$(reconcile sandbox kubeconfig --name daemon)
export KUBECONFIG_CONTENT
git init --quiet --bare --initial-branch=main "$folder/origin.git"
git clone --quiet "$folder/origin.git" "$folder/work" 2>/dev/null
git -C "$folder/work" checkout --quiet -B main
mkdir "$folder/work/environments" "$folder/work/charts"
cp "$here/staging.yaml.in" "$folder/work/environments/staging.yaml"
(cd "$folder/work/charts" && reconcile chart create hello)
git -C "$folder/work" add .
git -C "$folder/work" commit --quiet --message "run hello"
git -C "$folder/work" push --quiet --set-upstream origin main
sed -e "s|REPOSITORY|$folder/origin.git|" -e "s|PORT|$port|" "$here/sync.yaml.in" >"$folder/sync.yaml"

say "\$ reconcile sync -f sync.yaml"
(cd "$folder" && exec reconcile sync -f sync.yaml --log-format text) 2>"$folder/log" &
daemon=$!
until_it curl --silent --fail "$page/readyz"
until_it runs 1
echo "ready: $page"

sed -i 's/replicas: 1/replicas: 3/' "$folder/work/environments/staging.yaml"
push "three of them"
until_it runs 3
echo "applied"

say "\$ kubectl -n hello scale deployment hello --replicas=0     # somebody else"
kube scale deployment hello --replicas=0
until_it runs 3
echo "back again"

sed -i 's/wait: 2m/wiat: 2m/' "$folder/work/environments/staging.yaml"
push "a typing error"
until_it shows "did you mean"
echo "not applied; the page says where, and the last good commit is kept:"
kube scale deployment hello --replicas=0
until_it runs 3
echo "back again"

sed -i 's/wiat: 2m/wait: 2m/' "$folder/work/environments/staging.yaml"
push "mend it"
until_it grep 'run ended.*subject="mend it"' "$folder/log"
echo "as the newest commit says"

say "\$ curl -X POST … /environments/staging/suspend"
ask suspend
until_it shows "suspended by walk"
kube scale deployment hello --replicas=0
say "\$ curl -X POST … /environments/staging/resume"
ask resume
until_it runs 3
echo "back again"

say "\$ kill -TERM"
kill "$daemon"
wait "$daemon"
daemon=
say "# what it said"
cat "$folder/log"
