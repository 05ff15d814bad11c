"""The transcript player notices what it is there to notice."""

import pytest

from headframe.mining.jobmaker import VERSION_MASK
from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.session import V1Session
from headframe.testing.transcripts import Mode, TranscriptError, read_folder, read_transcript

PING = '>> {"id":1,"method":"mining.ping"}\n'
PONG = '<< {"id":1,"result":"pong","error":null}\n'


def new_session():
    return V1Session(version_mask=VERSION_MASK, limits=V1Limits(), server_name="t")


def play(text, mode=Mode.WHOLE):
    read_transcript(text, "it").play(new_session, mode)


@pytest.mark.parametrize("mode", Mode)
def test_what_is_as_written_passes(mode):
    play(PING + PONG + PING + PING + PONG + PONG, mode)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(
    "text",
    [
        PING + PONG + PONG,
        PING + PING + PONG,
        PING + PONG.replace("pong", "ping"),
        PING + PONG + ":: PeerMisbehaved 'x'\n",
        '>> {"method":"nothing"}\n' + PING + PONG,
        PING + PONG + PING + "..\n",
    ],
    ids=["too much", "too little", "other bytes", "no such event", "unwritten event", "not silent"],
)
def test_what_differs_fails(text, mode):
    with pytest.raises(TranscriptError, match="differ"):
        play(text, mode)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (PING, "proves nothing"),
        ("", "proves nothing"),
        ("?? what\n" + PONG, "line 1"),
        ("<< @joke 1\n", "shorthand"),
        (">>= 'text'\n" + PONG, "bytes literal"),
    ],
)
def test_what_cannot_be_meant_is_an_error(text, why):
    with pytest.raises(TranscriptError, match=why):
        read_transcript(text, "it")


def test_an_act_that_no_hub_knows_is_an_error():
    with pytest.raises(TranscriptError, match="dance"):
        play("!! dance\n" + PING + PONG)


def test_an_act_must_not_hide_what_came_of_the_bytes_before():
    with pytest.raises(TranscriptError, match="before the next act"):
        play(PING + "!! ping\n" + PONG)


def test_a_folder_without_transcripts_is_an_error(tmp_path):
    with pytest.raises(TranscriptError, match="no transcripts"):
        read_folder(tmp_path)
