# What gobgp1 originates; the daemon takes routes only by its API.
set -e
until gobgp global >/dev/null 2>&1; do sleep 0.1; done
gobgp global rib add -a ipv4 10.23.1.0/24 nexthop 10.0.3.2 community 65010:23
gobgp global rib add -a ipv4 10.23.2.0/24 nexthop 10.0.3.2 aspath 64923,64924 large-community 65010:23:2
gobgp global rib add -a ipv6 2001:db8:2301::/48 nexthop 2001:db8:3::2 community 65010:23
gobgp global rib add -a ipv6 2001:db8:2302::/48 nexthop 2001:db8:3::2 aspath 64923,64924 large-community 65010:23:2
