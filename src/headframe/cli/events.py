"""What Headframe says in its log, as data.

Responsible for: the name, least level and meaning of every event that is logged anywhere.
Not responsible for: logging it (whoever has something to say), how it looks (`cli.logs`).
Read next: `docs/reference/events.md`, which is made from this; a test finds every event name in the sources here.

To add one: log it as `log.info("what_happened", key=value)` on a logger named after the area ("headframe.net") and put a
row here. Names and numbers go into keys, never into the event's name; a remedy where there is one.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event. `remedy` is "" when there is nothing to do, or when the line carries its own."""

    logger: str
    name: str
    level: Literal["debug", "info", "warning", "error"]
    meaning: str
    remedy: str = ""


EVENTS: tuple[LogEvent, ...] = (
    LogEvent(
        "headframe.app",
        "accounts_delayed",
        "error",
        "The accounts' file does not take when people were last here, or the end of their sessions; nothing else waits for it.",
        "See reason and remedy in the line; it heals by itself.",
    ),
    LogEvent(
        "headframe.app",
        "change_failed",
        "error",
        "A change of the settings could not be made so: the file is as it was, and so is what runs. This is a bug of ours.",
        "Report it with the lines that follow.",
    ),
    LogEvent(
        "headframe.app",
        "change_not_undone",
        "error",
        "After a failed change what was before could not be made so again. This is a bug of ours.",
        "Compare the file with its latest copy, restart, and report it with the lines that follow.",
    ),
    LogEvent(
        "headframe.app",
        "console_closed",
        "error",
        "The file by which commands on this machine find the server could not be written to the data directory.",
        "Free space there and restart; until then use the pages.",
    ),
    LogEvent(
        "headframe.app",
        "feed_failed",
        "warning",
        "An address of routing.feed gave no usable number; the one before ages, and when it is too old nothing follows it.",
        "See the reason; ask the address yourself and compare with the feed's pointer.",
    ),
    LogEvent("headframe.app", "feed_works", "info", "An address of routing.feed gives usable numbers again."),
    LogEvent(
        "headframe.app",
        "journal_not_pruned",
        "warning",
        "Journal segments that are no longer needed could not be removed.",
        "See whether the user that runs Headframe may write to the data directory.",
    ),
    LogEvent(
        "headframe.app",
        "journal_unavailable",
        "error",
        "The last facts could not be written when stopping.",
        "Free space on the disk or check it; the line says what is wrong.",
    ),
    LogEvent(
        "headframe.app",
        "names_not_kept",
        "warning",
        "The secret behind the names of miners in addresses of pages could not be kept: they are others at the next start.",
        "Free space in the data directory, and restart.",
    ),
    LogEvent(
        "headframe.app",
        "reload_refused",
        "error",
        "The configuration that was read again is refused, and nothing changed.",
        "Put right what the line names and send SIGHUP again.",
    ),
    LogEvent(
        "headframe.app",
        "reloaded",
        "info",
        "Another configuration is in force; the line says what waits for a restart.",
    ),
    LogEvent(
        "headframe.app",
        "view_failed",
        "error",
        "What pages show could not be worked out; miners do not notice. This is a bug of ours.",
        "Report it with the lines that follow.",
    ),
    LogEvent(
        "headframe.app",
        "web_not_opened",
        "error",
        "There is an owner now, yet the web port could not be opened to others; it stays on loopback.",
        "See whether web.listen names an address of this machine, and restart.",
    ),
    LogEvent(
        "headframe.app", "web_opened", "info", "There is an owner now: the web port listens where web.listen says."
    ),
    LogEvent(
        "headframe.app",
        "weights_changed",
        "info",
        "Sources have other weights from now on: all of them, those before, by which policy and why.",
    ),
    LogEvent(
        "headframe.cli",
        "first_visit",
        "warning",
        "Nobody owns this server yet, or it is a demo.",
        "Open the link on this machine: it lets in once.",
    ),
    LogEvent(
        "headframe.cli",
        "log_unchanged",
        "error",
        "The log cannot go where a reload wants it.",
        "Give logging.file a path that may be written to.",
    ),
    LogEvent("headframe.cli", "ready", "info", "Everything runs; `listen` and `web` are the addresses really in use."),
    LogEvent("headframe.cli", "set_up", "info", "The first configuration was written; the server goes on by it."),
    LogEvent("headframe.cli", "stopped", "info", "Everything accepted is on disk and every connection closed."),
    LogEvent(
        "headframe.gateway",
        "block_found",
        "info",
        "A share met the network's target; it went to the nodes before this line.",
    ),
    LogEvent(
        "headframe.gateway",
        "block_settled",
        "info",
        "What the ledger now records of a block: outcome and confirmations.",
    ),
    LogEvent(
        "headframe.gateway",
        "bug",
        "error",
        "A fault of the program's own in one session, which was closed.",
        "Report it with the lines around it.",
    ),
    LogEvent("headframe.gateway", "job_ready", "info", "New work came from a source and goes out to its miners."),
    LogEvent("headframe.gateway", "journal_available", "info", "Shares can be recorded again and are taken."),
    LogEvent(
        "headframe.gateway",
        "journal_unavailable",
        "error",
        "Shares cannot be recorded and are refused; blocks are still submitted.",
        "Free space on the disk of data.dir, or check it; shares are taken again by themselves.",
    ),
    LogEvent(
        "headframe.gateway",
        "lane_lost",
        "info",
        "One upstream connection of a source ended; its sessions go elsewhere until it is back.",
    ),
    LogEvent(
        "headframe.gateway",
        "nobody_takes",
        "error",
        "A share or a block belongs to a source that is not there any more, nor any of its name.",
        "Report it with the lines around it.",
    ),
    LogEvent(
        "headframe.gateway",
        "pool_refuses",
        "warning",
        "A pool refuses more shares than our own judgement explains.",
        "Look at its reasons: a wrong user or password, another chain, or a pool that does not deal fairly.",
    ),
    LogEvent("headframe.gateway", "session_closed", "debug", "A miner's connection ended, with its counts."),
    LogEvent("headframe.gateway", "session_moved", "info", "A miner works for another source from now on, and why."),
    LogEvent("headframe.gateway", "session_opened", "debug", "A miner gave its first name and may mine."),
    LogEvent(
        "headframe.gateway",
        "share_settled",
        "debug",
        "What a pool said of one share that was passed on; the ledger has the sums.",
    ),
    LogEvent("headframe.gateway", "source_down", "warning", "A source gives no work; the line has reason and remedy."),
    LogEvent(
        "headframe.gateway",
        "source_note",
        "info",
        "Something to know of a source that works; an empty state clears it.",
    ),
    LogEvent("headframe.gateway", "source_up", "info", "A source is connected; work follows."),
    LogEvent(
        "headframe.net",
        "address_banned",
        "info",
        "An address sent too much that is invalid and is banned for a while.",
        "If it is your own, look at that miner's firmware and settings, or put its network into limits.exempt.",
    ),
    LogEvent(
        "headframe.net",
        "bug",
        "error",
        "A fault of Headframe's own; it cost one connection.",
        "Report it with the lines around it.",
    ),
    LogEvent(
        "headframe.net", "certificate_reloaded", "info", "The TLS certificate changed on disk; new connections get it."
    ),
    LogEvent(
        "headframe.net",
        "certificate_unusable",
        "error",
        "The TLS certificate changed on disk and cannot be used; the one before stays in use.",
        "See reason and remedy in the line.",
    ),
    LogEvent(
        "headframe.net",
        "connection_refused",
        "info",
        "A connection was not taken: a bound of [limits] was reached, or a ban.",
    ),
    LogEvent("headframe.net", "idle_closed", "info", "A miner said nothing for limits.idle_s."),
    LogEvent("headframe.net", "listening", "info", "Miners can connect to these addresses."),
    LogEvent(
        "headframe.net",
        "log_lines_suppressed",
        "info",
        "More lines of one event came than its budget allows; they were counted.",
    ),
    LogEvent("headframe.net", "loop_started", "info", "The event loop in use and how many files may be open."),
    LogEvent("headframe.net", "peer_slowed", "info", "An address sends much that is invalid and is read more slowly."),
    LogEvent("headframe.net", "slow_reader_closed", "info", "A miner did not read what was sent to it."),
    LogEvent("headframe.net", "stop_forced", "warning", "Asked to stop a second time: stopping without waiting."),
    LogEvent("headframe.net", "stop_requested", "info", "Asked to stop by a signal."),
    LogEvent(
        "headframe.net",
        "tls_failed",
        "info",
        "A TLS handshake failed; the line says why, and a remedy where there is one.",
    ),
    LogEvent(
        "headframe.service",
        "audit_delayed",
        "error",
        "The audit cannot be written; its entries wait in memory, and before too many wait nothing can be changed any more.",
        "See reason and remedy in the line; it heals by itself.",
    ),
    LogEvent(
        "headframe.service",
        "audit_unwritten",
        "error",
        "The server ended while the audit could not be written; this line is the entry, and the only place where it is.",
        "Keep the log; see audit_delayed for why.",
    ),
    LogEvent("headframe.service", "audit_written", "info", "What the audit had waiting is written."),
    LogEvent("headframe.sources", "block_answered", "info", "A node's answer to a block."),
    LogEvent("headframe.sources", "block_followed", "debug", "What became of a block, as the nodes see it."),
    LogEvent(
        "headframe.sources",
        "block_given_up",
        "error",
        "More blocks wait than are followed; the oldest is dropped.",
        "Bring a node back.",
    ),
    LogEvent(
        "headframe.sources",
        "block_looks_wrong",
        "error",
        "A block was submitted although it does not look right.",
        "Report it with the lines around it.",
    ),
    LogEvent(
        "headframe.sources",
        "block_lost_from_disk",
        "error",
        "A block that waited to be delivered is gone from the disk.",
        "Check the disk of data.dir.",
    ),
    LogEvent(
        "headframe.sources",
        "block_missing_from_node",
        "warning",
        "A node no longer has a block that it took; it is sent again.",
    ),
    LogEvent(
        "headframe.sources",
        "block_not_delivered_yet",
        "warning",
        "No node has answered for a block; it is on disk and tried again.",
        "Bring a node back; restarting Headframe loses nothing.",
    ),
    LogEvent(
        "headframe.sources",
        "block_not_forgotten",
        "error",
        "The file of a settled block could not be removed.",
        "Check the disk of data.dir.",
    ),
    LogEvent(
        "headframe.sources",
        "block_not_on_disk",
        "error",
        "A block could not be written to disk; it was sent to the nodes all the same.",
        "Check the disk of data.dir.",
    ),
    LogEvent(
        "headframe.sources",
        "block_record_not_on_disk",
        "error",
        "What is known of a block could not be written.",
        "Check the disk of data.dir.",
    ),
    LogEvent(
        "headframe.sources",
        "block_refused",
        "error",
        "Every node refuses a block; the reasons are theirs.",
        "Report it with the lines around it.",
    ),
    LogEvent("headframe.sources", "block_sent", "info", "A block is on its way to every node."),
    LogEvent(
        "headframe.sources",
        "block_without_template",
        "error",
        "A block could not be put together.",
        "Report it with the lines around it.",
    ),
    LogEvent(
        "headframe.sources", "health_unknown", "debug", "A node did not answer questions about its health this time."
    ),
    LogEvent("headframe.sources", "node_failed", "warning", "A node cannot be used now; the next one is tried."),
    LogEvent("headframe.sources", "node_returns", "info", "The preferred node works again and takes over."),
    LogEvent("headframe.sources", "node_serves", "info", "This node gives a source its work now."),
    LogEvent(
        "headframe.sources", "pending_blocks_resumed", "info", "Blocks of an earlier run are still to be delivered."
    ),
    LogEvent(
        "headframe.sources",
        "pending_blocks_unreadable",
        "error",
        "Blocks of an earlier run cannot be read.",
        "Check the disk of data.dir.",
    ),
    LogEvent(
        "headframe.sources",
        "pool_attempt_failed",
        "debug",
        "A connection to a pool came to nothing; it is tried again.",
    ),
    LogEvent("headframe.sources", "pool_says", "info", "A text that a pool sent to its miners; they do not see it."),
    LogEvent(
        "headframe.sources",
        "share_without_offer",
        "error",
        "A share could not be sent to a pool: its job is not of a pool.",
        "Report it with the lines around it.",
    ),
    LogEvent("headframe.sources", "tip_heard", "debug", "News of a block, and by which way it came first."),
    LogEvent(
        "headframe.sources",
        "zmq_address_unusable",
        "error",
        "A ZMQ address cannot be connected to.",
        "Correct zmq_hashblock or zmq_rawblock.",
    ),
    LogEvent(
        "headframe.web",
        "bug",
        "error",
        "A request of the web port failed inside; who asked was given the same reference.",
        "Report it with the lines around it.",
    ),
    LogEvent(
        "headframe.web",
        "scripts_not_packed",
        "error",
        "A script of the cockpit is not as it was shipped; pages fetch their scripts one by one.",
        "Install Headframe again.",
    ),
)
"""By logger, then by name. The line's own logger may go on after the name here (headframe.sources.node.feed)."""
