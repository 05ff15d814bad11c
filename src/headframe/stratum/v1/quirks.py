"""What firmware really does, each oddity by name.

Responsible for: the list of deviations that we know and live with, and the code for those that need code of their own.
Not responsible for: the ordinary protocol (`stratum.v1.session`).
Read next: `docs/reference/firmware-quirks.md`, which is made from this list, and `tests/transcripts`, where each has at
least one transcript that shows it.
"""

from dataclasses import dataclass

NAME_CUTS = (63, 127)
"""Lengths at which firmware cuts a worker's name: Avalon at 63 characters, Whatsminer's buffer at 127."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """An oddity: whose it is, what it does on the wire, and what we do about it."""

    name: str
    firmware: str
    does: str
    we: str


QUIRKS: tuple[Quirk, ...] = (
    Quirk(
        "pipelined_setup",
        "ESP-Miner (Bitaxe), BraiinsOS",
        "sends configure, subscribe and authorize in one segment without waiting",
        "answer each in its turn; whatever the hub offers after subscribe goes between the replies",
    ),
    Quirk(
        "suggestion_after_authorize",
        "ESP-Miner (Bitaxe)",
        "suggests a difficulty, an unsigned 16-bit integer, once it is authorised, and may ask for extranonce.subscribe",
        "answer true to both; the suggestion is the hub's to weigh",
    ),
    Quirk(
        "pong_as_method",
        "ESP-Miner (Bitaxe)",
        'answers our mining.ping with a request: {"id":N,"method":"pong","params":[]}',
        "drop it without a reply",
    ),
    Quirk(
        "one_second_probe",
        "ESP-Miner (Bitaxe) on its fallback pool",
        "connects every minute, sends subscribe and authorize, reads once (at most 1023 bytes), looks for the words "
        "mining.notify and hangs up",
        "the reply to subscribe comes first and holds the words; the connection costs nothing and is no misbehaviour",
    ),
    Quirk(
        "old_session_id",
        "cgminer, bmminer and their heirs (Antminer)",
        "sends the session id of its last connection as the second parameter of subscribe",
        "hand it to the hub, which gives the same extranonce1 back; work in flight still counts",
    ),
    Quirk(
        "long_subscribe",
        "LUXminer",
        "subscribes with four parameters, null, host and port among them",
        "read the first two, ignore the rest",
    ),
    Quirk(
        "empty_subscribe",
        "Braiins Hashpower's prober, scripts",
        "subscribes with [] or without parameters and expects a difficulty and a job at once",
        "subscribe it with an unknown user agent",
    ),
    Quirk(
        "suggestion_without_id",
        "NerdMiner",
        "keeps the connection alive with mining.suggest_difficulty every 30 s, without an id, around 0.00015",
        "take the suggestion, which may be far below 1, and send no reply where there is no id",
    ),
    Quirk(
        "numeric_string",
        "scripts and proxies",
        'suggests a difficulty as a string, "512"',
        "read it as the number",
    ),
    Quirk(
        "truncated_name",
        "Avalon (63 characters), Whatsminer (127)",
        "authorises under a long name and submits under its first 63 or 127 characters",
        "where the connection has one worker and the cut name is a beginning of its name, it is that worker",
    ),
    Quirk(
        "name_in_other_case",
        "wallet-scanned bech32 names in capitals",
        "authorises under one spelling of a name and submits under another that differs in case only",
        "where the connection has one worker, it is that worker",
    ),
    Quirk(
        "upper_case_hex",
        "older cgminer derivatives",
        "writes hex with capitals",
        "read either case; it is the same share in both, so the second spelling is a duplicate",
    ),
    Quirk(
        "no_version_bits",
        "cpuminer, NerdMiner and everything before BIP310",
        "submits five parameters, or null or an empty text for the sixth",
        "no bits are rolled",
    ),
    Quirk(
        "unasked_version_bits",
        "some ESP-Miner derivatives",
        "submits a sixth parameter without having negotiated version rolling",
        "judge the bits by the mask like everybody's",
    ),
    Quirk(
        "extra_submit_parameters",
        "ASICBoost-era firmware, proxies",
        "submits more than six parameters",
        "ignore what comes after the sixth",
    ),
    Quirk(
        "odd_ids",
        "scripts, proxies",
        "sends strings, null, floats, arrays or nothing for an id",
        "echo the very bytes; a request without an id is answered with null where a miner waits for the reply",
    ),
    Quirk(
        "carriage_returns",
        "Windows miners, telnet",
        "ends lines with CR LF, or sends empty lines",
        "CR is white space to JSON; empty lines are nothing",
    ),
    Quirk(
        "authorize_first",
        "old proxies",
        "authorises before it subscribes",
        "both orders are fine",
    ),
    Quirk(
        "rental_agent",
        "NiceHash",
        "checks that there are at least four bytes of extranonce2, asks for extranonce.subscribe and for transactions",
        "answer true to the first and a clear refusal to the second",
    ),
    Quirk(
        "truncated_difficulty",
        "ESP-Miner up to 2.13",
        "cuts a difficulty below 1 to 0",
        "send the true decimal all the same, without exponent; a device that needs less than 1 reads fractions",
    ),
)


def worker_of(submitted: str, authorised: tuple[str, ...]) -> str | None:
    """The authorised worker that a name not among them means after all (truncated_name, name_in_other_case).

    Only where there is exactly one worker, so that nobody's shares can ever go to somebody else.
    """
    if len(authorised) != 1:
        return None
    name = authorised[0]
    if len(submitted) in NAME_CUTS and name.startswith(submitted):
        return name
    if submitted.casefold() == name.casefold():
        return name
    return None


def reference_page() -> str:
    """docs/reference/firmware-quirks.md."""
    rows = [f"| `{quirk.name}` | {quirk.firmware} | {quirk.does} | {quirk.we} |" for quirk in QUIRKS]
    return "\n".join(
        [
            "# Firmware quirks",
            "",
            "What miners do that no specification says, and what Headframe does about it. Made from",
            "`headframe.stratum.v1.quirks`; each has at least one transcript in `tests/transcripts`.",
            "",
            "| name | firmware | what it does | what we do |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
