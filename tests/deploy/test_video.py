"""The demo's film: captions stand under their frames, and ffmpeg joins them for as long as each is shown."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.long


def script() -> dict[str, Any]:
    pytest.importorskip("playwright", reason="playwright is missing: make setup-dev")
    return runpy.run_path(str(ROOT / "scripts/demo_video.py"))


def test_frames_are_captioned_and_joined(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        pytest.skip("ffmpeg is missing: apt-get install ffmpeg")
    video = script()
    plain = BytesIO()
    Image.new("RGB", (video["WIDTH"], video["HEIGHT"]), "#ffffff").save(plain, "PNG")
    frames = [video["title"]("A story", "and more"), video["Frame"](plain.getvalue(), "What is said", 2.0)]
    image = video["captioned"](frames[1])
    assert image.size == (video["WIDTH"], video["HEIGHT"] + video["BAND"])
    band = image.crop((0, video["HEIGHT"], video["WIDTH"], image.height))
    assert len(band.getcolors(1 << 20) or ()) > 2, "words stand in it"
    video["join"](frames, tmp_path / "film.mp4")
    probe = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", tmp_path / "film.mp4"]
    seconds = float(subprocess.run(probe, capture_output=True, text=True, check=True).stdout)
    assert 4.5 <= seconds <= 5.6


def test_its_reports_are_templates_that_there_are() -> None:
    templates = {path.stem for path in (ROOT / "reports/templates").glob("*.yaml")}
    assert set(script()["REPORTS"]) <= templates
