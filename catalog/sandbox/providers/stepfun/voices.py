"""StepFun voices: built-in ones with Chinese descriptions, own ones with ids only."""

import random
from collections.abc import Iterable
from typing import Any

from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.people import Person, make_person
from catalog.sandbox.voices import SandboxVoice, code_from

_FIRST_CREATED = 1_742_374_363
_TRAITS = (
    ("cixing", "磁性"), ("wenrou", "温柔"), ("yuanqi", "元气"), ("chenwen", "沉稳"),
    ("tianmei", "甜美"), ("shuanglang", "爽朗"), ("ruya", "儒雅"), ("qingxin", "清新"),
    ("gaoleng", "高冷"), ("youmo", "幽默"),
)  # fmt: skip
_ROLES = {
    "male": (("nansheng", "男声"), ("xiansheng", "先生"), ("dashu", "大叔"), ("shaonian", "少年")),
    "female": (("nvsheng", "女声"), ("xuejie", "学姐"), ("jiejie", "姐姐"), ("shaonv", "少女")),
    "neutral": (("laoshi", "老师"), ("zhuchi", "主持"), ("xiaohai", "小孩")),
}
_FIRST_CHARACTERS = {"male": "男，", "female": "女，", "neutral": ""}
_AGES = {"young": "青年", "middle_aged": "中年", "old": "老年"}
_SCENES = (
    "有声书", "客服", "新闻播报", "短视频配音", "情感陪伴", "教育教学", "游戏角色", "广告宣传",
)  # fmt: skip


def make_system_voices(wanted: int) -> Iterable[SandboxVoice]:
    """Return this many built-in voices; the first ones don't depend on the number."""
    taken: set[str] = set()
    for number in range(wanted):
        person = make_person(f"stepfun library {number}")
        voice = _system_voice(person, number)
        if voice.voice_id in taken:
            voice = _system_voice(person, number, f"-{number}")
        taken.add(voice.voice_id)
        yield voice


def own_voices(name: AccountName) -> Iterable[SandboxVoice]:
    """Return the initial voices of an account."""
    for number in range(2 if name.kind is AccountKind.READONLY else 4):
        person = make_person(f"stepfun {name} {number}")
        word = code_from(person.seed, 10)
        payload = own_payload(f"voice-tone-{word}", f"file-{word}", 0)
        payload["created_at"] = _FIRST_CREATED + 11_000_000 * number
        yield SandboxVoice(payload["id"], payload, person.seed)


def own_payload(voice_id: str, file_id: str, now: float) -> dict[str, Any]:
    """Return all fields of an own voice."""
    return {"id": voice_id, "file_id": file_id, "created_at": int(now)}


def _system_voice(person: Person, number: int, ending: str = "") -> SandboxVoice:
    dice = random.Random(f"stepfun {person.seed}")
    (trait, trait_sign), (role, role_sign) = (
        dice.choice(_TRAITS),
        dice.choice(_ROLES[person.gender]),
    )
    scenes = dice.sample(_SCENES, dice.randint(1, 3))
    start = _FIRST_CHARACTERS[person.gender]
    payload = {
        "voice-name": "" if number % 11 == 10 else f"{trait_sign}{role_sign}",
        "voice-description": f"{start}{_AGES[person.age]}，{trait_sign}，适合{scenes[0]}",
        "recommended_scene": "、".join(scenes),
    }
    return SandboxVoice(f"{trait}{role}{ending}", payload, person.seed)
