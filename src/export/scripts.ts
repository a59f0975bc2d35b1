import { requirementsOf } from './lab-needs.ts'
import type { LabPlan } from './lab-plan.ts'

const SHARED = `set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/sbin
each_namespace() { while read -r short _; do "$@" "$short" "$lab-$short"; done < namespaces; }
`

export function upScript(lab: string, plan: LabPlan): string {
  const requirements = requirementsOf(plan.needs)
  const programs = ['ip', 'bridge', ...requirements.flatMap(requirement => requirement.programs)]
  const trials = requirements.flatMap(({ trial, missing }) =>
    trial === undefined ? [] : [`try "${missing}" ip netns exec "$trial" ${trial.join(' ')}`],
  )
  return `#!/bin/sh
# Builds the lab ${lab} in network namespaces. Nothing outside of them is changed. down.sh takes all of it away again.
lab=${lab}
${SHARED}
fail() { echo "up.sh: $*" >&2; exit 1; }

# What is needed, before anything is built.
[ "$(uname -s)" = Linux ] || fail "this needs Linux"
[ "$(id -u)" = 0 ] || fail "this needs root: sudo $0"
for program in ${programs.join(' ')}; do
  command -v "$program" > /dev/null || fail "no $program; on Debian: apt-get install iproute2 iptables ipset nftables ipvsadm"
done
if ip netns list | grep -q "^$lab-"; then
  echo "$lab is there already (down.sh takes it away)"
  exit 0
fi
trial=$lab-trial
lacking=
try() {
  missing=$1
  shift
  "$@" > /dev/null 2>&1 || lacking="$lacking
  $missing"
  ip -n "$trial" link del trial > /dev/null 2>&1 || true
}
ip netns add "$trial" || fail "this kernel makes no network namespace"
trap 'ip netns del "$trial" 2> /dev/null || true' EXIT
trap 'exit 130' INT TERM
try "no veth (CONFIG_VETH)" ip -n "$trial" link add name trial type veth peer name trial2
try "no bridge (CONFIG_BRIDGE)" ip -n "$trial" link add name trial type bridge
${plan.needs.has('br_netfilter') ? 'modprobe br_netfilter 2> /dev/null || true\n' : ''}${trials.map(line => `${line}\n`).join('')}for short in $(cut -d' ' -f1 namespaces); do
  folder=namespaces.d/$short
  [ ! -e "$folder/ipset.restore" ] || try "sets of $short" ip netns exec "$trial" ipset restore -exist -file "$folder/ipset.restore"
  for rules in "$folder"/iptables.*.rules; do
    [ ! -e "$rules" ] || try "rules in $rules" ip netns exec "$trial" iptables-restore --test "$rules"
  done
  for rules in "$folder"/ip6tables.*.rules; do
    [ ! -e "$rules" ] || try "rules in $rules" ip netns exec "$trial" ip6tables-restore --test "$rules"
  done
  for rules in "$folder"/*.nft; do
    [ ! -e "$rules" ] || try "rules in $rules" ip netns exec "$trial" nft -c -f "$rules"
  done
done
[ -z "$lacking" ] || fail "this kernel has not all that the lab needs:$lacking"
ip netns del "$trial"

# From here on a failure takes away what was built.
trap 'status=$?; [ $status = 0 ] || ./down.sh > /dev/null; exit $status' EXIT

settings() { ip netns exec "$1" sh -c 'while read -r key value; do
  [ ! -e "/proc/sys/$key" ] || echo "$value" > "/proc/sys/$key" 2> /dev/null || echo "up.sh: $0: $key=$value was refused" >&2
done' "$1" < "$2"; }
make_namespace() { ip netns add "$2"; settings "$2" "namespaces.d/$1/sysctl"; }
make_links() { ip -n "$2" -batch "namespaces.d/$1/links.batch"; }
wait_for_devices() {
  [ -e "namespaces.d/$1/devices" ] || return 0
  while read -r device; do
    tries=0
    until ip -n "$2" -o link show dev "$device" up | grep -q LOWER_UP; do
      tries=$((tries + 1))
      [ $tries -lt 100 ] || fail "$device of $1 does not come up"
      sleep 0.05
    done
  done < "namespaces.d/$1/devices"
}
configure() {
  folder=namespaces.d/$1
  [ ! -e "$folder/sysctl.devices" ] || settings "$2" "$folder/sysctl.devices"
  [ ! -e "$folder/ip.batch" ] || ip -n "$2" -batch "$folder/ip.batch"
  [ ! -e "$folder/bridge.batch" ] || bridge -n "$2" -batch "$folder/bridge.batch"
  [ ! -e "$folder/ipset.restore" ] || ip netns exec "$2" ipset restore -file "$folder/ipset.restore"
  for rules in "$folder"/iptables.*.rules; do
    [ ! -e "$rules" ] || ip netns exec "$2" iptables-restore --noflush "$rules"
  done
  for rules in "$folder"/ip6tables.*.rules; do
    [ ! -e "$rules" ] || ip netns exec "$2" ip6tables-restore --noflush "$rules"
  done
  for rules in "$folder"/*.nft; do
    [ ! -e "$rules" ] || ip netns exec "$2" nft -f "$rules"
  done
  [ ! -e "$folder/ipvsadm.rules" ] || ip netns exec "$2" ipvsadm --restore < "$folder/ipvsadm.rules"
}
# python3 serves everything and tells who saw whom; socat and ncat echo; without any of them the ports stay closed.
background() { namespace=$1; shift; ip netns exec "$namespace" "$@" < /dev/null > /dev/null 2>&1 & }
start_servers() {
  [ -e "namespaces.d/$1/servers" ] || return 0
  if command -v python3 > /dev/null; then
    background "$2" python3 server.py "$1" "namespaces.d/$1/servers" "$lab"
    return 0
  fi
  while read -r protocol port address _; do
    [ "$protocol" != sctp ] || continue
    if command -v socat > /dev/null; then
      case $protocol in tcp) kind=LISTEN:$port,reuseaddr,fork ;; *) kind=RECVFROM:$port,fork ;; esac
      upper=$(echo "$protocol" | tr a-z A-Z)
      case $address in
        '*') background "$2" socat "\${upper}4-$kind" EXEC:cat; background "$2" socat "\${upper}6-$kind,ipv6only" EXEC:cat ;;
        *:*) background "$2" socat "\${upper}6-$kind,bind=[$address]" EXEC:cat ;;
        *) background "$2" socat "\${upper}4-$kind,bind=$address" EXEC:cat ;;
      esac
    elif command -v ncat > /dev/null; then
      [ "$protocol" = udp ] && flag=-u || flag=
      [ "$address" = '*' ] && address=
      background "$2" ncat -l -k $flag $address -p "$port" --exec /bin/cat
    else
      echo "up.sh: no python3, socat or ncat: nothing listens in $1" >&2
      return 0
    fi
  done < "namespaces.d/$1/servers"
}

each_namespace make_namespace
ip -batch links.batch
each_namespace make_links
each_namespace wait_for_devices
each_namespace configure
each_namespace start_servers
# Until the programs listen.
sleep 0.5
trap - EXIT
echo "$lab is up: $(wc -l < namespaces) namespaces; ./probe.sh asks everything that README.md tells of"
`
}

