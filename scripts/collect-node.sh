#!/bin/sh
# Writes what kubehop trace --node-state reads: the network state of this machine, as text. Only reads; needs root for most.
# Usage: collect-node.sh FOLDER
set -eu
folder=${1:?usage: collect-node.sh FOLDER}
mkdir -p "$folder"

# collect FILE COMMAND...: the output of the command; no file when the program is missing or fails.
collect() {
  file=$folder/$1
  shift
  command -v "$1" >/dev/null 2>&1 || return 0
  if ! "$@" >"$file" 2>/dev/null; then rm -f "$file"; fi
}

collect ip-addr.json ip -j -d addr
collect ip-route.txt ip -4 route show table all
collect ip-route6.txt ip -6 route show table all
collect ip-rule.txt ip -4 rule
collect ip-rule6.txt ip -6 rule
collect ip-neigh.txt ip neigh
collect bridge-fdb.txt bridge fdb
collect iptables-save.txt iptables-save
collect ip6tables-save.txt ip6tables-save
collect ipset-save.txt ipset save
collect nft-ruleset.txt nft list ruleset
collect ipvsadm-save.txt ipvsadm-save -n
collect conntrack.txt conntrack -L
collect sysctl.txt sysctl -a
echo "wrote $(ls "$folder" | wc -l) files to $folder"
