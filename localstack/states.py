"""Registers the stack's state machines with a second Step Functions endpoint.

Locally CloudFormation makes them in the engine, while executions run in our own interpreter (crates/states).
Both must know the same machines under the same ARNs, because functions get those ARNs from the template.
"""

from botocore.exceptions import ClientError

KIND = "AWS::StepFunctions::StateMachine"


class Problem(Exception):
    """A state machine the interpreter does not take."""


def register(made_by_stack, interpreter, resources):
    """Creates or updates every machine of the stack in `interpreter`; returns their names."""
    names = []
    for arn, kind in sorted(resources.values()):
        if kind != KIND:
            continue
        machine = made_by_stack.describe_state_machine(stateMachineArn=arn)
        wanted = {"definition": machine["definition"], "roleArn": machine["roleArn"]}
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
