# Keeps what ExaBGP reports, one JSON object a line. Descriptor 3 holds ExaBGP's end of our output: when that closes, it
# believes that we died.
exec 3>&1
exec cat >>/run/exabgp/reports.jsonl
