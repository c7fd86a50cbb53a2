"""Built folders and definitions: packed, named after their content, sent to S3 once.

The template names folders and files of this repository (`CodeUri`, `DefinitionUri`); what CloudFormation
needs are places in S3. Nothing here depends on which engine listens.
"""

import hashlib
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from botocore.exceptions import ClientError

# Debug builds are large and short-lived: packing quickly matters more than packing tightly.
ZIP_LEVEL = 1
# Any fixed date: the same content must give the same archive.
EPOCH = (2020, 1, 1, 0, 0, 0)
EXECUTABLE = 0o755 << 16
# Which property of which resource names a place; all three take the same form once it is in S3.
PLACES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
    "AWS::StepFunctions::StateMachine": "DefinitionS3Location",
}


class Problem(Exception):
    """Something about the template or the built folders that a person must put right."""


class Bucket:
    """Where artefacts go; made when it is missing."""

    def __init__(self, s3, name):
        self.s3, self.name = s3, name
        try:
            s3.head_bucket(Bucket=name)
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
                raise
            region = s3.meta.region_name
            # us-east-1 is the one region that must not be named here.
            place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=name, **place)

    def put_once(self, key, content):
        """Sends `content()` unless the key is there; keys carry the hash of their content. True when sent."""
        try:
            self.s3.head_object(Bucket=self.name, Key=key)
            return False
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in ("404", "NoSuchKey"):
                raise
        self.s3.put_object(Bucket=self.name, Key=key, Body=content())
        return True

    def put_template(self, template):
        """Sends the packaged template and returns its address (a template in the request has a size limit)."""
        body = json.dumps(template).encode()
        key = f"templates/{hashlib.sha256(body).hexdigest()[:20]}.json"
        self.put_once(key, lambda: body)
        return f"{self.s3.meta.endpoint_url.rstrip('/')}/{self.name}/{key}"


class TemplateLoader(yaml.SafeLoader):
    """YAML as CloudFormation means it: short tags are functions, dates are text."""


def short_tag(loader, suffix, node):
    """`!Sub x` is `{"Fn::Sub": x}`; `!Ref` and `!Condition` go without the prefix, `!GetAtt a.b` is split."""
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


TemplateLoader.add_multi_constructor("!", short_tag)
TemplateLoader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)


def read(path):
    """The template as CloudFormation sees it."""
    try:
        return yaml.load(path.read_text(), Loader=TemplateLoader)
    except FileNotFoundError:
        raise Problem(f"{path} is missing: there is nothing to deploy") from None
    except yaml.YAMLError as broken:
        raise Problem(f"{path} is not YAML: {broken}") from None


def package(path, bucket):
    """Replaces local places in the template at `path` by S3 ones. Returns it with how many were sent and known."""
    template = read(path)
    places = {}
    for name, resource in template.get("Resources", {}).items():
        field = PLACES.get(resource.get("Type"))
        if field and is_local(resource.get("Properties", {}).get(field)):
            places[name, field] = path.parent / resource["Properties"][field]
    # Folders may be shared, so each is packed once; hashing and packing let other threads run.
    folders = sorted(set(places.values()))
    with ThreadPoolExecutor(max_workers=4) as workers:
        kept = dict(zip(folders, workers.map(lambda place: send(place, bucket), folders)))
    for (name, field), place in places.items():
        template["Resources"][name]["Properties"][field] = {"Bucket": bucket.name, "Key": kept[place][0]}
    sent = sum(was_sent for _, was_sent in kept.values())
    return template, sent, len(kept) - sent


def is_local(place):
    """Whether a property names a place in this repository rather than one in S3."""
    return isinstance(place, str) and not place.startswith("s3://")


def send(place, bucket):
    """Sends one folder (as an archive) or file. Returns its key and whether it was new."""
    if place.is_file():
        content = place.read_bytes()
        key = f"definitions/{place.stem}-{digest([(place.name, place)])}{place.suffix}"
        return key, bucket.put_once(key, lambda: content)
    files = sorted((str(file.relative_to(place)), file) for file in place.rglob("*") if file.is_file())
    if not files:
        raise Problem(f"{place} is missing or empty: build first (`cargo xtask up` and `deploy` do it themselves)")
    name = digest(files)
    key = f"functions/{place.name}-{name}.zip"
    return key, bucket.put_once(key, lambda: archive(place, files, name))


def digest(files):
    """A name for the content of some files."""
    total = hashlib.sha256()
    for name, file in files:
        with file.open("rb") as content:
            total.update(f"{name} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()[:20]


def archive(place, files, name):
    """The files as a zip, kept beside the folder: an engine that starts empty asks for the same one again."""
    kept = place.parent / f"{place.name}-{name}.zip"
    if kept.exists():
        return kept.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=ZIP_LEVEL) as out:
        for inside, file in files:
            entry = zipfile.ZipInfo(inside, EPOCH)
            entry.external_attr = EXECUTABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, file.read_bytes(), compresslevel=ZIP_LEVEL)
    for old in place.parent.glob(f"{place.name}-{'?' * 20}.zip"):
        old.unlink(missing_ok=True)
    # Written aside and renamed: two deployments at once never read half an archive.
    aside = kept.with_suffix(f".{hashlib.sha256(str(id(packed)).encode()).hexdigest()[:8]}.part")
    aside.write_bytes(packed.getvalue())
    aside.rename(kept)
    return packed.getvalue()
