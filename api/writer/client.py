"""The connection to a language model: the only module of the product that sends anything to another address.

Whatever the server does, the call ends in time with at most so many bytes read: nothing of what it sends is trusted.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

MAX_TEXT_BYTES = 65_536
MAX_WIRE_BYTES = 16 * MAX_TEXT_BYTES  # a streamed word comes in some 250 bytes of JSON
_GRACE_S = 1.0  # for what cannot be cut short: looking up a name
_NOT_SENT = ("x-stainless-", "openai-", "user-agent")


class LanguageModelError(Exception):
    """The model gave no answer that can be used; the message is the Dutch end of "Het taalmodel ..."."""


class _Message(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    content: str | None = None


class _Choice(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    delta: _Message | None = None
    message: _Message | None = None


class _Reply(BaseModel):
    """What is read of a completion or of one piece of a stream; servers differ in all the rest."""

    model_config = ConfigDict(from_attributes=True)
    choices: list[_Choice] = []

    @property
    def text(self) -> str:
        """The text of the first choice."""
        said = [choice.delta or choice.message for choice in self.choices[:1]]
        return "".join(message.content or "" for message in said if message)


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


class _Transport(httpx2.AsyncHTTPTransport):
    """Sends nothing about this machine, follows nothing, reads no more than it must."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        for name in [name for name in request.headers if name.lower().startswith(_NOT_SENT)]:
            del request.headers[name]
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise _TooMuchError
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Counted(response.stream)
        return response


def complete(
    messages: Sequence[ChatCompletionMessageParam], url: str, name: str, key: SecretStr | None, timeout_s: float
) -> str:
    """Return what a model at an OpenAI-compatible address answers; blocks for at most about `timeout_s`.

    Args:
        messages: the conversation.
        url: address of the API, as "http://127.0.0.1:11434/v1".
        name: name of the model.
        key: key of the API, or None.
        timeout_s: for everything together, seconds.

    Raises:
        LanguageModelError: there is no answer that can be used.
    """
    worker = ThreadPoolExecutor(1, "language-model")  # its own thread: the caller may have an event loop or not
    try:
        call = worker.submit(asyncio.run, _complete(messages, url, name, key, timeout_s))
        return call.result(timeout_s + _GRACE_S)
    except (TimeoutError, openai.APITimeoutError, httpx2.TimeoutException) as error:
        raise LanguageModelError(f"antwoordde niet binnen {timeout_s:g} seconden") from error
    except _TooMuchError as error:
        raise LanguageModelError("stuurde te veel tekst") from error
    except openai.APIStatusError as error:
        raise LanguageModelError(f"gaf een fout (status {error.status_code})") from error
    except (openai.APIConnectionError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        if isinstance(error.__cause__, _TooMuchError):
            raise LanguageModelError("stuurde te veel tekst") from error
        raise LanguageModelError("is niet bereikbaar of brak zijn antwoord af") from error
    except (openai.OpenAIError, ValidationError, ValueError, RecursionError) as error:
        raise LanguageModelError("gaf geen leesbaar antwoord") from error
    finally:
        worker.shutdown(wait=False, cancel_futures=True)


async def _complete(
    messages: Sequence[ChatCompletionMessageParam], url: str, name: str, key: SecretStr | None, timeout_s: float
) -> str:
    async with asyncio.timeout(timeout_s):
        transport = _Transport(trust_env=False)
        http = httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False, timeout=timeout_s)
        client = openai.AsyncOpenAI(
            api_key=key.get_secret_value() if key else "geen",
            base_url=url,
            http_client=http,
            max_retries=0,
            timeout=timeout_s,
        )
        async with client:
            try:
                return await _read(client, messages, name, {"temperature": 0})
            except openai.BadRequestError:  # some models refuse to be told their temperature
                return await _read(client, messages, name, {})


async def _read(
    client: openai.AsyncOpenAI, messages: Sequence[ChatCompletionMessageParam], name: str, options: Mapping[str, int]
) -> str:
    """Read an answer, streamed or, from a server that does not stream, whole."""
    text = ""
    stream = await client.chat.completions.create(model=name, messages=messages, stream=True, extra_body=options)
    async with stream:
        if "json" in stream.response.headers.get("content-type", ""):
            text = _Reply.model_validate_json(await stream.response.aread()).text
        else:
            async for chunk in stream:
                text += _Reply.model_validate(chunk).text
                if len(text) > MAX_TEXT_BYTES:
                    break
    if len(text.encode(errors="replace")) > MAX_TEXT_BYTES:
        raise _TooMuchError
    return text
