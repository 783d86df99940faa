"""Prompt words: longest match first, both languages, what is denied, how many, and which family follows."""

from __future__ import annotations

import time

import pytest

from genmux.render import understood
from genmux.render.camera import MOVES
from genmux.render.effects import MAKERS
from genmux.render.palette import HUES, PALETTES
from genmux.render.stage import FAMILIES, SUN_HEIGHTS, family_of, named_time
from genmux.render.styles import STYLES
from genmux.render.subjects import SUBJECTS
from genmux.render.vocabulary import GROUPS, read, rows, shields


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("一只熊猫在竹林中玩耍，推镜头", "熊猫 竹林 推镜头"),
        ("貓熊與大熊貓在竹林裡，鏡頭緩緩推進", "猫熊 大熊猫 竹林 镜头缓缓推进"),
        ("上海海边日落", "上海 海边 日落"),
        ("雪山", "雪山"),
        ("海报，大海", "大海"),
        ("岁月静好", ""),
        ("人山人海", ""),
        ("a season of mists", "mist"),
        ("A Sailboat on the OCEAN", "sailboat ocean"),
        ("snow-capped mountains and mountains", "snow+capped+mountain mountain"),
        ("🚀\x00\x07 ???", ""),
    ],
)
def test_words_are_matched_longest_first(prompt: str, words: str) -> None:
    assert [word.replace(" ", "+") for word in understood(prompt)] == words.split()


# A word of one or two letters inside another one; what must, and what must not, be read from it.
COLLISIONS = (
    ("熊猫", "subject.panda", "subject.cat"),
    ("小熊猫", "home.forest", "subject.panda"),
    ("猫头鹰", "feature.birds", "subject.cat"),
    ("猫眼石", "", "subject.cat"),
    ("热狗", "home.studio", "subject.dog"),
    ("上海", "family.city", "family.ocean"),
    ("花海", "feature.flowers", "family.ocean"),
    ("云海", "feature.mist", "family.ocean"),
    ("竹海", "feature.bamboo", "family.ocean"),
    ("海鸥", "feature.birds", "family.ocean"),
    ("脑海", "", "family.ocean"),
    ("雪碧", "", "feature.snowy"),
    ("白雪公主", "", "subject.person"),
    ("马上出发", "", "subject.horse"),
    ("马路", "family.street", "subject.horse"),
    ("罗马", "family.city", "subject.horse"),
    ("马克杯", "subject.cup", "subject.horse"),
    ("斑马线", "family.street", "home.meadow"),
    ("机器人", "", "subject.person"),
    ("人工智能", "", "subject.person"),
    ("迷人的人生", "", "subject.person"),
    ("第一人称视角", "camera.handheld", "subject.person"),
    ("无人机", "camera.aerial", "subject.person"),
    ("外星人", "subject.ufo", "subject.person"),
    ("鹿特丹", "family.city", "subject.deer"),
    ("长颈鹿", "home.meadow", "subject.deer"),
    ("恐龙", "home.forest", "subject.dragon"),
    ("水龙头", "", "subject.dragon"),
    ("龙卷风", "time.storm", "subject.dragon"),
    ("烟花", "effect.fireworks", "feature.flowers"),
    ("火花", "effect.embers", "feature.flowers"),
    ("浪花", "family.ocean", "feature.flowers"),
    ("花费", "", "feature.flowers"),
    ("棉花糖", "", "feature.flowers"),
    ("月饼", "", "feature.moon"),
    ("五月", "", "feature.moon"),
    ("星期天", "", "feature.stars"),
    ("火星", "family.desert", "effect.embers"),
    ("卫星", "subject.satellite", "feature.stars"),
    ("北极熊", "subject.bear", "time.night"),
    ("熊熊大火", "effect.embers", "subject.bear"),
    ("风车", "subject.windmill", "subject.car"),
    ("火车", "subject.train", "subject.car"),
    ("鱼香肉丝", "", "subject.fish"),
    ("鲸鱼", "subject.whale", "subject.fish"),
    ("雨伞", "home.street", "effect.rain"),
    ("流星雨", "feature.stars", "effect.rain"),
    ("花瓣雨", "effect.petals", "effect.rain"),
    ("雨林", "feature.jungle", "effect.rain"),
    ("山东", "", "family.mountains"),
    ("火山", "feature.volcano", "family.mountains"),
    ("山羊", "home.meadow", "family.mountains"),
    ("湖南", "", "feature.lake"),
    ("江湖", "", "feature.lake"),
    ("银河", "feature.stars", "feature.lake"),
    ("河马", "", "feature.lake"),
    ("林先生", "", "family.forest"),
    ("牛仔裤", "", "subject.traveller"),
    ("橘猫", "feature.ginger", "hue.orange"),
    ("紫禁城", "subject.pagoda", "hue.purple"),
    ("鸟居", "subject.torii", "feature.birds"),
    ("鸟瞰", "camera.aerial", "feature.birds"),
    ("青岛", "family.city", "feature.island"),
    ("冰淇淋", "home.studio", "feature.snowy"),
    ("catch a ball", "", "subject.cat"),
    ("cat eye glasses", "", "subject.cat"),
    ("a hot dog", "home.studio", "subject.dog"),
    ("bear in mind", "", "subject.bear"),
    ("movie star", "", "feature.stars"),
    ("star wars", "", "feature.stars"),
    ("frying pan", "", "camera.pan_right"),
    ("train your model", "", "subject.train"),
    ("copy space on the left", "", "family.space"),
    ("orange cat", "feature.ginger", "hue.orange"),
    ("orange juice", "", "hue.orange"),
    ("golden retriever", "subject.dog", "hue.gold"),
    ("polar bear", "subject.bear", ""),
    ("she waves goodbye", "subject.person", "family.ocean"),
    ("butterfly effect", "", "subject.butterfly"),
    ("catalogue", "", "subject.cat"),
    ("spring rolls", "", "feature.flowers"),
    ("portrait orientation", "", "family.portrait"),
    ("a cherry blossom pink room", "effect.petals", "subject.cherry"),
)


