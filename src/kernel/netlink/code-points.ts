// Numbers of linux/netlink.h, linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h and linux/nexthop.h that we speak.
// Only what is used; what a message looks like stands in route.ts, link.ts and interface-address.ts.

export const MessageType = {
  Noop: 1,
  Error: 2,
  Done: 3,
  Overrun: 4,
  NewLink: 16,
  DelLink: 17,
  GetLink: 18,
  NewAddress: 20,
  DelAddress: 21,
  GetAddress: 22,
  NewRoute: 24,
  DelRoute: 25,
  GetRoute: 26,
  NewNextHop: 104,
  DelNextHop: 105,
} as const;

export const MessageFlag = {
  Request: 0x1,
  Multi: 0x2,
  Ack: 0x4,
  DumpInterrupted: 0x10,
  DumpFiltered: 0x20,
  /** NLM_F_ROOT | NLM_F_MATCH */
  Dump: 0x300,
  Replace: 0x100,
  Exclusive: 0x200,
  Create: 0x400,
  Append: 0x800,
  /** In NLMSG_ERROR. */
  Capped: 0x100,
  ExtAckTlvs: 0x200,
} as const;

/** Multicast groups of NETLINK_ROUTE (RTNLGRP_…). */
export const Group = { Link: 1, Ipv4Address: 5, Ipv4Route: 7, Ipv6Address: 9, Ipv6Route: 11, NextHop: 32 } as const;

export const Family = { Unspecified: 0, Ipv4: 2, Ipv6: 10 } as const;

export const RouteAttribute = {
  Destination: 1,
  Oif: 4,
  Gateway: 5,
  Priority: 6,
  PreferredSource: 7,
  Multipath: 9,
  Table: 15,
  Via: 18,
  NextHopId: 30,
} as const;

/** rtm_type */
export const RouteType = { Unicast: 1, Local: 2, Broadcast: 3, Blackhole: 6, Unreachable: 7, Prohibit: 8 } as const;

/** rtm_scope */
export const RouteScope = { Universe: 0, Link: 253, Host: 254, Nowhere: 255 } as const;

/** rtm_flags: RTM_F_… and, for routes of one hop, RTNH_F_… */
export const RouteFlag = { Dead: 1, OnLink: 4, LinkDown: 16, Cloned: 0x200 } as const;

export const RouteTable = { Main: 254, Local: 255 } as const;

/** rtm_protocol: who installed a route. */
export const RouteProtocol = {
  Redirect: 1,
  Kernel: 2,
  Boot: 3,
  Static: 4,
  Bgp: 186,
  /** FRR's staticd. */
  ZebraStatic: 196,
} as const;

export const LinkAttribute = { Name: 3, Master: 10, OperState: 16 } as const;
/** ifi_flags */
export const LinkFlag = { Up: 1, Loopback: 8, Running: 0x40 } as const;

export const AddressAttribute = { Address: 1, Local: 2, Flags: 8 } as const;
/** ifa_flags */
export const AddressFlag = { DadFailed: 8, Tentative: 0x40 } as const;

/** setsockopt level and options of netlink sockets. */
export const NetlinkLevel = 270;
export const NetlinkOption = { AddMembership: 1, CapAck: 10, ExtAck: 11, StrictCheck: 12 } as const;
/** In the TLVs of an extended acknowledgement. */
export const ExtAckAttribute = { Message: 1, Offset: 2 } as const;
