// By which number the kernel knows our routes (rtm_protocol).

/**
 * Not RTPROT_BGP (186): zebra counts routes with the numbers of its own daemons as left over by an earlier zebra and removes
 * them when it starts, whoever made them; and we could not tell ours from bgpd's. 87 ('W') is nobody's in rtnetlink.h or in
 * iproute2's list. `echo "87 waggle" >> /etc/iproute2/rt_protos` makes `ip route` show the name.
 */
export const ownProtocol = 87;
