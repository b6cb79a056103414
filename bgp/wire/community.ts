// Well-known communities (RFC 1997, IANA "BGP Well-known Communities") that the speaker itself acts upon. Their words: attribute-text.ts.

export const Community = {
  /** RFC 8326 §5. */
  GracefulShutdown: 0xffff_0000,
  /** RFC 7611. */
  AcceptOwn: 0xffff_0001,
  /** RFC 9494 §4.1. */
  LlgrStale: 0xffff_0006,
  /** RFC 9494 §4.2. */
  NoLlgr: 0xffff_0007,
  /** RFC 7999 §5. */
  Blackhole: 0xffff_029a,
  NoExport: 0xffff_ff01,
  NoAdvertise: 0xffff_ff02,
  NoExportSubconfed: 0xffff_ff03,
  /** RFC 3765. */
  NoPeer: 0xffff_ff04,
} as const;