@pytest.mark.parametrize(("prompt", "said", "unsaid"), COLLISIONS)
def test_letters_inside_other_words_stand_for_nothing(prompt: str, said: str, unsaid: str) -> None:
    found = {f"{group}.{name}" for group in GROUPS for name in read(prompt).all(group)}
    assert not said or said in found
    assert unsaid not in found


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("上海的夜晚", "city night"),
        ("雪山日出", "mountains dawn"),
        ("星空下的湖泊", "mountains night"),
        ("panda", "forest"),
        ("sailing boat", "ocean"),
        ("sunset", "mountains sunset"),
        ("quarterly report", "silk"),
        ("", "silk"),
        ("海报", "silk"),
        ("aerial shot of a tropical beach at sunset, turquoise water, palm trees", "aerial sunset"),
        ("航拍雪山日出，云海翻腾", "aerial dawn"),
        ("a girl with long hair", "portrait"),
        ("人物特写，黑白摄影", "portrait"),
        ("特写：一只橘猫", "meadow"),
        ("portrait of a cat", "meadow"),
        ("beach portrait of a bride", "portrait"),
        ("a girl on a white background", "portrait"),
        ("portrait of a young woman, soft window light", "portrait"),
        ("a man in a suit, studio lighting, headshot", "portrait"),
        ("a woman in a flowing silk dress", "portrait"),
        ("woman on the beach at golden hour", "ocean sunset"),
        ("沙滩上的情侣，日落", "ocean sunset"),
        ("一个穿红色连衣裙的女孩在薰衣草花田里奔跑", "meadow"),
        ("a red fox in a snowy forest, snow falling", "forest"),
        ("two astronauts walking on the moon", "space"),
        ("宇航员在火星表面行走", "desert"),
        ("cyberpunk city street at night, neon signs, wet asphalt, rain", "street night"),
        ("赛博朋克城市，雨夜，霓虹灯", "city night"),
        ("city by the sea at dusk", "city sunset"),
        ("城市 海边 夜晚", "city night"),
        ("a lighthouse on a cliff in a storm, waves crashing", "ocean storm"),
        ("a stormy night, a ship in the waves", "ocean night"),
        ("a rainy night", "mountains night"),
        ("sunset with a full moon", "mountains sunset"),
        ("hot air balloons over cappadocia at sunrise", "meadow dawn"),
        ("perfume bottle on a marble podium", "studio"),
        ("一杯热咖啡，产品摄影", "studio"),
        ("a cat wearing sunglasses on a sofa", "meadow"),
        ("a steam train crossing a bridge in the mountains", "mountains"),
        ("whale jumping out of the ocean", "ocean"),
        ("a humpback whale", "deep"),
        ("a whale breaching at sunset", "ocean sunset"),
        ("jellyfish glowing in the deep sea", "deep"),
        ("海底世界，珊瑚礁，海龟游过", "deep"),
        ("camels crossing the dunes at noon", "desert day"),
        ("敦煌，驼队，夕阳", "desert sunset"),
        ("children flying kites on a green meadow under blue sky", "meadow day"),
        ("内蒙古大草原，万马奔腾", "meadow"),
        ("吉卜力风格，夏天，蓝天白云，草原", "meadow day"),
        ("northern lights over a frozen lake, cabin", "mountains night"),
        ("极光下的帐篷", "mountains night"),
        ("cozy coffee shop on a rainy evening", "street sunset"),
        ("crowded Shibuya crossing at night, handheld", "street night"),
        ("蓝调时刻的巴黎街头，埃菲尔铁塔", "street night"),
        ("a dragon flying over a castle", "mountains"),
        ("故宫雪景，红墙", "mountains"),
        ("江南水乡，烟雨蒙蒙，乌篷船", "mountains"),
        ("桂林山水，竹筏，倒影", "mountains"),
        ("水墨山水画，孤舟，远山", "inkwash"),
        ("forest lake", "mountains"),
        ("森林里的小鹿，晨雾", "forest dawn"),
        ("black hole with accretion disk", "space"),
        ("the earth seen from space", "space"),
        ("抽象流体，渐变紫色", "silk"),
        ("abstract flowing silk, purple and gold", "silk"),
        ("sports car on a mountain road", "mountains"),
        ("a corgi running on the beach", "ocean"),
    ],
)
def test_the_scene_of_a_prompt(prompt: str, expected: str) -> None:
    reading = read(prompt)
    assert [family_of(reading), *([named_time(reading)] if named_time(reading) else [])] == expected.split()


