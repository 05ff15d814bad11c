"""What is known of a miner before its first share.

Responsible for: recognising the kind of device by its user agent; what vardiff may do with each kind and where it
starts; names for statistics.
Not responsible for: following the hashrate from there (`mining.vardiff`), remembering difficulties (`gateway`).
Read next: `mining.vardiff`, docs/decisions/0006-vardiff.md.

A user agent is a claim that anybody can make, so nothing but comfort depends on it: a wrong class costs a few
seconds of too many shares or a minute of too few.
"""

from dataclasses import dataclass
from functools import lru_cache

from headframe.bitcoin.target import target_of_difficulty
from headframe.mining.units import Target
from headframe.mining.vardiff import VardiffPolicy, round_target

MAX_NAME_CHARACTERS = 48
"""Of a normalised user agent: it becomes a key in statistics, so it is cut."""

AGE_HALVES_AFTER_SHARES = 8
"""A remembered difficulty halves for every so many shares that the miner did not send while it was away."""


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """A kind of miner.

    patterns               parts of a user agent, in lower case
    start, lowest, highest difficulty; `None`: as configured. The lowest is well below the start: there must be room
                           for a start that was too high, and for a device that runs at half speed
    pace                   of the configured shares per minute: small devices show and save every share, slowly
    coinbase_limit_bytes   how large a coinbase its firmware is known to take
    """

    name: str
    patterns: tuple[str, ...] = ()
    start: float | None = None
    lowest: float | None = None
    highest: float | None = None
    pace: float = 1.0
    coinbase_limit_bytes: int = 750


UNKNOWN = DeviceClass("unknown")

DEVICES: tuple[DeviceClass, ...] = (
    # Those who sell hashrate: many devices behind one name. NiceHash refuses work below 524,288.
    DeviceClass("NiceHash", ("nicehash",), 1_048_576, 524_288, 1e12, coinbase_limit_bytes=500),
    DeviceClass(
        "rental",
        ("braiins hashpower", "braiins-hashpower", "hashpower", "miningrigrentals"),
        262_144,
        1_024,
        1e12,
        coinbase_limit_bytes=500,
    ),
    # Programs that speak for many devices; how many is anybody's guess.
    DeviceClass("proxy", ("proxy", "translator"), 16_384, 1, 1e12),
    DeviceClass("cpuminer", ("cpuminer", "minerd", "headframe-miner"), 0.05, 1e-6, 1e4),
    # Open-source devices. The order matters: "nerdqaxe" and "nerdaxe" before "nerd".
    DeviceClass("NerdQAxe", ("nerdqaxe", "nerdoctaxe", "nerdhaxe", "nerdeko"), 8_192, 256, 1e7, 5 / 6, 6_500),
    DeviceClass("NerdAxe", ("nerdaxe", "nerdnos"), 1_024, 16, 1e6, 2 / 3, 6_500),
    DeviceClass(
        "NerdMiner",
        ("nerdminer", "nerd", "esp32", "leafminer", "sparkminer", "bitsyminer", "han_solo", "hansolo", "han solo"),
        0.001,
        0.0001,
        1,
        1 / 2,
    ),
    DeviceClass("Bitaxe", ("bitaxe", "esp-miner", "luckyminer", "lucky miner"), 2_048, 64, 1e6, 2 / 3, 6_500),
    # Canaan. "cgminer" alone may be anything from a USB stick upwards and stays unknown.
    DeviceClass("Avalon Nano", ("avalon nano", "avalonnano", "nano3", "nano 3"), 8_192, 256, 1e7, 5 / 6),
    DeviceClass("Avalon Q", ("avalon q", "avalonq", "avalon_q", "avalon mini", "avalonmini"), 131_072, 4_096, 1e8),
    DeviceClass("Avalon", ("avalon",), 32_768, 256, 1e9),
    # Says "model|LUXminer version"; before the models, for what coinbase it takes is not known.
    DeviceClass("LuxOS", ("luxminer",), 131_072, 1_024, 1e9),
    # Large machines of the last years, hydro and immersion.
    DeviceClass(
        "hydro",
        ("s21 hyd", "s21hyd", "s21e", "s21 xp", "s21xp", "s21+ hyd", "antminer s23", "s19 hyd", "s19 xp hyd", "hydro"),
        524_288,
        8_192,
        1e10,
        coinbase_limit_bytes=750,
    ),
    DeviceClass("Whatsminer", ("whatsminer", "btminer"), 524_288, 8_192, 1e10, coinbase_limit_bytes=6_500),
    DeviceClass("Antminer S21", ("antminer s21",), 262_144, 8_192, 1e9, coinbase_limit_bytes=2_250),
    # Firmware for Antminers, by its own name: the model is not said.
    DeviceClass("BraiinsOS", ("bosminer", "braiins"), 131_072, 1_024, 1e9, coinbase_limit_bytes=2_250),
    DeviceClass("ePIC", ("powerplay",), 131_072, 1_024, 1e9, coinbase_limit_bytes=16_384),
    DeviceClass("Vnish", ("xminer",), 131_072, 1_024, 1e9, coinbase_limit_bytes=16_384),
    DeviceClass("Antminer", ("antminer", "bmminer"), 131_072, 1_024, 1e9),
)
"""First match wins. Starts are half to a quarter of the steady difficulty of the slowest common model."""


