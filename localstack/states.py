"""Registers the stack's state machines with a second Step Functions endpoint.

Locally CloudFormation makes them in the engine, while executions run in our own interpreter (crates/states).
Both must know the same machines under the same ARNs, because functions get those ARNs from the template.
"""

import json

from botocore.exceptions import ClientError

KIND = "AWS::StepFunctions::StateMachine"


class Problem(Exception):
    """A state machine the interpreter does not take."""


def register(made_by_stack, interpreter, resources):
    """Creates or updates every machine of the stack in `interpreter`; returns their names."""
    names = []
    answer = {}
    made_by_stack.meta.events.register(
        "after-call.sfn.DescribeStateMachine", lambda http_response, **_: answer.update(body=http_response.content))
    for arn, kind in sorted(resources.values()):
        if kind != KIND:
            continue
        machine = made_by_stack.describe_state_machine(stateMachineArn=arn)
        wanted = {"definition": machine["definition"], "roleArn": machine["roleArn"]}
        logging = logging_of(json.loads(answer["body"]))
        if logging:
            wanted["loggingConfiguration"] = logging
        try:
            create_or_update(interpreter, arn, machine, wanted)
        except ClientError as refused:
            raise Problem(f"the interpreter does not take {machine['name']}: {refused}") from None
        names.append(machine["name"])
    return names


def create_or_update(interpreter, arn, machine, wanted):
    """One machine; the ARN must come out as the one the functions were given."""
    try:
        made = interpreter.create_state_machine(name=machine["name"], type=machine["type"], **wanted)
    except interpreter.exceptions.StateMachineAlreadyExists:
        interpreter.update_state_machine(stateMachineArn=arn, **wanted)
        return
    if made["stateMachineArn"] != arn:
        raise Problem(f"{machine['name']} is {arn} in the stack but {made['stateMachineArn']} in the interpreter: "
                      "both must run with the same account and region")


def logging_of(described):
    """What a machine logs, and where to. The engine keeps it as the template spells it, which boto3 does not read."""
    asked = described.get("loggingConfiguration") or {}
    if "Level" not in asked:
        return asked
    return {
        "level": asked["Level"],
        # CloudFormation takes it as text as well.
        "includeExecutionData": str(asked.get("IncludeExecutionData", False)).lower() == "true",
        "destinations": [
            {"cloudWatchLogsLogGroup": {"logGroupArn": log_group_arn(one["CloudWatchLogsLogGroup"]["LogGroupArn"])}}
            for one in asked.get("Destinations", [])
        ],
    }


def log_group_arn(arn):
    """With the ending that Step Functions asks for."""
    return arn if arn.endswith(":*") else f"{arn}:*"
