"""The door to the running server for commands on its own machine.

Responsible for: finding the server of a data directory by the file that it leaves there, asking its API, turning its
refusals into words.
Not responsible for: making the file (`app.console`), what is asked (`cli.operating`).
Read next: `cli.operating`.
"""

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import msgspec

from headframe.app.console import CONSOLE_FILE, ConsoleFile

TIMEOUT_S = 30.0
MAX_ANSWER_BYTES = 16_777_216


class NotRunning(Exception):
    """No server of this data directory answers. `remedy` says what to do."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(f"{text}: {remedy}")
        self.remedy = remedy


class RefusedByServer(Exception):
    """The server refused. Carries its words."""

    def __init__(self, error: dict[str, Any]) -> None:
        head = _in_one(error.get("message", "refused"), error.get("remedy"))
        problems = [_in_one(one["path"], one["text"], one["remedy"]) for one in error.get("problems", ())]
        # A lone problem is the refusal's own words again.
        super().__init__("\n".join([head, *(f"  {one}" for one in problems if one != head)]))
        self.code = str(error.get("code", "refused"))
        self.remedy = str(error.get("remedy", ""))


def _in_one(*parts: Any) -> str:
    return ": ".join(str(part) for part in parts if part)


class Console:
    """One server. Raises NotRunning when its file is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._door = msgspec.json.decode((folder / CONSOLE_FILE).read_bytes(), type=ConsoleFile)
        except FileNotFoundError:
            raise NotRunning(
                f"no server runs with the data directory {folder}",
                "start it with `headframe run`, or give its configuration with --config",
            ) from None
        except PermissionError:
            raise NotRunning(
                f"the server of {folder} is another user's", "run this as the user that runs Headframe"
            ) from None
        except (OSError, msgspec.DecodeError) as error:
            raise NotRunning(f"{folder / CONSOLE_FILE} cannot be read ({error})", "start the server again") from None
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self._door.certificate:
            context = ssl.create_default_context(cafile=self._door.certificate)
            context.check_hostname = False  # it is asked by its loopback address; the certificate itself is compared
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request below /api/v1/; the decoded answer. Raises RefusedByServer or NotRunning."""
        request = urllib.request.Request(
            f"{self._door.url.rstrip('/')}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "authorization": f"Bearer {self._door.secret}",
                "accept": "application/json",
                **({} if body is None else {"content-type": "application/json"}),
            },
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                data = answer.read(MAX_ANSWER_BYTES)
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise RefusedByServer(_error_of(refusal)) from None
        except (urllib.error.URLError, OSError, TimeoutError) as trouble:
            reason = getattr(trouble, "reason", trouble)
            raise NotRunning(
                f"the server of {self._folder} does not answer ({reason})",
                "look whether it still runs; if it was killed, start it again with `headframe run`",
            ) from None
        return json.loads(data) if data else None


def _error_of(refusal: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        said = json.loads(refusal.read(MAX_ANSWER_BYTES))
        error = said["error"]
        if isinstance(error, dict):
            return error
    except (ValueError, KeyError, TypeError):
        pass
    return {"code": "refused", "message": f"the server answered {refusal.code}"}
