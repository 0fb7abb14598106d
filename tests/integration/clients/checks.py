# SPDX-License-Identifier: GPL-3.0-or-later
"""The official OpenAI and Anthropic packages against a running gateway.

Usage: checks.py GATEWAY_URL KEY. The gateway admits three requests an hour for each end user; every
check acts for an end user of its own. Prints one line for each check; exit status 1 if one failed.
"""

import sys
import time
import traceback

import anthropic
import openai

GATEWAY, KEY = sys.argv[1], sys.argv[2]
MESSAGES = [{"role": "user", "content": "What is a sluice?"}]
CAPACITY = 3

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


class OpenAi:
    """How one entry point of the gateway looks to the openai package."""

    error = openai
    model = "gpt-4o-mini"

    def __init__(self, name, path):
        self.name, self.base_url = name, GATEWAY + path

    def client(self, user, key=KEY, retries=0):
        return openai.OpenAI(
            api_key=key,
            base_url=self.base_url,
            max_retries=retries,
            timeout=20,
            default_headers={"Helicone-User-Id": user, "Helicone-Property-Suite": "clients"},
        )

    def endpoint(self, client):
        return client.chat.completions

    def arguments(self):
        return {"model": self.model, "messages": MESSAGES}

    def text(self, answer):
        return answer.choices[0].message.content

    def stream(self, client):
        chunks = list(client.chat.completions.create(stream=True, **self.arguments()))
        assert len(chunks) > 2, f"{len(chunks)} chunks"
        # What the gateway has asked for itself is not for the client.
        assert all(chunk.choices and chunk.usage is None for chunk in chunks), chunks
        assert "usage" not in chunks[0].model_fields_set, chunks[0]
        assert chunks[-1].choices[0].finish_reason
        with_usage = list(
            client.chat.completions.create(
                stream=True, stream_options={"include_usage": True}, **self.arguments()
            )
        )
        assert with_usage[-1].choices == [] and with_usage[-1].usage.total_tokens > 0
        return "".join(c.choices[0].delta.content or "" for c in chunks)


class Anthropic(OpenAi):
    """The same for the anthropic package."""

    error = anthropic
    model = "claude-sonnet-4-0"

    def client(self, user, key=KEY, retries=0):
        return anthropic.Anthropic(
            api_key=key,
            base_url=self.base_url,
            max_retries=retries,
            timeout=20,
            default_headers={"Helicone-User-Id": user, "Helicone-Property-Suite": "clients"},
        )

    def endpoint(self, client):
        return client.messages

    def arguments(self):
        return {"model": self.model, "messages": MESSAGES, "max_tokens": 64}

    def text(self, answer):
        return answer.content[0].text

    def stream(self, client):
        with client.messages.stream(**self.arguments()) as stream:
            text = "".join(stream.text_stream)
            assert stream.get_final_message().stop_reason
        return text


ENTRIES = [
    OpenAi("openai direct", "/openai/v1"),
    OpenAi("openai router", "/router/default"),
    OpenAi("openai router with v1", "/router/default/v1"),
    OpenAi("openai host only", "/v1"),
    Anthropic("anthropic direct", "/anthropic"),
    Anthropic("anthropic router", "/router/claude"),
]


@check
def chat(entry, user):
    answer = entry.endpoint(entry.client(user)).create(**entry.arguments())
    assert entry.text(answer), answer
    assert answer.usage, answer


@check
def stream(entry, user):
    assert entry.stream(entry.client(user)).strip()


@check
def raw_response_headers(entry, user):
    raw = entry.endpoint(entry.client(user)).with_raw_response.create(**entry.arguments())
    assert raw.headers["x-ratelimit-limit"] == str(CAPACITY), dict(raw.headers)
    assert raw.headers["x-ratelimit-remaining"] == str(CAPACITY - 1), dict(raw.headers)
    for name in ("helicone-id", "x-request-id", "ratelimit", "ratelimit-policy", "server-timing"):
        assert raw.headers.get(name), (name, dict(raw.headers))
    assert entry.text(raw.parse())


@check
def limit_becomes_rate_limit_error(entry, user):
    # Retries on, as by default: the wait is 20 minutes, and a client that is told not to retry
    # must come back at once.
    client = entry.client(user, retries=2)
    for _ in range(CAPACITY):
        entry.endpoint(client).create(**entry.arguments())
    started = time.monotonic()
    try:
        entry.endpoint(client).create(**entry.arguments())
    except entry.error.RateLimitError as error:
        assert time.monotonic() - started < 2, "the client waited before it gave up"
        assert error.status_code == 429
        assert int(error.response.headers["retry-after"]) > 0
        assert error.response.headers["x-should-retry"] == "false"
        # The openai package hands out the inner object, the anthropic one the whole body.
        limit = error.body.get("limit") or error.body["error"]["limit"]
        assert limit["value"] == user, limit
        assert limit["quota"] == CAPACITY, limit
        return
    raise AssertionError("the request beyond the limit was admitted")


def bounded(entry, tokens):
    """Arguments of a request whose answer has at most so many tokens."""
    return {**entry.arguments(), "max_tokens": tokens}


@check
def a_request_that_can_never_fit_is_a_bad_request(entry, user):
    policy = {"Helicone-RateLimit-Policy": "100;w=3600;u=tokens;s=user"}
    try:
        entry.endpoint(entry.client(user)).create(**bounded(entry, 500), extra_headers=policy)
    except entry.error.BadRequestError as error:
        body = error.body if "code" in error.body else error.body["error"]
        assert body["code"] == "request_exceeds_limit", body
        assert body["limit"]["needed"] > 500, body
        return
    raise AssertionError("a request larger than its own limit was admitted")


@check
def a_token_quota_that_is_used_up_is_terminal(entry, user):
    policy = {"Helicone-RateLimit-Policy": "200;w=3600;u=tokens;s=user"}
    client = entry.client(user, retries=2)
    answer = entry.endpoint(client).create(**bounded(entry, 120), extra_headers=policy)
    assert answer.usage, answer
    started = time.monotonic()
    try:
        entry.endpoint(client).create(**bounded(entry, 178), extra_headers=policy)
    except entry.error.RateLimitError as error:
        assert time.monotonic() - started < 2, "the client waited before it gave up"
        body = error.body if "code" in error.body else error.body["error"]
        assert body["code"] == "insufficient_quota", body
        # What was reserved for the first request has been settled by what it really used.
        used = getattr(answer.usage, "total_tokens", None)
        if used is None:
            used = answer.usage.input_tokens + answer.usage.output_tokens
        assert body["limit"]["used"] == used, (body["limit"], answer.usage)
        return
    raise AssertionError("the request beyond the token quota was admitted")


@check
def wrong_key_becomes_authentication_error(entry, user):
    try:
        entry.endpoint(entry.client(user, key="sk-wrong")).create(**entry.arguments())
    except entry.error.AuthenticationError as error:
        assert error.status_code == 401
        return
    raise AssertionError("a wrong key was admitted")


def main():
    failures = 0
    for entry in ENTRIES:
        for function in CHECKS:
            name = f"{entry.name}: {function.__name__.replace('_', ' ')}"
            try:
                function(entry, f"user of {name}"[:200].replace(" ", "-"))
                print(f"ok: {name}")
            except Exception:  # each failure is reported, and the rest still runs
                failures += 1
                print(f"FAIL: {name}")
                traceback.print_exc(file=sys.stdout)
    print(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
