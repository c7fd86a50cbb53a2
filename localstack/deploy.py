"""Deploys template.yaml: to the local engine, to another engine, or to an AWS account.

    python localstack/deploy.py [--endpoint-url URL] [--profile NAME] [--region REGION]
                                [--stack-name holdfast] [--parameter HoldTtlS=60 ...]

The same steps everywhere: each built folder goes to S3 under the hash of what is in it (so what has not
changed is not sent again), the template goes through a CloudFormation change set, and then two things are
made true that not every engine does by itself: tables have the time to live they ask for, and a separate
Step Functions endpoint (--states-url) knows the state machines of the stack.

`sam deploy` and `aws cloudformation package` read the same template; this program exists because a second
deployment takes a second instead of half a minute, and because of those two last steps.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import artefacts
import stack
import states

# One transport for everything: an engine on this machine answers at once or is gone.
CLIENT = Config(retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=60)


def arguments():
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Deploys template.yaml.")
    parser.add_argument("--template", type=Path, default=Path(__file__).parent.parent / "template.yaml")
    parser.add_argument("--stack-name", default="holdfast")
    parser.add_argument("--endpoint-url", help="an engine that answers the AWS APIs; without it, AWS itself")
    parser.add_argument("--states-url", help="a separate Step Functions endpoint to register the machines with")
    parser.add_argument("--profile", help="a profile of ~/.aws; without it, the usual environment variables")
    parser.add_argument("--region", help="without it, the profile's or AWS_REGION's")
    parser.add_argument("--bucket", help="where artefacts go; made when missing")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--outputs", type=Path, help="a file for the stack's outputs as JSON")
    return parser.parse_args()


def say(sentence):
    """One line of progress; whoever started this program may show only the last."""
    print(sentence, flush=True)


def deploy(wanted):
    """Carries out the whole deployment and returns the stack's outputs."""
    started = time.monotonic()
    session = boto3.Session(profile_name=wanted.profile, region_name=wanted.region)

    def client(name, url=wanted.endpoint_url):
        return session.client(name, endpoint_url=url, config=CLIENT)

    parameters = dict(pair.split("=", 1) for pair in wanted.parameter)
    account = client("sts").get_caller_identity()["Account"]
    s3 = client("s3")
    bucket = artefacts.Bucket(s3, wanted.bucket or f"holdfast-artefacts-{account}-{s3.meta.region_name}")
    template, sent, known = artefacts.package(wanted.template, bucket)
    say(f"packaged: {sent} new, {known} unchanged")

    cloudformation = client("cloudformation")
    outcome = stack.apply(cloudformation, wanted.stack_name, bucket.put_template(template), template, parameters, say)
    say(outcome)

    resources = stack.resources(cloudformation, wanted.stack_name)
    stack.set_time_to_live(client("dynamodb"), template, resources)
    if wanted.states_url:
        names = states.register(client("stepfunctions"), client("stepfunctions", wanted.states_url), resources)
        say(f"registered: {', '.join(names) or 'no state machines'}")
    say(f"deployed {wanted.stack_name} in {time.monotonic() - started:.1f} s")
    return stack.outputs(cloudformation, wanted.stack_name)


def main():
    """Deploys, and turns every failure into one sentence."""
    wanted = arguments()
    try:
        outputs = deploy(wanted)
    except (artefacts.Problem, stack.Problem, states.Problem) as problem:
        sys.exit(f"{problem}")
    except (BotoCoreError, ClientError) as problem:
        where = wanted.endpoint_url or "AWS"
        sys.exit(f"{where} refused: {problem}")
    if wanted.outputs:
        wanted.outputs.write_text(json.dumps(outputs, indent=2))


if __name__ == "__main__":
    main()