export function downScript(lab: string): string {
  return `#!/bin/sh
# Takes the lab ${lab} away: its programs and its namespaces with all that is in them.
lab=${lab}
PATH=$PATH:/usr/sbin:/sbin
for namespace in $(ip netns list | cut -d' ' -f1 | grep "^$lab-"); do
  for process in $(ip netns pids "$namespace"); do kill "$process" 2> /dev/null || true; done
  ip netns del "$namespace"
done
echo "$lab is gone"
`
}

export function probeScript(lab: string): string {
  return `#!/bin/sh
# Asks what is in the file \`probes\` and compares with what the simulator saw:   ./probe.sh
# Asks one question:                                 ./probe.sh FROM ADDRESS PORT [tcp|udp|icmp]
# FROM is a namespace as in the file \`namespaces\` (default/client or default.client).
lab=${lab}
${SHARED}
find_short() { while read -r short name; do [ "$1" != "$short" ] && [ "$1" != "$name" ] || echo "$short"; done < namespaces; }
ask() {
  short=$(find_short "$1")
  [ -n "$short" ] || { echo "probe.sh: there is no namespace $1; the file namespaces lists them" >&2; exit 2; }
  ip netns exec "$lab-$short" python3 client.py "$2" "$3" "\${4:-tcp}" < /dev/null
}
command -v python3 > /dev/null || { echo "probe.sh: this needs python3" >&2; exit 2; }
[ $# = 0 ] || { ask "$@"; exit; }
status=0
while read -r from to port protocol expected; do
  answer=$(ask "$from" "$to" "$port" "$protocol")
  case $answer in
    "$expected" | "$expected "*) verdict=as-expected ;;
    *) verdict="EXPECTED $expected"; status=1 ;;
  esac
  echo "$from -> $to:$port $protocol: $answer ($verdict)"
done < probes
exit $status
`
}
