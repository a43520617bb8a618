#!/bin/sh
# Runs at every boot of a machine, before it takes jobs. The instance metadata service gives whoever asks the machine's
# own credentials, so containers must not reach it: those with a network of their own (forwarded traffic), and those in
# the machine's (AWS Batch's default), where only root is let through and containers never run as root.
# A machine that cannot be closed takes no jobs.
set -eu
metadata=169.254.169.254/32
close() {
  command -v iptables >/dev/null || dnf install -y -q iptables-nft
  iptables -w -t raw -C PREROUTING -d $metadata -j DROP 2>/dev/null || iptables -w -t raw -I PREROUTING -d $metadata -j DROP
  iptables -w -C OUTPUT -d $metadata -m owner ! --uid-owner 0 -j REJECT 2>/dev/null ||
    iptables -w -I OUTPUT -d $metadata -m owner ! --uid-owner 0 -j REJECT
}
close || shutdown -h now
