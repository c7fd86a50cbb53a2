"""Tries what the policies of place-order allow and what they do not, on a running stack; prints what came of each as JSON.

    python tests/permissions/refused.py ENGINE_URL STATES_URL

A function's own role trusts nobody but Lambda, so this is a role with the same policies that trusts this account.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"
CLIENT = Config(retries={"max_attempts": 1}, inject_host_prefix=False)


def client(name, url, **credentials):
    """A client of the engine or of Step Functions."""
    return boto3.client(name, endpoint_url=url, config=CLIENT, **credentials)


def like(function, engine):
    """The credentials of a role that may do what this function may."""
    stack = client("cloudformation", engine)
    resource = stack.describe_stack_resource(StackName="holdfast", LogicalResourceId=f"{function}Role")
    role = resource["StackResourceDetail"]["PhysicalResourceId"]
    iam = client("iam", engine)
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]}
    try:
        iam.create_role(RoleName=f"like-{function}", AssumeRolePolicyDocument=json.dumps(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        iam.put_role_policy(RoleName=f"like-{function}", PolicyName=name, PolicyDocument=json.dumps(policy))
    arn = f"arn:aws:iam::{ACCOUNT}:role/like-{function}"
    made = client("sts", engine).assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"]}


def outcome(ask):
    """`done`, or the name of the error."""
    try:
        ask()
        return "done"
    except ClientError as refused:
        return refused.response["Error"]["Code"]


def main():
    """Tries everything."""
    engine, states = sys.argv[1:]
    stack = client("cloudformation", engine)

    def physical(name):
        found = stack.describe_stack_resource(StackName="holdfast", LogicalResourceId=name)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    orders, accounts = physical("OrdersTable"), physical("AccountsTable")
    role = like("PlaceOrderFunction", engine)
    tables, machines = client("dynamodb", engine, **role), client("stepfunctions", states, **role)
    order, account = {"order_id": {"S": "ord_of_nobody"}}, {"email": {"S": "nobody@example.com"}}
    put = {"Put": {"TableName": orders, "Item": order}}
    told = {
        "reads an order": lambda: tables.get_item(TableName=orders, Key=order),
        "reads all orders": lambda: tables.scan(TableName=orders),
        "reads an account": lambda: tables.get_item(TableName=accounts, Key=account),
        "reads an order's index": lambda: tables.query(
            TableName=orders, IndexName="by_user", KeyConditionExpression="user_id = :u",
            ExpressionAttributeValues={":u": {"S": "nobody"}}),
        "writes an order with an account": lambda: tables.transact_write_items(TransactItems=[
            put, {"Put": {"TableName": accounts, "Item": account}}]),
        "writes an order and checks an account": lambda: tables.transact_write_items(TransactItems=[
            put, {"ConditionCheck": {"TableName": accounts, "Key": account,
                                     "ConditionExpression": "attribute_not_exists(email)"}}]),
        # Its name is wrong, which is looked at when the caller is known to be allowed.
        "starts an order": lambda: machines.start_execution(
            stateMachineArn=physical("OrderStateMachine"), name="a/b"),
        "starts a refund": lambda: machines.start_execution(stateMachineArn=physical("RefundOrderStateMachine")),
        "lists machines": lambda: machines.list_state_machines(),
    }
    outcomes = {what: outcome(ask) for what, ask in told.items()}
    left = client("dynamodb", engine).get_item(TableName=orders, Key=order)
    outcomes["an order was written"] = "Item" in left
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main()
