"""Prints what template.yaml allows, as JSON: who may do what to which resource, and what they need by what else is deployed.

    python tests/permissions/policies.py template.yaml

    {"functions": {"PlaceOrderFunction": [["dynamodb:GetItem", "dynamodb:table/OrdersTable"], ..]},
     "machines": {"OrderStateMachine": [["lambda:InvokeFunction", "lambda:function:ServeDishFunction"], ..]},
     "others": {..},                             the same of whoever is neither
     "consumers": [["RequestPaymentFunction", "sqs:PaymentRequestsQueue"], ..],
     "definitions": {"OrderStateMachine": ["workflows/order.asl.json", {"ServeDishFunctionArn": "lambda:function:.."}]},
     "managed": {"PlaceOrderFunctionRole": [..]}}

It is the template as SAM translates it. Resources are named as localstack/permissions.py names them.
"""

import json
import re
import sys
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "localstack"))
sys.dont_write_bytecode = True

import permissions  # noqa: E402

HERE = "eu-central-1:000000000000"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "000000000000",
          "AWS::StackName": "holdfast", "AWS::URLSuffix": "amazonaws.com"}
# The property with a resource's own name, and its ARN.
KINDS = {
    "AWS::DynamoDB::Table": ("TableName", f"arn:aws:dynamodb:{HERE}:table/"),
    "AWS::SQS::Queue": ("QueueName", f"arn:aws:sqs:{HERE}:"),
    "AWS::Lambda::Function": ("FunctionName", f"arn:aws:lambda:{HERE}:function:"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", f"arn:aws:states:{HERE}:stateMachine:"),
    "AWS::Logs::LogGroup": ("LogGroupName", f"arn:aws:logs:{HERE}:log-group:"),
}
# What these are referred to by is their ARN.
BY_ARN = ("AWS::StepFunctions::StateMachine", "AWS::SNS::Topic")


class NoPolicies:
    """SAM asks for the managed policies of an account when it does not know one."""

    def load(self):
        return {}


class Template:
    """The translated template, and values in it without their functions."""

    def __init__(self, path):
        source = yaml_parse(path.read_text())
        self.parameters = source.get("Parameters", {})
        self.definitions = {}
        for name, resource in source["Resources"].items():
            properties = resource.get("Properties", {})
            if "DefinitionUri" in properties:
                self.definitions[name] = properties["DefinitionUri"], properties.get("DefinitionSubstitutions", {})
            # Where code and definitions lie is of no interest, only that it is an address.
            for code in {"CodeUri", "DefinitionUri"} & set(properties):
                properties[code] = "s3://bucket/key"
        self.resources = transform(source, {}, NoPolicies())["Resources"]
        self.names = {}
        for name, resource in self.resources.items():
            service = resource["Type"].split("::")[1]
            last = re.split("[:/]", self.own_name(name))[-1]
            self.names[permissions.SERVICES.get(service, service.lower()), last] = name

    def own_name(self, name):
        """What a resource is called where it is deployed."""
        kind = KINDS.get(self.resources[name]["Type"])
        given = kind and self.resources[name].get("Properties", {}).get(kind[0])
        return self.text(given) if given else name

    def arn(self, name, attribute="Arn"):
        """An ARN that a resource has."""
        kind = self.resources[name]["Type"]
        if attribute not in ("Arn", "StreamArn") or kind not in KINDS:
            return f"{name}.{attribute}"
        ending = {"StreamArn": "/stream/*"}.get(attribute, ":*" if kind == "AWS::Logs::LogGroup" else "")
        return KINDS[kind][1] + self.own_name(name) + ending

    def text(self, value):
        """A value as text."""
        if isinstance(value, str):
            return value
        if not isinstance(value, dict) or len(value) != 1:
            raise ValueError(f"not understood: {value}")
        (function, argument), = value.items()
        if function == "Ref":
            return self.referred(argument)
        if function == "Fn::GetAtt":
            return self.arn(*(argument if isinstance(argument, list) else argument.split(".", 1)))
        if function == "Fn::Sub" and isinstance(argument, str):
            def filled(found):
                name = found.group(1)
                return self.arn(*name.split(".", 1)) if "." in name else self.referred(name)
            return re.sub(r"\$\{([^}]+)\}", filled, argument)
        raise ValueError(f"not understood: {value}")

    def referred(self, name):
        """What a reference to something is."""
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return str(self.parameters[name].get("Default", ""))
        return self.arn(name) if self.resources[name]["Type"] in BY_ARN else self.own_name(name)

    def readable(self, value):
        """An ARN in the names of the template."""
        return permissions.readable(self.text(value), self.names)

    def substituted(self, value):
        """What a definition is told; queues go by their address there, and that ends in their name."""
        queue = self.names.get(("sqs", self.text(value)))
        return f"sqs:{queue}" if queue else self.readable(value)

    def policies(self, role):
        """What the role's own policies allow: actions, each with a resource."""
        statements = [
            statement for policy in role.get("Policies", [])
            for statement in as_list(policy["PolicyDocument"]["Statement"])
        ]
        if any(statement["Effect"] != "Allow" for statement in statements):
            raise ValueError("a policy that denies is not understood")
        return [
            [action, self.readable(resource)] for statement in statements
            for action in as_list(statement["Action"]) for resource in as_list(statement["Resource"])
        ]


def as_list(value):
    """Policies may leave the brackets away."""
    return value if isinstance(value, list) else [value]


def main():
    """Prints all of it."""
    template = Template(Path(sys.argv[1]))
    told = {"functions": {}, "machines": {}, "others": {}, "consumers": [], "definitions": {}, "managed": {}}
    of_role = {}
    for name, resource in template.resources.items():
        role = resource.get("Properties", {}).get("Role") or resource.get("Properties", {}).get("RoleArn")
        kind = {"AWS::Lambda::Function": "functions", "AWS::StepFunctions::StateMachine": "machines"}.get(resource["Type"])
        if kind and isinstance(role, dict) and "Fn::GetAtt" in role:
            of_role[as_list(role["Fn::GetAtt"])[0].split(".")[0]] = kind, name
    for name, resource in template.resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            kind, whose = of_role.get(name, ("others", name))
            told[kind][whose] = template.policies(properties)
            told["managed"][name] = properties.get("ManagedPolicyArns", [])
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            function = template.names["lambda", template.text(properties["FunctionName"])]
            told["consumers"].append([function, template.readable(properties["EventSourceArn"])])
    for name, (path, substitutions) in template.definitions.items():
        told["definitions"][name] = [path, {key: template.substituted(value) for key, value in substitutions.items()}]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
