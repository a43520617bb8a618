"""Lets orders succeed: what is right in them names a data set, hardware and a space that are there.

In chains of requests idempotency keys are used once each. What schemathesis made wrong on purpose stays as it is.
"""
import os
import re
import uuid

import schemathesis

DATA_SET = os.environ["FASTPATH_TEST_DATA_SET"]
HARDWARE = os.environ["FASTPATH_TEST_HARDWARE"]
BUDGET_MS = 0.08


def is_target(target):
    return (
        isinstance(target, dict)
        and set(target) == {"hardware", "budgetMs"}
        and isinstance(target["hardware"], str)
        and re.fullmatch("[a-z0-9][a-z0-9-]{0,99}", target["hardware"]) is not None
        and type(target["budgetMs"]) in (int, float)
        and 0 < target["budgetMs"] < 1e6
    )


@schemathesis.hook
def map_body(context, body):
    if not context.operation.path.startswith("/v1/orders") or not isinstance(body, dict):
        return body
    body = dict(body)
    data_set, targets, space = body.get("dataSetId"), body.get("targets"), body.get("space")
    if isinstance(data_set, str) and re.fullmatch("ds_[0-9a-z]{26}", data_set):
        body["dataSetId"] = DATA_SET
    if isinstance(targets, list) and 0 < len(targets) <= 50 and all(map(is_target, targets)):
        body["targets"] = [{"hardware": HARDWARE, "budgetMs": BUDGET_MS}]
    if isinstance(space, str) and 0 < len(space) <= 100:
        body["space"] = "tiny"
    return body


@schemathesis.hook
def before_call(context, case, kwargs):
    # Chains send requests again, and the answer to a used key names what a chain may have deleted since: it would ask
    # for that and take the 404 for a fault. Elsewhere keys stay, since a case that is touched counts as right in all.
    if case.meta is None or case.meta.phase.name != "stateful":
        return
    for name, value in dict(case.headers or {}).items():
        if name.lower() == "idempotency-key" and re.fullmatch("[!-~]{1,255}", str(value)):
            case.headers[name] = str(uuid.uuid4())
