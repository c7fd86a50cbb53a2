"""Starts LocalEmu with Step Functions that ask the stand-in for every other service.

    GATEWAY_LISTEN=127.0.0.1:5622 STAND_IN=http://127.0.0.1:5699 python launch_localemu.py

LocalEmu runs functions in Docker only. Its interpreter reaches all services through one function, which is replaced
here; so the table is about the interpreter, and a service answers as a case says. What LocalEmu 1.3.2 has in place of
JSONata says that it is not available; jsonata-python, the library of MiniStack, takes its place.
"""

import os
import threading

import boto3
from jsonata import Jsonata
from localemu.services.stepfunctions.asl.jsonata import jsonata


def evaluate(expression):
    """The value of an expression, in which LocalEmu has written all variables down."""
    try:
        return Jsonata(expression).evaluate(None)
    except Exception as reason:
        raise jsonata.JSONataException("UNKNOWN", str(reason)) from reason


# Others import both functions by name, so they must be in place before those are imported.
jsonata.eval_jsonata_expression = evaluate

from localemu.services.stepfunctions.asl.utils import boto_client  # noqa: E402

ask_localemu = boto_client.boto_client_for
clients = {}
one_at_a_time = threading.Lock()


def ask_stand_in(service, region, state_credentials):
    """A client of the stand-in, which knows by the account whose case it is."""
    if service in ("sfn", "stepfunctions"):
        return ask_localemu(service, region, state_credentials)
    account = state_credentials.role_arn.split(":")[4]
    with one_at_a_time:
        if (service, account) not in clients:
            clients[service, account] = boto3.client(
                service,
                region_name=region,
                endpoint_url=os.environ["STAND_IN"],
                aws_access_key_id=account,
                aws_secret_access_key="none",
                config=boto_client._BOTO_CLIENT_CONFIG,
            )
        return clients[service, account]


boto_client.boto_client_for = ask_stand_in

if __name__ == "__main__":
    from localemu.runtime.main import main

    main()
