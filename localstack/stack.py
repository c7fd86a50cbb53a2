"""One CloudFormation stack: changed through a change set, watched until it stands, and asked about itself."""

import time

from botocore.exceptions import ClientError

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
WAIT_FIRST_S = 0.1
WAIT_LONGEST_S = 3.0
WAIT_TOTAL_S = 1800
NEEDS_A_PERSON = ("ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED")
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


class Problem(Exception):
    """A stack that did not come to stand, and why."""


def describe(cloudformation, name):
    """The stack, or None."""
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as refused:
        if "does not exist" in str(refused):
            return None
        raise


def apply(cloudformation, name, template_url, template, parameters, say):
    """Brings the stack to the template; returns a sentence about what happened."""
    standing = describe(cloudformation, name)
    status = standing and standing["StackStatus"]
    if status == "ROLLBACK_COMPLETE":
        # Its creation failed and was taken back: nothing of it was ever in use.
        say("removing what an earlier deployment left half made")
        cloudformation.delete_stack(StackName=name)
        wait(lambda: describe(cloudformation, name) is None, f"stack {name} could not be removed")
        standing = None
    elif status in NEEDS_A_PERSON:
        raise Problem(
            f"stack {name} stands as {status}: something of it is still there and may be in use, so it is not removed "
            "here (only ROLLBACK_COMPLETE is, where nothing was ever in use). Look at its events, put right what "
            "they name, and remove or continue the stack yourself; then deploy again"
        )
    new = standing is None or standing["StackStatus"] == "REVIEW_IN_PROGRESS"
    unknown = sorted(set(parameters) - set(template.get("Parameters", {})))
    if unknown:
        raise Problem(f"the template has no parameter {', '.join(unknown)}")

    change = f"deploy-{int(time.time() * 1000)}"
    cloudformation.create_change_set(
        StackName=name, ChangeSetName=change, ChangeSetType="CREATE" if new else "UPDATE",
        TemplateURL=template_url, Capabilities=CAPABILITIES,
        Parameters=chosen(template, parameters, [] if new else standing.get("Parameters", [])),
    )
    if not ready(cloudformation, name, change):
        cloudformation.delete_change_set(StackName=name, ChangeSetName=change)
        return f"stack {name} is up to date"

    since = newest_event(cloudformation, name)
    cloudformation.execute_change_set(StackName=name, ChangeSetName=change)
    say(f"{'creating' if new else 'updating'} stack {name}")
    watch(cloudformation, name, since)
    return f"stack {name} {'created' if new else 'updated'}"


def chosen(template, parameters, standing):
    """Every parameter of the template: the value given, or the one in force, or (by silence) the default."""
    before = {parameter["ParameterKey"] for parameter in standing}
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    kept = [key for key in template.get("Parameters", {}) if key in before and key not in parameters]
    return given + [{"ParameterKey": key, "UsePreviousValue": True} for key in kept]


def ready(cloudformation, name, change):
    """Waits for the change set; False when it has nothing to change."""
    state = {}

    def settled():
        state.update(cloudformation.describe_change_set(StackName=name, ChangeSetName=change))
        return state["Status"] in ("CREATE_COMPLETE", "FAILED")

    wait(settled, f"the change set of stack {name} did not settle")
    if state["Status"] == "CREATE_COMPLETE":
        return True
    reason = state.get("StatusReason", "no reason given")
    if any(words in reason for words in NO_CHANGES):
        return False
    raise Problem(f"CloudFormation refused the template: {reason}")


def watch(cloudformation, name, since):
    """Waits until the stack stands; on failure says which resources failed first, and why."""
    state = {}

    def settled():
        state.update(describe(cloudformation, name) or {"StackStatus": "DELETE_COMPLETE"})
        return not state["StackStatus"].endswith("IN_PROGRESS")

    wait(settled, f"stack {name} did not come to rest")
    if state["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return
    failed = []
    for event in events(cloudformation, name):
        if event["EventId"] == since:
            break
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("FAILED") and "cancelled" not in reason:
            failed.append(f"  {event['LogicalResourceId']} ({event['ResourceType']}): {reason}")
    listed = "\n".join(reversed(failed)) or "  no resource gave a reason"
    raise Problem(f"stack {name} ended as {state['StackStatus']}:\n{listed}")


def events(cloudformation, name):
    """The stack's events, newest first."""
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=name):
        yield from page["StackEvents"]


def newest_event(cloudformation, name):
    """The id of the newest event, or None."""
    return next((event["EventId"] for event in events(cloudformation, name)), None)


def wait(done, otherwise):
    """Asks until `done()`, more and more rarely: an engine needs a moment, AWS minutes."""
    deadline, pause_s = time.monotonic() + WAIT_TOTAL_S, WAIT_FIRST_S
    while not done():
        if time.monotonic() > deadline:
            raise Problem(f"{otherwise} within {WAIT_TOTAL_S} s")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.3, WAIT_LONGEST_S)


def resources(cloudformation, name):
    """Logical name -> physical id and type of everything in the stack."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        resource["LogicalResourceId"]: (resource["PhysicalResourceId"], resource["ResourceType"])
        for page in pages for resource in page["StackResourceSummaries"]
    }


def outputs(cloudformation, name):
    """The stack's outputs as one object."""
    return {output["OutputKey"]: output["OutputValue"] for output in describe(cloudformation, name).get("Outputs", [])}


def set_time_to_live(dynamodb, template, made):
    """Gives each table the time to live its template asks for. AWS has done so already; some engines ignore it."""
    for logical, resource in template["Resources"].items():
        asked = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if resource["Type"] != "AWS::DynamoDB::Table" or not asked or not asked.get("Enabled") or logical not in made:
            continue
        table = made[logical][0]
        status = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]
        if status == "DISABLED":
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=asked)
