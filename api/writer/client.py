"""The connection to a language model: the only module of the product that sends anything to another address.

Whatever the server does, the call ends in time with at most so many bytes read: nothing of what it sends is trusted.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai

from api.settings import Settings

MAX_TEXT_BYTES = 65_536
MAX_WIRE_BYTES = 16 * MAX_TEXT_BYTES  # a streamed word comes in some 250 bytes of JSON
_GRACE_S = 1.0  # for what cannot be cut short: looking up a name
_NOT_SENT = ("x-stainless-", "openai-", "user-agent")


class LanguageModelError(Exception):
    """The model gave no answer that can be used; the message is the Dutch end of "Het taalmodel ..."."""


class _TooMuchError(Exception):
    """More bytes than allowed, or a compressed answer, which could hide them."""


class _Counted(httpx2.AsyncByteStream):
    """A response body that ends with an error after `MAX_WIRE_BYTES`."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for piece in self._stream:
            read += len(piece)
            if read > MAX_WIRE_BYTES:
                raise _TooMuchError
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _say_little(request: httpx2.Request) -> None:
    for name in [name for name in request.headers if name.lower().startswith(_NOT_SENT)]:
        del request.headers[name]
    request.headers["accept-encoding"] = "identity"


async def _read_little(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _TooMuchError
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Counted(response.stream)


def complete(task: str, data: str, settings: Settings) -> str:
    """Return what the model of the settings answers to a task, the system's message, with data, the user's.

    Blocks for at most about `language_model_timeout_s`, seconds for everything together.

    Raises:
        LanguageModelError: there is no answer that can be used.
    """
    timeout_s = settings.language_model_timeout_s
    worker = ThreadPoolExecutor(1, "language-model")  # its own thread: the caller may have an event loop or not
    try:
        call = worker.submit(asyncio.run, _complete(task, data, settings))
        return call.result(timeout_s + _GRACE_S)
    except (TimeoutError, openai.APITimeoutError, httpx2.TimeoutException) as error:
        raise LanguageModelError(f"antwoordde niet binnen {timeout_s:g} seconden") from error
    except openai.APIStatusError as error:
        raise LanguageModelError(f"gaf een fout (status {error.status_code})") from error
    except (_TooMuchError, openai.APIConnectionError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        much = isinstance(error, _TooMuchError) or isinstance(error.__cause__, _TooMuchError)
        reason = "stuurde te veel tekst" if much else "is niet bereikbaar of brak zijn antwoord af"
        raise LanguageModelError(reason) from error
    except (openai.OpenAIError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise LanguageModelError("gaf geen leesbaar antwoord") from error
    finally:
        worker.shutdown(wait=False, cancel_futures=True)


async def _complete(task: str, data: str, settings: Settings) -> str:
    key, timeout_s = settings.language_model_key, settings.language_model_timeout_s
    client = openai.AsyncOpenAI(
        api_key=key.get_secret_value() if key else "geen",
        base_url=str(settings.language_model_url),
        http_client=httpx2.AsyncClient(
            event_hooks={"request": [_say_little], "response": [_read_little]}, trust_env=False, timeout=timeout_s
        ),
        max_retries=0,
        timeout=timeout_s,
    )
    name = settings.language_model_name or ""
    async with asyncio.timeout(timeout_s), client:
        try:
            return await _read(client, name, task, data, {"temperature": 0})
        except openai.BadRequestError:  # some models refuse to be told their temperature
            return await _read(client, name, task, data, {})


async def _read(client: openai.AsyncOpenAI, name: str, task: str, data: str, options: dict[str, int]) -> str:
    """Read an answer, streamed or, from a server that does not stream, whole."""
    text = ""
    stream = await client.chat.completions.create(
        model=name,
        messages=[{"role": "system", "content": task}, {"role": "user", "content": data}],
        stream=True,
        extra_body=options,
    )
    async with stream:
        if "json" in stream.response.headers.get("content-type", ""):
            text += json.loads(await stream.response.aread())["choices"][0]["message"]["content"] or ""
        else:
            async for chunk in stream:
                text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
                if len(text) > MAX_TEXT_BYTES:
                    break
    if len(text.encode(errors="replace")) > MAX_TEXT_BYTES:
        raise _TooMuchError
    return text
