"""Uploads the built pages to the bucket of a stack, in an order in which nobody sees half of them.

    python localstack/site.py web/dist [--docs FOLDER] [--endpoint-url URL] [--profile NAME] [--region REGION]
        [--stack-name holdfast]

First the files whose names carry the hash of their content: they never change, so those that are there are not sent
again, and those of earlier builds stay, because pages that are open ask for them. Then everything else, and last the page
that names them. What is in the folder of `--docs` goes under `docs/`. Locally nobody needs this: xtask's front serves the
folders itself.
"""

import argparse
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CLIENT = Config(retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=60)
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
PAGE = "index.html"
# The same as xtask/src/front/site.rs says; Python's own table differs from machine to machine.
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}


class Problem(Exception):
    """Something that a person must put right."""


def arguments():
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Uploads the built pages.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", type=Path, help="the folder of the page that tries the API, as the front serves it")
    parser.add_argument("--stack-name", default="holdfast")
    parser.add_argument("--endpoint-url", help="an engine that answers the AWS APIs; without it, AWS itself")
    parser.add_argument("--profile", help="a profile of ~/.aws; without it, the usual environment variables")
    parser.add_argument("--region", help="without it, the profile's or AWS_REGION's")
    return parser.parse_args()


def in_order(folder, docs):
    """The files to upload, by their keys: assets, then the rest, then the page. Hidden ones are the builder's own."""
    files = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}
    if docs is not None:
        files |= {f"docs/{file.relative_to(docs)}": file for file in docs.rglob("*") if file.is_file()}
    keys = [key for key in files if not any(part.startswith(".") for part in Path(key).parts)]
    if PAGE not in keys:
        raise Problem(f"{folder} has no {PAGE}: build the pages first (`cargo xtask deploy` does)")
    return [(key, files[key]) for key in sorted(keys, key=lambda key: (key == PAGE, not is_asset(key), key))]


def is_asset(key):
    """Whether the name of a file carries the hash of its content."""
    return key.startswith("assets/")


def known_assets(s3, bucket):
    """The assets that are there."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="assets/")
    return {found["Key"] for page in pages for found in page.get("Contents", [])}


def publish(s3, cloudfront, bucket, distribution, folder, docs):
    """Uploads everything that is new. Returns how many files were sent and how many were there."""
    known = known_assets(s3, bucket)
    sent = 0
    files = in_order(folder, docs)
    for key, file in files:
        if key in known:
            continue
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=file.read_bytes(),
            CacheControl=FOR_EVER if is_asset(key) else ASK_AGAIN,
            ContentType=KINDS.get(file.suffix, "application/octet-stream"),
        )
        sent += 1
    cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": [f"/{PAGE}"]},
            "CallerReference": f"pages-{time.time_ns()}",
        },
    )
    return sent, len(files) - sent


def main():
    """Uploads, and turns every failure into one sentence."""
    wanted = arguments()
    try:
        session = boto3.Session(profile_name=wanted.profile, region_name=wanted.region)

        def client(name):
            return session.client(name, endpoint_url=wanted.endpoint_url, config=CLIENT)

        found = client("cloudformation").describe_stacks(StackName=wanted.stack_name)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
        for name in ("WebBucket", "DistributionId"):
            if name not in outputs:
                raise Problem(f"The stack {wanted.stack_name} has no output {name}: deploy template.yaml first")
        bucket, distribution = outputs["WebBucket"], outputs["DistributionId"]
        sent, known = publish(
            client("s3"), client("cloudfront"), bucket, distribution, wanted.folder, wanted.docs
        )
    except Problem as problem:
        sys.exit(f"{problem}")
    except (BotoCoreError, ClientError) as problem:
        sys.exit(f"{wanted.endpoint_url or 'AWS'} refused: {problem}")
    print(f"{sent} files sent, {known} were there", flush=True)


if __name__ == "__main__":
    main()
