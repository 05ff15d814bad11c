"""What firmware says to an SV1 session, and what it gets: every transcript, whole, byte by byte and coalesced."""

from pathlib import Path

import pytest

from headframe.mining.jobmaker import VERSION_MASK
from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.quirks import QUIRKS
from headframe.stratum.v1.session import V1Session
from headframe.testing.transcripts import Mode, Transcript, read_folder

TRANSCRIPTS = read_folder(Path(__file__).parent / "v1")


def new_session() -> V1Session:
    return V1Session(version_mask=VERSION_MASK, limits=V1Limits(), server_name="headframe/test")


@pytest.mark.parametrize("mode", Mode, ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.name)
def test_the_session_keeps_to_the_transcript(transcript: Transcript, mode: Mode):
    transcript.play(new_session, mode)


def test_every_quirk_has_a_transcript_and_every_transcript_names_real_quirks():
    shown = {quirk for transcript in TRANSCRIPTS for quirk in transcript.quirks}
    assert shown == {quirk.name for quirk in QUIRKS}