@pytest.mark.parametrize(
    ("prompt", "moves"),
    [
        ("推镜头", "dolly_in"),
        ("镜头缓缓拉远，环绕", "dolly_out orbit"),
        ("左摇，然后右移", "pan_left tracking"),
        ("升降镜头", "crane_up"),
        ("俯冲镜头", "dolly_in crane_down"),
        ("手持跟拍", "handheld tracking"),
        ("the camera slowly pushes in, then zooms out", "dolly_in zoom_out"),
        ("drone shot orbiting a bird's-eye view", "aerial orbit"),
        ("first-person view", "dolly_in handheld"),
        ("a crane shot, tilting down", "crane_up tilt_down"),
        ("locked-off, fixed lens", "static"),
    ],
)
def test_camera_words(prompt: str, moves: str) -> None:
    assert read(prompt).all("camera") == tuple(moves.split())


def test_a_snow_mountain_does_not_make_it_snow() -> None:
    assert read("雪山").all("effect") == ()
    assert read("雪山上下雪").all("effect") == ("snow",)
    assert read("snowy mountains").all("effect") == ()


def test_negative_prompt_removes_what_it_names() -> None:
    reading = read("ocean, city, snowing at night", "city, snow, snowing, night")
    assert reading.all("family") == ("ocean",)
    assert reading.all("effect") == ()
    assert reading.all("time") == ()
    assert family_of(read("mountains", "mountains")) != "mountains"


