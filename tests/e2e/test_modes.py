"""Every mode of the built-in renderer, asked for over MPS; what comes back is decoded and looked at."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from tests.e2e.serving import IMAGE, VIDEO, Client, Running, bearer, get, hex_of, ok
from tests.render.pictures import Picture, film, psnr

EXACT_DB = 35.0
FILM = {
    "ModelName": "PixVerse",
    "ModelVersion": "v6",
    "Duration": 1,
    "ExtraParameters": {"Resolution": "540P"},
}
CLEAN = {"AdditionalParameters": json.dumps({"seed": 5})}


@dataclass(frozen=True, slots=True)
class Made:
    """A finished task: its id, its files, and what the renderer noted about it."""

    task_id: str
    files: tuple[bytes, ...]
    urls: tuple[str, ...]
    notes: dict[str, Any]


class Studio:
    """Asks for things and decodes what comes back."""

    def __init__(self, client: Client, running: Running) -> None:
        self._client = client
        self._running = running

    def make(self, action: str, prompt: str, **fields: Any) -> Made:
        """Create over MPS, wait, fetch."""
        task_id, urls = self._client.done(action, {**CLEAN, "Prompt": prompt, **fields})
        notes = {key: said for _, note in self._running.timeline(task_id) for key, said in note.items()}
        return Made(task_id, tuple(get(url).body for url in urls), tuple(urls), notes)

    def picture(self, prompt: str, **fields: Any) -> Made:
        return self.make(
            IMAGE, prompt, **{"ExtraParameters": {"AspectRatio": "16:9", "Resolution": "1K"}, **fields}
        )

    def film(self, prompt: str, **fields: Any) -> Made:
        return self.make(VIDEO, prompt, **{**FILM, **fields})


@pytest.fixture(scope="module")
def studio(client: Client, running: Running) -> Studio:
    return Studio(client, running)


@pytest.fixture(scope="module")
def lake(studio: Studio) -> Made:
    return studio.picture("mountain lake at sunset")


@pytest.fixture(scope="module")
def woods(studio: Studio) -> Made:
    return studio.picture("pine forest at night")


def rgb(data: bytes) -> Picture:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def fitted(data: bytes, like: Picture) -> Picture:
    """The picture at the size of a frame of its own ratio."""
    size = (like.shape[1], like.shape[0])
    return np.asarray(Image.fromarray(rgb(data)).resize(size, Image.Resampling.LANCZOS))


def probed(data: bytes) -> tuple[tuple[int, int], int, list[str]]:
    """Size, frames and codecs of a film."""
    with av.open(io.BytesIO(data), "r") as container:
        video = container.streams.video[0]
        return (video.width, video.height), video.frames, [s.codec_context.name for s in container.streams]


def test_text_to_image(lake: Made) -> None:
    assert rgb(lake.files[0]).std() > 15
    assert lake.notes["mode"] == "text_to_image"
    assert "mountain lake" in lake.notes["understood"]


def test_several_pictures_of_one_task(studio: Studio) -> None:
    made = studio.picture("银河下的雪山", OutputImageCount=3)
    pictures = [rgb(data).astype(int) for data in made.files]
    assert len(pictures) == 3
    assert min(np.abs(a - b).mean() for a, b in pairwise(pictures)) > 3


def test_image_to_image(studio: Studio, lake: Made) -> None:
    made = studio.picture("oil painting at night", ImageInfos=[{"ImageUrl": lake.urls[0]}])
    before, after = (rgb(m.files[0]).mean(axis=2) for m in (lake, made))
    assert made.notes["mode"] == "image_to_image"
    assert after.mean() < before.mean() - 10
    assert (
        np.corrcoef(fitted(lake.files[0], rgb(made.files[0])).mean(axis=2).ravel(), after.ravel())[0, 1] > 0.3
    )


def test_several_references_of_a_picture(studio: Studio, lake: Made, woods: Made) -> None:
    alone = studio.picture("", ImageInfos=[{"ImageUrl": lake.urls[0]}])
    both = studio.picture("", ImageInfos=[{"ImageUrl": lake.urls[0]}, {"ImageUrl": woods.urls[0]}])
    warmth = [float(np.subtract(*rgb(m.files[0])[..., [0, 2]].mean(axis=(0, 1)))) for m in (alone, both)]
    assert warmth[1] < warmth[0] - 5


def test_text_to_video(studio: Studio) -> None:
    made = studio.film(
        "海上日落，推镜头", ExtraParameters={"Resolution": "540P", "EnableAudio": True, "AspectRatio": "9:16"}
    )
    assert probed(made.files[0]) == ((540, 960), 24, ["h264", "aac"])
    assert made.notes["mode"] == "text_to_video"


def test_first_frame_to_video(studio: Studio, lake: Made) -> None:
    made = studio.film("slow zoom in", ImageUrl=lake.urls[0])
    frames = film(made.files[0])
    assert made.notes["mode"] == "first_frame"
    assert psnr(frames[0], fitted(lake.files[0], frames[0])) > EXACT_DB
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 1


def test_first_and_last_frame_to_video(studio: Studio, lake: Made, woods: Made) -> None:
    made = studio.film("night falls", ImageUrl=lake.urls[0], LastImageUrl=woods.urls[0])
    frames = film(made.files[0])
    assert made.notes["mode"] == "first_last_frame"
    assert psnr(frames[0], fitted(lake.files[0], frames[0])) > EXACT_DB
    assert psnr(frames[-1], fitted(woods.files[0], frames[-1])) > EXACT_DB


def test_references_to_video(studio: Studio, lake: Made, woods: Made) -> None:
    infos = [{"ImageUrl": m.urls[0], "ReferenceType": "asset"} for m in (lake, woods)]
    made = studio.make(
        VIDEO, "the camera moves on", ModelName="GV", ModelVersion="3.1", Duration=8, ImageInfos=infos
    )
    assert made.notes["mode"] == "reference_to_video"
    assert probed(made.files[0])[1] == 8 * 24


def test_a_film_goes_on_from_its_last_frame(studio: Studio, client: Client) -> None:
    begun = studio.film("ocean at dawn")
    source = f"genmux://task/{begun.task_id}"
    frame = ok(
        bearer(
            client,
            "POST",
            "/api/v1/tasks",
            {"step": "last_frame", "kind": "image", "references": [{"source": source}]},
        )
    )
    made = studio.film("the sun rises", ImageUrl=f"genmux://task/{frame['id']}")
    assert psnr(film(begun.files[0])[-1], film(made.files[0])[0]) > EXACT_DB
    assert hex_of(begun.task_id) != hex_of(made.task_id)
