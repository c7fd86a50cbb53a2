"""Holds every function to the policies of its role, and tells which of their lines were needed.

The engine can do so by itself, but is not asked to unless it is told: then a function gets a key of its role, and whoever signs
with one may do what the role's policies allow. Whoever signs with any other key, or not at all, may do everything.

Added here are: the policies of a role are read once, not at each request; signatures are not checked, because some tests stand between
a function and the engine; our own Step Functions (crates/states) can ask whether a caller may; and each line of a policy that
allowed something, and each request that was refused, is written down once (PERMISSIONS_RECORD), in the names of the template:

    {"role": "PlaceOrderFunctionRole", "action": "dynamodb:GetItem", "resource": "dynamodb:table/OrdersTable", "allowed": true}
"""

import json
import os
import re
from dataclasses import replace

# Where others than the engine ask: {"accessKeyId", "action", "resource"} -> 200 or 403.
PATH = "/_local/permissions"
# The service in an ARN, where CloudFormation's name for it is another.
SERVICES = {"StepFunctions": "states", "ApiGatewayV2": "execute-api"}
QUESTION_BYTES_MAX = 65_536
# With this begin the keys of roles.
OF_ROLES = "ASIA"


def enforce_policies():
    """Switches it on. To be called before the engine starts."""
    from ministack import app
    from ministack.core import iam_evaluator

    app.AUTH = True
    app.pin_signed_request = lambda *_ignored, **_also_ignored: None
    iam_evaluator.is_root_access_key = lambda key: not (key or "").startswith(OF_ROLES)
    iam_evaluator._gather_role_policies = remember(iam_evaluator._gather_role_policies)
    record = Record(os.environ.get("PERMISSIONS_RECORD"))
    iam_evaluator.evaluate = write_down(iam_evaluator, record)


class OfARole(list):
    """Policies of a role. The engine looks at those of queues and the like by the same means."""


def remember(stock):
    """Policies of a role, read again only when the role has others."""
    from ministack.services import iam

    known = {}

    def gather(role_name, account_id):
        role = iam._roles.get_scoped(account_id, None, role_name) or {}
        documents = [*(role.get("InlinePolicies") or {}).values(), *role.get("AttachedPolicies", [])]
        before, policies = known.get((account_id, role_name), (None, None))
        if before != documents:
            policies = OfARole(stock(role_name, account_id))
            known[account_id, role_name] = documents, policies
        return policies

    return gather


def write_down(evaluator, record):
    """Evaluates as the engine does, and records the line that decided."""
    stock = evaluator.evaluate

    def evaluate(asked, policies, *limits):
        asked = as_aws_asks(asked)
        result = stock(asked, policies, *limits)
        if not isinstance(policies, OfARole):
            return result
        role = evaluator._role_name_from_assumed_arn(asked.principal_arn)
        if result.decision == "Allow":
            statement = evaluator._first_match(asked, [one for policy in policies for one in policy], "Allow")
            action = next(one for one in statement.actions if evaluator.fnmatch_iam(asked.action, one))
            resource = next(one for one in statement.resources if evaluator.fnmatch_iam_cs(asked.resource_arn, one))
            record.add(role, action, resource, True)
        elif is_of_nobody(asked):
            return replace(result, decision="Allow")
        else:
            record.add(role, asked.action, asked.resource_arn, False)
        return result

    return evaluate


def is_of_nobody(asked):
    """Whether this is about a machine that no template made: a test's own, which no policy can name and the viewer is to show. Nor
    does a policy speak of a map run that is none, or of an Express execution, which is not kept; whoever answers refuses these."""
    kind = re.fullmatch(r"arn:[^:]*:states(?::[^:]*){2}:(stateMachine|execution|express|mapRun):([^:/]+).*", asked.resource_arn)
    if not kind:
        return False
    is_no_map_run = asked.action == "states:DescribeMapRun" and kind[1] != "mapRun"
    return is_no_map_run or kind[1] == "express" or ("states", kind[2]) not in logical_names()


def as_aws_asks(asked):
    """Where AWS names an action or a resource otherwise than the engine."""
    service, action = asked.action.split(":", 1)
    if service == "sqs":  # a batch is allowed by what allows one message
        return replace(asked, action=f"sqs:{action.removesuffix('Batch')}")
    if service == "logs" and re.fullmatch(r"arn:[^:]*:logs(:[^:]*){2}:log-group:[^:]+", asked.resource_arn):
        return replace(asked, resource_arn=f"{asked.resource_arn}:log-stream:")
    return asked


class Record:
    """What was allowed or refused, each once; a file of lines of JSON, or nothing."""

    def __init__(self, path):
        self.path, self.known = path, set()

    def add(self, role, action, resource, allowed):
        """Writes it down unless it is known."""
        fact = role, action, resource, allowed
        if fact in self.known:
            return
        self.known.add(fact)
        if not allowed:
            print(f"REFUSED: {role} has no policy for {action} on {resource}", flush=True)
        if self.path:
            names = logical_names()
            line = {"role": names.get(("iam", role), role), "action": action, "resource": readable(resource, names),
                    "allowed": allowed}
            with open(self.path, "a") as out:
                out.write(json.dumps(line) + "\n")


def logical_names():
    """What the template calls everything in the stacks, by service and the last part of its name."""
    from ministack.services.cloudformation import _stacks

    names = {}
    for stack in _stacks.values():
        for logical, resource in stack.get("_resources", {}).items():
            kind, last = resource.get("ResourceType", ""), re.split("[:/]", resource.get("PhysicalResourceId") or "")[-1]
            # The name of a stage is a word of its own in an ARN, and no name of anything else.
            if last and "::" in kind and kind != "AWS::ApiGatewayV2::Stage":
                service = kind.split("::")[1]
                names[SERVICES.get(service, service.lower()), last] = logical
    return names


def readable(arn, names):
    """An ARN without partition, region and account, in the names of the template."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return arn
    service, words = parts[2], re.split("([:/])", parts[5])
    return f"{service}:{''.join(names.get((service, word), word) for word in words)}"


def answering(app):
    """The engine's application, which also answers questions at PATH."""

    async def serve(scope, receive, send):
        if scope["type"] != "http" or scope["path"] != PATH:
            return await app(scope, receive, send)
        question, more = b"", True
        while more and len(question) <= QUESTION_BYTES_MAX:
            message = await receive()
            question += message.get("body", b"")
            more = message.get("more_body", False)
        status, answer = answered(question)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return serve


def answered(question):
    """Whether a caller may: a status and what is said with it."""
    from ministack.app import _request_account_scope
    from ministack.core.iam_evaluator import AuthError, enforce
    from ministack.core.responses import get_region, set_request_account_id

    try:
        asked = json.loads(question)
        key, action, resource = (str(asked[name]) for name in ("accessKeyId", "action", "resource"))
    except (ValueError, KeyError, TypeError):
        return 400, {"message": 'a question is {"accessKeyId": .., "action": .., "resource": ..}'}
    set_request_account_id(_request_account_scope(key))
    refused = enforce(key, action, action.split(":")[0], get_region(), resource_arn=resource)
    if refused is None:
        return 200, {}
    if isinstance(refused, AuthError):
        return 403, {"message": refused.message}
    return 403, {"message": f"User: {refused.principal_arn} is not authorized to perform: {action} on resource: "
                            f"{resource} because no identity-based policy allows the {action} action"}