@pytest.mark.parametrize(
    ("prompt", "negative", "gone", "kept"),
    [
        ("a woman on the beach", "people, text, blurry", "subject.person feature.woman", "family.ocean"),
        ("a cat and a dog", "cat", "subject.cat", "subject.dog home.meadow"),
        ("cyberpunk skyline in the rain", "rain, 霓虹", "effect.rain style.neon", "family.city"),
        ("bamboo forest", "bamboo, static", "feature.bamboo camera.static", "family.forest"),
        ("a smiling woman", "smile, feature photo, snow", "feature.snowy", "feature.woman home.portrait"),
        ("penguin", "snow", "feature.snowy", "subject.penguin"),
        ("empty beach, no people or boats, gulls", "", "subject.person subject.boat", "feature.birds"),
        ("sky without any clouds over mountains", "", "feature.clouds", "family.mountains"),
        ("街道上没有人和车，夜晚", "", "subject.person subject.car", "family.street time.night"),
        ("空无一人的海滩，不要云、雨", "", "subject.person feature.clouds effect.rain", "family.ocean"),
    ],
)
def test_what_is_denied_is_left_out(prompt: str, negative: str, gone: str, kept: str) -> None:
    reading = read(prompt, negative)
    found = {f"{group}.{name}" for group in GROUPS for name in reading.all(group)}
    assert found.isdisjoint(gone.split())
    assert found.issuperset(kept.split())
    assert not any(reading.allows(concept) for concept in gone.split()[:1])


@pytest.mark.parametrize(
    ("prompt", "counts"),
    [
        ("two cats", {"cat": 2}),
        ("three small white rabbits and a fox", {"rabbit": 3}),
        ("三只可爱的小猫，两条狗", {"cat": 3, "dog": 2}),
        ("a pair of dolphins", {"dolphin": 2}),
        ("sailboats", {"boat": 2}),
        ("情侣", {"person": 2}),
        ("a herd of elephants", {"elephant": 3}),
        ("two men and a dog", {"person": 2}),
        ("a cat on a 2 m wall", {}),
    ],
)
def test_how_many(prompt: str, counts: dict[str, int]) -> None:
    assert read(prompt).counts == counts


def test_the_colour_of_clothes_is_not_that_of_the_picture() -> None:
    assert read("a girl in a red dress, blue eyes").all("hue") == ()
    assert read("穿红色旗袍的女人，金色长发").all("hue") == ()
    assert read("a girl in a red room").all("hue") == ("red",)


def test_two_thousand_characters_are_read_in_no_time() -> None:
    assert understood("sea " * 500) == ("sea",)
    assert understood("海" * 2000) == ("海",)
    prompt = ("一只橘猫在樱花树下奔跑，镜头缓缓推进，两只狗，没有人。tracking shot of a quiet harbor " * 40)[
        :2000
    ]
    read(prompt)
    started = time.process_time()
    read(prompt)
    assert time.process_time() - started < 0.02  # a tenth of this on an idle machine


def test_every_word_stands_in_one_place() -> None:
    words = [word for _, english, chinese in rows() for word in (*english, *chinese)] + list(shields())
    assert sorted(words) == sorted(set(words))
    assert all(word == word.lower() == word.strip() for word in words)
    assert not any("-" in word or "_" in word for word in words)


def test_every_concept_is_known_to_the_renderer() -> None:
    known = {
        "family": set(FAMILIES),
        "home": set(FAMILIES),
        "subject": set(SUBJECTS),
        "time": set(SUN_HEIGHTS),
        "effect": set(MAKERS),
        "camera": set(MOVES),
        "hue": set(HUES),
        "style": {*STYLES, "neon"},
        "count": {"2", "3"},
    }
    concepts = {concept for row, _, _ in rows() for concept in row}
    for concept in concepts:
        group, _, name = concept.partition(".")
        assert group in (*GROUPS, "count"), concept
        assert name in known.get(group, {name}), concept
    assert set(SUN_HEIGHTS) <= set(PALETTES)