def class_of(user_agent: str) -> DeviceClass:
    """The kind of miner that says `user_agent`; UNKNOWN when none is recognised."""
    said = user_agent[:256].lower()
    for device in DEVICES:
        for pattern in device.patterns:
            if pattern in said:
                return device
    return UNKNOWN


@lru_cache(maxsize=256)  # at every subscribe; as many entries as classes, but for live changes of the configuration
def policy_for(device: DeviceClass, configured: VardiffPolicy) -> VardiffPolicy:
    """The configured policy, narrowed to what suits the device. The operator's bounds always hold: where the two do
    not overlap, the operator's nearest bound is all that is left."""
    easiest = configured.easiest_target if device.lowest is None else target_of_difficulty(device.lowest)
    hardest = configured.hardest_target if device.highest is None else target_of_difficulty(device.highest)
    return VardiffPolicy(
        easiest_target=configured.bounded(easiest),
        hardest_target=configured.bounded(hardest),
        shares_per_minute=configured.shares_per_minute * device.pace,
        easiest_wish_target=configured.easiest_wish_target,
        hardest_wish_target=configured.hardest_wish_target,
    )


def start_target(
    policy: VardiffPolicy,
    device: DeviceClass,
    configured_start: Target,
    *,
    remembered: Target | None = None,
    away_s: float = 0.0,
    hashrate: float | None = None,
    suggested: Target | None = None,
) -> Target:
    """Where to start, from what is known, the most telling first:

    `hashrate`    hashes per second, said by the user in the password (`th=`)
    `remembered`  the last proven target of this worker, `away_s` ago. An easier one than we would start with is a slow
                  miner's and holds; a harder one ages towards it, for the miner may have changed meanwhile
    `suggested`   by the device
    the class     when the device is recognised; else `configured_start`

    The result is round and within the policy; floors and fixed targets are applied by `Vardiff`.
    """
    if hashrate is not None:
        return policy.target_for_hashrate(hashrate)
    default = configured_start if device.start is None else target_of_difficulty(device.start)
    if suggested is not None:
        default = suggested
    if remembered is not None:
        default = _aged(remembered, default, away_s / policy.seconds_per_share)
    return policy.bounded(round_target(default))


def _aged(remembered: Target, default: Target, missed_shares: float) -> Target:
    if remembered >= default:
        return remembered
    halvings = int(missed_shares / AGE_HALVES_AFTER_SHARES)
    return default if halvings > 256 else min(default, remembered << halvings)


def normalise_user_agent(user_agent: str) -> str:
    """A short name for statistics, without versions and chips: "bitaxe/BM1370/v2.9.1" is "bitaxe", "cpuminer-opt-3.20"
    is "cpuminer", "LUXminer 2024.5.1.1-f2e2" is "LUXminer". Printable, at most 48 characters; "unknown" when empty."""
    text = "".join(character for character in user_agent[:256] if character.isprintable())
    for cut in "/(|":
        # LUXminer says "model|firmware version", most others "name/version (more)".
        text = text.partition(cut)[0]
    if text.lower().startswith("cpuminer"):
        return "cpuminer"
    words = text.strip().split(" ")
    while len(words) > 1 and (_is_version(words[-1]) or _is_chip(words[-1]) or not words[-1]):
        words.pop()
    name, dash, last = " ".join(words).rpartition("-")
    if dash and name and _is_version(last):
        return name[:MAX_NAME_CHARACTERS]
    return " ".join(words)[:MAX_NAME_CHARACTERS].strip() or "unknown"


def _is_version(word: str) -> bool:
    digits = word.lstrip("vV")
    return digits[:1].isdigit() and "." in digits


def _is_chip(word: str) -> bool:
    return len(word) >= 6 and word[:2].upper() == "BM" and word[2:6].isdigit()
