"""Fills a running moto server with networks of several accounts: their addresses, and what connects them.

    python connections.py http://127.0.0.1:5000 OUT_DIR

writes accounts.yaml, params.yaml and the verdicts (truth.json), as `fleet.py` does.
"""

import sys
from pathlib import Path

from account import Account
from aws import FAIL, OSAKA, PASS, TOKYO, Aws, Truth, write_json
from fleet import accounts_file

PEERING = "AWS::EC2::VPCPeeringConnection"
OFFICE = "172.20.0.0/14"


def vpc(account, cidr, verdict, region=TOKYO):
    made = account.client("ec2", region).create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    account.judge("GC-NET-016", "AWS::EC2::VPC", verdict, region, made)
    return made


def peering(one, own, other, theirs):
    """Both sides see a connection; `one` asks for it, `other` accepts."""
    ask = {"VpcId": own, "PeerVpcId": theirs, "PeerOwnerId": other.id, "PeerRegion": TOKYO}
    made = one.client("ec2").create_vpc_peering_connection(**ask)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    other.client("ec2").accept_vpc_peering_connection(VpcPeeringConnectionId=made)
    return made


def main(endpoint, out):
    aws, truth = Aws(endpoint), Truth()
    aws.reset(seed=47)
    juki = Account(aws, truth, "111111111111", "juki", "number-use")
    zei = Account(aws, truth, "222222222222", "zei", "number-use")
    web = Account(aws, truth, "333333333333", "web", "internet-facing")

    taken = vpc(juki, "10.1.0.0/16", FAIL)
    own = vpc(juki, "10.2.0.0/16", PASS)
    vpc(juki, "172.21.0.0/16", FAIL, OSAKA)
    next_door = vpc(zei, "10.3.0.0/16", PASS)
    vpc(zei, "10.4.0.0/24", FAIL, OSAKA)
    public = vpc(web, "10.1.128.0/17", FAIL)
    vpc(web, "10.4.0.0/16", FAIL)

    within = peering(juki, own, zei, next_door)
    for account in (juki, zei):
        account.judge("GC-NET-015", PEERING, PASS, TOKYO, within)
        account.judge("GC-NET-015", PEERING, PASS, OSAKA, OSAKA)
    juki.judge("GC-NET-015", PEERING, FAIL, TOKYO, peering(juki, taken, web, public))

    out.mkdir(parents=True, exist_ok=True)
    (out / "accounts.yaml").write_text(accounts_file([juki, zei, web]), encoding="utf-8")
    (out / "params.yaml").write_text(f"on_premises_cidrs: [{OFFICE}]\n", encoding="utf-8")
    write_json(out / "truth.json", truth.flat())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: connections.py ENDPOINT OUT_DIR")
    main(sys.argv[1], Path(sys.argv[2]))
